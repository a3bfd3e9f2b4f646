"""Builds the whole world: rows for the 1C twin and for the Chatwoot twin, from a size, a seed and a day."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from clobus_twins.world import desk, dictionaries, documents, knowledge, registers
from clobus_twins.world.calendar import midnight
from clobus_twins.world.companies import Company, counterparties
from clobus_twins.world.conversations import Desk, desk_of
from clobus_twins.world.documents import Clerk
from clobus_twins.world.managers import Manager, staff
from clobus_twins.world.requests import Request, requests
from clobus_twins.world.shape import SHAPES, Shape

Row = dict[str, Any]
Size = Literal["full", "small"]
SEED = 20260218
NOW = datetime(2026, 2, 18, 12)  # noqa: DTZ001 - local wall clock, the day of the plan


@dataclass(frozen=True)
class World:
    """Everything that the twins hold at the start.

    `onec`: rows by entity set, in the form of the 1C twin's `Store.import_rows`. `desk` and the rows of agents, teams,
    inbox, labels and definitions: in the form of the Chatwoot twin's `Store.import_*`. Secrets are in neither.
    """

    size: str
    today: datetime
    shape: Shape
    onec: dict[str, list[Row]]
    managers: list[Manager]
    companies: list[Company]
    requests: list[Request]
    desk: Desk
    agents: list[Row]
    teams: list[Row]
    inbox: Row
    labels: list[Row]
    definitions: list[Row]


def build(size: Size, seed: int = SEED, now: datetime = NOW) -> World:
    """Return the world of a size; the same for the same arguments.

    `now` is local wall clock (Asia/Tashkent, naive); only its day counts, so that twins started one after another
    agree. All that happened lies before that day, the plans of the pending ones after it.
    """
    shape = SHAPES[size]
    today = midnight(now)

    def part(name: str) -> random.Random:
        return random.Random(f"{seed}/{name}")  # noqa: S311 - invents data, guards nothing

    people = counterparties(part("companies"), shape.ours, shape.foreign, today)
    crew = staff(part("staff"), today)
    asked = requests(part("requests"), shape, people, crew.managers, today)
    firms = [one.name for one in people.foreign[:400]]
    clerk = Clerk(part("documents"), crew.managers, firms, today)
    onec = {
        **crew.rows,
        **dictionaries.rows(),
        "Catalog_БазаЗнанийДляКонсультаций": knowledge.rows(),
        "Catalog_Контрагенты": people.rows,
        "Document_ТелефонныйЗвонок": [clerk.document(one) for one in asked],
        "InformationRegister_РегистрацияПереносаКонсультации": documents.redates(asked),
        "InformationRegister_РегистрацияДозвона": registers.calls(part("calls"), asked),
        "InformationRegister_ОценкаКонсультацийПоЗаявкам": registers.ratings(part("ratings"), asked, today),
        "InformationRegister_ЗакрытиеОчередиНаКонсультанта": registers.queue_closings(
            part("closings"), crew.managers, today
        ),
    }
    return World(
        size=size,
        today=today,
        shape=shape,
        onec=onec,
        managers=crew.managers,
        companies=people.ours,
        requests=asked,
        desk=desk_of(part("desk"), shape, asked, people.ours, crew.managers, today),
        agents=desk.agents(crew.managers),
        teams=desk.teams(crew.managers),
        inbox=desk.inbox(crew.managers),
        labels=desk.labels(),
        definitions=desk.definitions(),
    )

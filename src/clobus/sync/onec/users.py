"""The process `users`: one catalogue and five registers are read whole and become managers and their skills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from clobus.core.db import run
from clobus.core.runs import Run
from clobus.gateways.onec.entities import (
    Consultant,
    Department,
    ManagerCategory,
    User,
    UserDepartment,
    UserLanguage,
)
from clobus.gateways.onec.wire import decode_row
from clobus.modules.staff import service
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping import staff
from clobus.sync.onec.paging import Pace, read_page

E = TypeVar("E", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff as 1C shows it: users, those that make no sense with the reason, and who answers what."""

    good: list[dict[str, Any]]
    bad: list[tuple[User, str]]
    skills: list[tuple[UUID, UUID]]


async def read_staff(reader: Any) -> Staff:
    """Read one catalogue and five registers whole."""
    users = await _all(reader, User)
    placed = staff.departments(await _all(reader, Department), await _all(reader, UserDepartment))
    spoken = staff.languages(await _all(reader, UserLanguage))
    listed = staff.newest(await _all(reader, Consultant))
    skills = await _all(reader, ManagerCategory)
    good: list[dict[str, Any]] = []
    bad: list[tuple[User, str]] = []
    for row in users:
        key = row.ref_key
        try:
            good.append(staff.user(row, placed.get(key), spoken.get(key, set()), listed.get(key)))
        except InvalidRecord as error:
            bad.append((row, str(error)))
    return Staff(good, bad, [(s.manager_key, s.category_key) for s in skills if s.manager_key and s.category_key])


async def gather(reader: Any, ctx: Context, this: Run) -> None:
    """Read and write the staff; a user that makes no sense goes to the dead letters."""
    del ctx  # times of day have no zone
    shown = await read_staff(reader)
    good, bad = shown.good, shown.bad
    this.read = len(good) + len(bad)
    async with reader.db.transaction() as connection:
        this.created, this.updated = await service.keep(connection, good)
        this.unchanged = len(good) - this.created - this.updated
        this.updated += await service.keep_skills(connection, shown.skills)
        await run(
            connection,
            "delete from sys.bad_records where process = %s and record_key = any(%s)",
            (f"users/{User.entity_set}", [str(item["cl_ref_key"]) for item in good]),
        )
        for row, why in bad:
            await run(
                connection,
                "insert into sys.bad_records as b (process, record_key, payload, error_class, error, state)"
                " values (%s, %s, %s, 'InvalidRecord', %s, 'dead') on conflict (process, record_key) do update"
                " set error = excluded.error, payload = excluded.payload, last_at = now(), attempts = b.attempts + 1",
                (f"users/{User.entity_set}", str(row.ref_key), Jsonb({"Ref_Key": str(row.ref_key)}), why),
            )
    this.failed = len(bad)


async def _all(reader: Any, kind: type[E]) -> list[E]:
    pace, skip = Pace(reader.page_size), 0
    found: list[E] = []
    while True:
        entity = kind.entity_set  # type: ignore[attr-defined]  # each row of 1C names its set
        page, asked = await read_page(reader.onec, entity, pace, terms=None, orderby=None, skip=skip)
        found += [decode_row(raw, kind) for raw in page]
        skip += len(page)
        if len(page) < asked:
            return found

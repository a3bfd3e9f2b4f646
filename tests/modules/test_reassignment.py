"""Requests of a manager whose queue closes: proposed to others, decided once, confirmed by 1C."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clobus.core import clock, events
from clobus.core.db import Database, one, rows, run
from clobus.core.errors import ClobusError, Conflict, NotFound
from clobus.core.events import Origin
from clobus.core.ids import new_id
from clobus.event_handlers import REACTIONS
from clobus.modules.consultations import reassignment, service
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.roster import Roster
from clobus.modules.consultations.types import Kind
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT

ZONE = ZoneInfo("Asia/Tashkent")
NOW = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)  # a Tuesday, 11:00 in Tashkent


@dataclass
class Office:
    db: Database
    roster: Roster
    managers: list[UUID] = field(default_factory=list)

    async def manager(self, **over: Any) -> UUID:
        key = new_id()
        row = {"start": time(9), "end": time(18), "limit": 10, **over}
        async with self.db.transaction() as connection:
            await run(
                connection,
                "insert into cons.users (account_id, cl_ref_key, description, department, ru, uz, con_limit,"
                " start_hour, end_hour) values (%s, %s, %s, %s, true, true, %s, %s, %s)",
                (new_id(), key, f"M{len(self.managers)}", ACCOUNTING_DEPARTMENT, row["limit"], row["start"],
                 row["end"]),
            )  # fmt: skip
        self.managers.append(key)
        return key

    async def request(self, manager: UUID, start: datetime | None = None) -> UUID:
        cons_id = new_id()
        async with self.db.transaction() as connection:
            await run(
                connection,
                "insert into cons.cons (cons_id, cl_ref_key, consultation_type, status, manager, create_date,"
                " start_date, lang, source) values (%s, %s, %s, 'pending', %s, %s, %s, 'ru', 'SITE')",
                (cons_id, new_id(), Kind.ACCOUNTING.value, manager, NOW, start),
            )
        return cons_id

    async def close(self, manager: UUID, day: datetime = NOW) -> None:
        async with self.db.transaction() as connection:
            await run(connection, "insert into cons.queue_closing values (%s, %s)", (day, manager))

    async def look(self) -> list[int]:
        async with self.db.transaction() as connection:
            await reassignment.settle(connection)
            return await reassignment.propose(connection, self.roster)

    async def all(self) -> list[reassignment.Reassignment]:
        async with self.db.read() as connection:
            states = ("proposed", "accepted", "declined", "done", "void")
            return await reassignment.listed(connection, states)

    async def decide(self, id_: int, *, yes: bool, by: str = "head") -> None:
        async with self.db.transaction() as connection:
            if yes:
                await reassignment.accept(connection, id_, by=by, origin=Origin.OPERATOR)
            else:
                await reassignment.decline(connection, id_, by=by)


@pytest.fixture
async def office(dsn: str) -> AsyncIterator[Office]:
    events.configure(REACTIONS)
    db = Database(dsn)
    await db.open()
    with clock.freeze(NOW):
        yield Office(db, Roster(Calendar(ZONE), random.Random(1)))
    await db.close()


async def test_a_closed_queue_is_proposed_to_another_with_the_reason(office: Office) -> None:
    first, second = await office.manager(), await office.manager()
    cons_id = await office.request(first)
    assert await office.look() == []
    await office.close(first)
    assert len(await office.look()) == 1
    assert await office.look() == []
    (made,) = await office.all()
    assert (made.cons_id, made.from_manager, made.to_manager, made.state) == (cons_id, first, second, "proposed")
    assert made.reason["why"]["code"] == "only"
    async with office.db.read() as connection:
        told = await rows(connection, "select name, changes from log.events")
        kept = await one(connection, "select manager, wanted from cons.cons")
    assert [(row["name"], row["changes"]["proposed_manager"][1]) for row in told] == [("HandoverProposed", str(second))]
    assert kept == {"manager": first, "wanted": {}}


async def test_accepted_it_goes_to_1c_and_is_done_when_1c_shows_it(office: Office) -> None:
    first, second = await office.manager(), await office.manager()
    cons_id = await office.request(first)
    await office.close(first)
    (id_,) = await office.look()
    await office.decide(id_, yes=True)
    async with office.db.read() as connection:
        row = await one(connection, "select manager, wanted from cons.cons")
        event = await one(connection, "select actor, changes from log.events where name = 'Assigned'")
        waits = await rows(connection, "select system from sys.outbox where subject_id = %s order by 1", (cons_id,))
    assert row == {"manager": second, "wanted": {"manager": str(second)}}
    assert event is not None
    assert (event["actor"], event["changes"]["why"][1]["code"]) == ("head", "only")
    assert [one_row["system"] for one_row in waits] == ["chatwoot", "onec"]
    await office.look()
    assert (await office.all())[0].state == "accepted"
    async with office.db.transaction() as connection:
        await run(connection, "update cons.cons set wanted = '{}'")
    await office.look()
    (done,) = await office.all()
    assert (done.state, done.decided_by) == ("done", "head")


async def test_two_who_decide_at_once_decide_once(office: Office) -> None:
    first, _ = await office.manager(), await office.manager()
    await office.request(first)
    await office.close(first)
    (id_,) = await office.look()
    tries = [office.decide(id_, yes=number % 2 == 0, by=f"p{number}") for number in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)
    async with office.db.read() as connection:
        assigned = await one(connection, "select count(*) as n from log.events where name = 'Assigned'")
    assert assigned == {"n": (await office.all())[0].state == "accepted"}


async def test_declined_it_is_not_proposed_again_that_day(office: Office) -> None:
    first, _ = await office.manager(), await office.manager()
    await office.request(first)
    await office.close(first)
    (id_,) = await office.look()
    await office.decide(id_, yes=False)
    assert await office.look() == []
    with pytest.raises(Conflict):
        await office.decide(id_, yes=True)
    with pytest.raises(NotFound):
        await office.decide(id_ + 1, yes=True)


async def test_what_went_another_way_is_void(office: Office) -> None:
    first, second, third = await office.manager(), await office.manager(), await office.manager()
    ended, moved, again = await office.request(first), await office.request(first), await office.request(second)
    await office.close(first)
    await office.close(second)
    assert len(await office.look()) == 3
    async with office.db.transaction() as connection:
        await run(connection, "update cons.cons set status = 'closed' where cons_id = %s", (ended,))
        found = await service.load(connection, [moved], lock=True)
        await service.request_manager(connection, found[moved], third, origin=Origin.API, actor="x")
        await run(connection, "delete from cons.queue_closing where manager_key = %s", (second,))
    proposals = {made.cons_id: made.id for made in await office.all()}
    for cons_id in (ended, moved):
        with pytest.raises(ClobusError, match="void"):
            await office.decide(proposals[cons_id], yes=True)
    assert await office.look() == []
    assert {made.cons_id: made.state for made in await office.all()} == dict.fromkeys((ended, moved, again), "void")


async def test_only_the_day_that_is_closed(office: Office) -> None:
    first, _ = await office.manager(), await office.manager()
    next_day = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
    today, tomorrow = await office.request(first, NOW), await office.request(first, next_day)
    overdue = await office.request(first, datetime(2026, 3, 6, 6, 0, tzinfo=UTC))
    await office.close(first)
    await office.look()
    assert {made.cons_id for made in await office.all()} == {today, overdue}
    await office.close(first, next_day)
    await office.look()
    assert {made.cons_id for made in await office.all()} == {today, overdue, tomorrow}


async def test_with_nobody_else_it_waits(office: Office) -> None:
    first = await office.manager()
    await office.request(first)
    await office.close(first)
    assert await office.look() == []
    await office.manager(start=time(14), end=time(15))
    assert len(await office.look()) == 1

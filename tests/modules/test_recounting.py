"""After a change of promises everything is counted anew, in pieces, behind whatever changes meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from clobus.core import clock
from clobus.core.db import Database, one, rows
from clobus.modules.reports import policies, recounting, service, upkeep
from tests.modules.test_report_sending import MONDAY
from tests.support.report_desk import CALENDAR, ZONE, Desk

HARD = [{"kind": kind, "importance": None, "first_seconds": 60, "closing_seconds": 60}
        for kind in ("accounting", "support")]  # fmt: skip


async def state(db: Database) -> dict[str, Any]:
    async with db.read() as connection:
        found = await policies.recount(connection)
    assert found is not None
    return found


async def missed(db: Database) -> int:
    async with db.read() as connection:
        found = await one(connection, "select count(*) as n from rep.facts where closing_missed = 1")
    return int(found["n"]) if found else -1


async def promise(db: Database, what: list[dict[str, Any]]) -> None:
    async with db.transaction() as connection:
        await policies.replace(connection, what, "key:head")


async def step(db: Database) -> int:
    async with db.transaction() as connection:
        return await recounting.step(connection)


async def test_the_change_is_quick_and_the_counting_goes_on_where_it_was_left(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "BATCH", 30)
    desk = Desk(7)
    with clock.freeze(MONDAY):
        async with db.transaction() as connection:
            await desk.open(connection, 100)
        await service.keep_up(db, CALENDAR)
        before = await missed(db)
        await promise(db, HARD)
        async with db.read() as connection:
            assert await rows(connection, "select 1 from rep.changed") == [], "the request itself notes nothing"
        assert [await step(db), await step(db)] == [30, 30]
        half = await state(db)
        assert (half["done"], half["total"], half["finished_at"]) == (60, 100, None)
        # A worker ends here, another takes the next piece.
        await service.keep_up(db, CALENDAR)
        whole = await state(db)
        assert (whole["done"], whole["total"], whole["finished_at"] is not None) == (100, 100, True)
        assert await missed(db) > before
        assert await step(db) == 0
        counted = await missed(db)
        async with db.transaction() as connection:
            await upkeep.rebuild(connection, ZONE)
        assert await missed(db) == counted


async def test_another_change_begins_it_again_and_news_come_first(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "BATCH", 30)
    desk = Desk(8)
    with clock.freeze(MONDAY):
        async with db.transaction() as connection:
            await desk.open(connection, 100)
        await service.keep_up(db, CALENDAR)
        await promise(db, HARD)
        await step(db)
        await promise(db, [])
        again = await state(db)
        assert (again["done"], again["total"]) == (0, None)
        monkeypatch.setattr(service, "MOST_BATCHES", 1)
        await service.keep_up(db, CALENDAR)
        assert (await state(db))["done"] == 0, "what was noted before is taken in first"
        monkeypatch.setattr(service, "MOST_BATCHES", 200)
        await service.keep_up(db, CALENDAR)
        assert await missed(db) == 0

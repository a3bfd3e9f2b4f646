"""The summary in 1C's register: written once, changed when the figures change, true after lost answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus.core import clock
from clobus.core.db import Database
from clobus.core.errors import OutcomeUnknown
from clobus.gateways.onec.client import open_onec
from clobus.gateways.onec.entities import DaySummary
from clobus.modules.reports import service
from clobus.sync.onec.push_summary import SummaryPush
from tests.support.onec_twin import LOGIN, ROOT, OneC
from tests.support.report_desk import CALENDAR, ZONE, Desk

REGISTER = DaySummary.entity_set
NOW = datetime(2026, 4, 17, 12, 0, tzinfo=UTC)
DAYS = 40


class Wire(httpx.ASGITransport):
    """The twin's wire; once it loses the answer to a write that was done."""

    loses = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if self.loses and request.method == "POST":
            self.loses = False
            raise httpx.ReadError("lost", request=request)
        return answer


@dataclass
class Summary:
    db: Database
    wire: Wire
    onec: OneC
    push: SummaryPush
    desk: Desk

    async def shown(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = await self.onec.rows(REGISTER)
        return {(row["Period"][:10], row["Менеджер_Key"]): row for row in found}


@pytest.fixture
async def summary(dsn: str, tmp_path: Path) -> AsyncIterator[Summary]:
    db = Database(dsn)
    await db.open()
    twin = OneC(tmp_path)
    wire = Wire(twin.app)
    onec = open_onec(ROOT, *LOGIN, zone=ZONE, transport=wire)
    desk = Desk(9)
    with clock.freeze(NOW):
        async with db.transaction() as connection:
            await desk.open(connection, 120)
        await service.keep_up(db, CALENDAR)
        yield Summary(db, wire, twin, SummaryPush(db, onec, REGISTER, ZONE), desk)
    await onec.close()
    await db.close()


async def test_each_managers_day_is_one_record_and_is_written_once(summary: Summary) -> None:
    this = await summary.push.days(DAYS)
    shown = await summary.shown()
    first = "2026-03-09"
    wanted: dict[tuple[str, str], int] = {}
    for request in summary.desk.requests:
        fact = request.fact(summary.desk.requests, NOW)
        day = fact["day"].isoformat()
        if first <= day <= "2026-04-17":
            key = (day, str(fact["manager"]))
            wanted[key] = wanted.get(key, 0) + 1
    assert {key: row["Обращений"] for key, row in shown.items()} == wanted
    assert this.created == len(wanted) > 20
    again = await summary.push.days(DAYS)
    assert (again.created, again.updated, again.read) == (0, 0, len(wanted))


async def test_what_changes_here_changes_there_and_what_left_a_day_is_nothing_there(summary: Summary) -> None:
    await summary.push.days(DAYS)
    one = next(
        r for r in summary.desk.requests if r.manager and date(2026, 3, 20) < r.created.date() <= date(2026, 4, 16)
    )
    before = await summary.shown()
    other = next(key for key in summary.desk.managers if key != one.manager)
    async with summary.db.transaction() as connection:
        await connection.execute("update cons.cons set manager = %s where cons_id = %s", (other, one.cons_id))
    await service.keep_up(summary.db, CALENDAR)
    this = await summary.push.days(DAYS)
    after = await summary.shown()
    day = one.created.astimezone(ZONE).date().isoformat()
    was, now = (day, str(one.manager)), (day, str(other))
    assert after[was]["Обращений"] == before[was]["Обращений"] - 1
    assert after[now]["Обращений"] == before.get(now, {"Обращений": 0})["Обращений"] + 1
    assert this.created + this.updated == 2
    assert {key: row for key, row in after.items() if key not in (was, now)} == {
        key: row for key, row in before.items() if key not in (was, now)
    }


async def test_a_lost_answer_leaves_one_record(summary: Summary) -> None:
    summary.wire.loses = True
    with pytest.raises(OutcomeUnknown):
        await summary.push.days(DAYS)
    assert len(await summary.shown()) == 1
    await summary.push.days(DAYS)
    assert (await summary.push.days(DAYS)).created == 0
    shown = await summary.onec.rows(REGISTER)
    assert len(shown) == len(await summary.shown()) > 20

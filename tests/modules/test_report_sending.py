"""Reports go out by themselves, each once: by mail with a file, to a chat with one, and the day with its picture."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

from clobus.core import clock
from clobus.core.db import Database, rows
from clobus.gateways.mail.smtp import Mailer
from clobus.gateways.telegram.client import TelegramClient
from clobus.gateways.telegram.sender import open_telegram
from clobus.modules.reports import files, schedules, service
from clobus.modules.reports.sending import Digest, Sender
from clobus.modules.reports.tables import Table
from clobus.modules.reports.types import Period
from tests.support.mini_app import BOT_TOKEN as TOKEN
from tests.support.report_desk import CALENDAR, ZONE, Desk
from tests.support.twins import TwinProcess

CHAT = 77
MONDAY = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)  # 10:00 in Tashkent


@dataclass
class Office:
    db: Database
    sender: Sender
    desk: Desk

    async def schedule(self, **over: Any) -> str:
        given = {
            "report": "volume", "filters": {}, "period": "day", "at": time(9), "format": "xlsx", "channel": "email",
            "recipient": "head@clobus.example", "language": "en", "active": True,
        }  # fmt: skip
        with clock.freeze(MONDAY - timedelta(hours=2)):
            async with self.db.transaction() as connection:
                return str(await schedules.put(connection, given | over, "test"))

    async def states(self) -> dict[str, str]:
        async with self.db.read() as connection:
            found = await rows(connection, "select subject, state from rep.sendings")
        return {row["subject"]: row["state"] for row in found}


@pytest.fixture
async def office(db: Database, mail_twin: TwinProcess, telegram_twin: TwinProcess) -> AsyncIterator[Office]:
    for twin in (mail_twin, telegram_twin):
        twin.reset(state=True)
    telegram_twin.control("POST", "chats", [{"id": CHAT, "first_name": "Head"}])
    known = mail_twin.credentials
    mailer = Mailer(known["host"], known["port"], "Clobus <desk@clobus.example>", tls="none")
    bot = open_telegram(telegram_twin.base_url, TOKEN)
    desk = Desk(4)
    with clock.freeze(MONDAY):
        async with db.transaction() as connection:
            await desk.open(connection, 200)
        await service.keep_up(db, CALENDAR)
        yield Office(db, Sender(db, ZONE, CALENDAR, mailer, TelegramClient.over(bot)), desk)
    await bot.close()


def letters(twin: TwinProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = twin.control("GET", "messages")
    return found


def made_on(desk: Desk, first: date, last: date) -> int:
    return sum(first <= request.created.astimezone(ZONE).date() <= last for request in desk.requests)


async def test_a_report_is_sent_once_a_day_with_its_file(office: Office, mail_twin: TwinProcess) -> None:
    week = await office.schedule(period="week", report="volume", language="uz")
    await office.schedule(at=time(10, 1))
    await office.schedule(period="month")
    await office.schedule(active=False)
    assert await office.sender.all_due() == 1
    assert await office.sender.all_due() == 0
    [letter] = letters(mail_twin)
    assert letter["recipients"] == ["head@clobus.example"]
    assert letter["subject"] == "Hisobot: Murojaatlar soni, 13.04.2026 – 19.04.2026"
    [file] = letter["files"]
    assert file["name"] == "volume-2026-04-13-2026-04-19.xlsx"
    sheet = load_workbook(io.BytesIO(base64.b64decode(file["content"])), data_only=True).active
    assert sheet is not None
    assert sheet.cell(sheet.max_row, 2).value == made_on(office.desk, date(2026, 4, 13), date(2026, 4, 19))
    assert await office.states() == {week: "sent"}


async def test_what_surely_did_not_go_out_is_tried_again_and_what_may_have_is_not(
    office: Office, mail_twin: TwinProcess
) -> None:
    once = await office.schedule()
    mail_twin.fault("status", status=451)
    assert await office.sender.all_due() == 0
    assert await office.states() == {once: "later"}
    assert await office.sender.all_due() == 0, "not at once"
    async with office.db.transaction() as connection:
        await connection.execute("update rep.sendings set at = at - interval '6 minutes'")
    assert await office.sender.all_due() == 1
    mail_twin.fault("cut_after_write")
    lost = await office.schedule(report="sla")
    assert await office.sender.all_due() == 0
    assert (await office.states())[lost] == "unknown"
    assert await office.sender.all_due() == 0
    assert len(letters(mail_twin)) == 2


async def test_what_a_stop_swallowed_is_sent_later_about_its_own_days(office: Office, mail_twin: TwinProcess) -> None:
    late = await office.schedule(at=time(23, 59, 50))
    week = await office.schedule(period="week")
    with clock.freeze(MONDAY + timedelta(days=2)):
        assert await office.sender.all_due() == 3
        assert await office.sender.all_due() == 0
    names = {letter["files"][0]["name"] for letter in letters(mail_twin)}
    assert names == {
        "volume-2026-04-13-2026-04-19.xlsx", "volume-2026-04-19-2026-04-19.xlsx", "volume-2026-04-20-2026-04-20.xlsx",
    }  # fmt: skip
    async with office.db.read() as connection:
        found = await rows(connection, "select subject, day from rep.sendings order by day, subject")
    assert [(row["subject"], row["day"].day) for row in found] == sorted(
        [(late, 20), (late, 21), (week, 20)], key=lambda one: (one[1], one[0])
    )


async def test_what_can_t_be_made_holds_no_other_back_and_is_given_up_in_the_end(
    office: Office, mail_twin: TwinProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = await office.schedule(report="times"), await office.schedule(at=time(9, 1))
    make = files.make

    async def breaks(table: Table, *rest: Any) -> files.File:
        if table.report.name == "times":
            raise RuntimeError("a bug")
        return await make(table, *rest)

    monkeypatch.setattr(files, "make", breaks)
    assert await office.sender.all_due() == 1
    assert await office.states() == {broken: "later", good: "sent"}
    async with office.db.transaction() as connection:
        await connection.execute(
            "update rep.sendings set at = at - interval '6 minutes', attempts = %s where state = 'later'",
            (schedules.MOST_TRIES - 1,),
        )
    assert await office.sender.all_due() == 0
    assert await office.states() == {broken: "failed", good: "sent"}
    assert len(letters(mail_twin)) == 1


async def test_two_workers_send_it_once(office: Office, mail_twin: TwinProcess) -> None:
    await office.schedule()
    other = Sender(**_members(office.sender))
    assert sorted(await asyncio.gather(office.sender.all_due(), other.all_due())) == [0, 1]
    assert len(letters(mail_twin)) == 1


async def test_what_was_due_before_it_was_asked_for_waits_for_the_next_time(office: Office) -> None:
    local, known = MONDAY.astimezone(ZONE), await office.schedule(at=time(9))
    given = {"report": "volume", "filters": {}, "period": "day", "at": time(9), "format": "xlsx", "channel": "email",
             "recipient": "head@clobus.example", "language": "en", "active": True}  # fmt: skip

    async def put(schedule_id: str | None, **over: Any) -> datetime | None:
        async with office.db.transaction() as connection:
            made = await schedules.put(connection, given | over, "test", UUID(schedule_id) if schedule_id else None)
            [shown] = await schedules.listed(connection, made, local=local)
        found: datetime | None = shown["next_at"]
        return found

    tomorrow = datetime(2026, 4, 21, 9, tzinfo=ZONE)
    assert await put(None) == tomorrow
    assert await put(None, at=time(10, 30)) == datetime(2026, 4, 20, 10, 30, tzinfo=ZONE)
    assert await put(None, period="week") == datetime(2026, 4, 27, 9, tzinfo=ZONE)
    assert await put(None, period="month") == datetime(2026, 5, 1, 9, tzinfo=ZONE)
    assert await put(None, active=False) is None
    assert await put(known, recipient="other@clobus.example") == MONDAY.astimezone(ZONE).replace(hour=9)
    assert await office.sender.all_due() == 1, "only the one that was there before nine"
    assert await put(known, recipient="head@clobus.example") == tomorrow
    assert await put(known, at=time(9, 30)) == datetime(2026, 4, 21, 9, 30, tzinfo=ZONE)
    with clock.freeze(MONDAY + timedelta(days=1)):
        assert await office.sender.all_due() == 3, "nine, half past nine, and what nobody sent at half past ten before"


async def test_a_chat_gets_the_file_and_the_management_its_day(office: Office, telegram_twin: TwinProcess) -> None:
    await office.schedule(channel="telegram", recipient=str(CHAT), format="pdf", report="managers")
    assert await office.sender.all_due() == 1
    [document] = telegram_twin.control("GET", "messages", chat_id=CHAT)
    assert document["caption"].startswith("Load by manager")
    assert document["document"]["file_name"] == "managers-2026-04-19-2026-04-19.pdf"
    digest = Sender(**{**_members(office.sender), "digest": Digest(CHAT, "uz", time(9, 30))})
    assert await digest.all_due() == 1
    assert await digest.all_due() == 0
    _, photo = telegram_twin.control("GET", "messages", chat_id=CHAT)
    assert photo["photo"]
    assert photo["caption"].startswith("Kun yakuni: 20-aprel")
    made = made_on(office.desk, date(2026, 4, 20), date(2026, 4, 20))
    assert f"Murojaatlar: {made}" in photo["caption"]
    with clock.freeze(datetime(2026, 4, 26, 15, 0, tzinfo=UTC)):
        assert CALENDAR.works(date(2026, 4, 26)) is False
        async with office.db.transaction() as connection:
            await connection.execute("delete from rep.schedules")
        assert await digest.all_due() == 0


def _members(sender: Sender) -> dict[str, Any]:
    return {name: getattr(sender, name) for name in Sender.__dataclass_fields__}


def test_periods() -> None:
    assert schedules.told_of("day", date(2026, 3, 1)) == Period(date(2026, 2, 28), date(2026, 2, 28))
    assert schedules.told_of("week", date(2026, 3, 3)) is None
    assert schedules.told_of("month", date(2026, 3, 1)) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert Period(date(2026, 1, 1), date(2026, 3, 31)).before() == Period(date(2025, 10, 1), date(2025, 12, 31))
    assert Period(date(2026, 3, 2), date(2026, 3, 31)).before() == Period(date(2026, 1, 31), date(2026, 3, 1))

"""Alerts: each told once when it begins and once when it is over, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from clobus.core.db import Database
from clobus.core.errors import GatewayDown, OutcomeUnknown
from clobus.modules.ops import alerts
from clobus.modules.ops.alerts import Thresholds

LIMITS = Thresholds(errors=2, minutes=5, away_seconds=60, drift_minutes=30, refusals=3, refusal_minutes=15,
                    intervals={"cons": 30.0}, watched=3600)  # fmt: skip


class Bot:
    """A bot that keeps what it was told; `fails` are raised in turn."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.fails: list[Exception] = []

    async def send_message(self, chat_id: int | str, text: str, **_: Any) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.said.append(text)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


async def execute(db: Database, sql: str) -> None:
    async with db.transaction() as connection:
        await connection.execute(sql)


async def look(db: Database, bot: Bot, language: str = "ru") -> None:
    async with db.transaction() as connection:
        await alerts.update(connection, await alerts.troubles(connection, LIMITS))
    await alerts.tell(db, bot, 1, language)


async def away(db: Database, seconds: int) -> None:
    async with db.transaction() as connection:
        await alerts.note_partner(connection, "onec", answers=False)
    await execute(db, f"update sys.settings set updated_at = now() - interval '{seconds} s'")


async def back(db: Database) -> None:
    async with db.transaction() as connection:
        await alerts.note_partner(connection, "onec", answers=True)


async def test_once_when_it_begins_and_once_when_over(db: Database) -> None:
    bot = Bot()
    await away(db, 10)
    await look(db, bot)
    assert bot.said == []
    await away(db, 90)
    for _ in range(3):
        await look(db, bot)
    await back(db)
    for _ in range(3):
        await look(db, bot)
    assert [text.split(" ")[0] for text in bot.said] == ["1С", "Снова"]
    await away(db, 90)
    await look(db, bot, "en")
    assert bot.said[2].startswith("1C has not answered for")


@pytest.mark.parametrize(
    ("sql", "key"),
    [
        ("insert into log.etl_runs (process, outcome, error) select 'cons', 'failed', 'x' from generate_series(1, 3)",
         "errors"),
        ("insert into log.etl_runs (process, outcome, failed_count) values ('cons', 'partial', 3)", "errors"),
        ("insert into log.etl_runs (process, outcome, started_at, finished_at)"
         " values ('cons', 'ok', now() - interval '1 h', now() - interval '1 h')", "stale:cons"),
        ("insert into sys.drift (consultation, kind, systems, since)"
         " values ('x', 'status', '{onec}', now() - interval '1 h')", "drift"),
    ],
)  # fmt: skip
async def test_what_raises_one(db: Database, sql: str, key: str) -> None:
    async with db.read() as connection:
        assert await alerts.troubles(connection, LIMITS) == []
    await execute(db, sql)
    bot = Bot()
    async with db.read() as connection:
        found = await alerts.troubles(connection, LIMITS)
    assert [trouble.key for trouble in found] == [key]
    for language in ("ru", "uz", "en"):
        await look(db, bot, language)
    assert len(bot.said) == 1


async def test_after_a_rest_of_the_whole_platform_nothing_is_late_before_it_could_run(db: Database) -> None:
    await execute(
        db,
        "insert into log.etl_runs (process, outcome, started_at, finished_at)"
        " values ('cons', 'ok', now() - interval '1 h', now() - interval '1 h')",
    )

    async def found(watched: float) -> list[str]:
        async with db.transaction() as connection:
            wrong = await alerts.troubles(connection, replace(LIMITS, watched=watched))
            await alerts.update(connection, wrong)
        return [trouble.key for trouble in wrong]

    assert await found(89) == []
    assert await found(91) == ["stale:cons"]
    assert await found(1) == ["stale:cons"]  # another restart does not call it over


async def test_a_lost_answer_is_not_repeated_and_a_closed_door_is(db: Database) -> None:
    bot = Bot()
    bot.fails = [GatewayDown("telegram", "away"), OutcomeUnknown("telegram", "lost")]
    await away(db, 90)
    for _ in range(4):
        await look(db, bot)
    assert bot.fails == []
    assert bot.said == []


async def test_over_before_it_was_told_is_not_told(db: Database) -> None:
    bot = Bot()
    bot.fails = [GatewayDown("telegram", "away")]
    await away(db, 90)
    await look(db, bot)
    await back(db)
    await look(db, bot)
    assert bot.said == []


async def test_a_report_that_was_not_delivered_is_told_once_and_when_the_next_one_went_out(db: Database) -> None:
    bot = Bot()
    await execute(
        db,
        "insert into rep.schedules (schedule_id, report, period, at, format, channel, recipient, language, created_by,"
        " counts_from) values ('00000000-0000-0000-0000-000000000001', 'sla', 'day', '09:00', 'pdf', 'email',"
        " 'head@clobus.example', 'ru', 'test', now())",
    )
    sending = "insert into rep.sendings (subject, day, state, error) values"
    await execute(db, f"{sending} ('00000000-0000-0000-0000-000000000001', '2026-04-20', 'failed', 'mail.refused')")
    await execute(db, f"{sending} ('digest', '2026-04-20', 'later', 'not yet')")
    await execute(db, f"{sending} ('of-a-schedule-that-ended', '2026-04-20', 'failed', 'mail.refused')")
    for _ in range(2):
        await look(db, bot, "en")
    [told] = bot.said
    assert told == "A scheduled report was not delivered: “SLA compliance”, April 20. mail.refused"
    await execute(db, f"{sending} ('00000000-0000-0000-0000-000000000001', '2026-04-21', 'sent', null)")
    await execute(db, "update rep.sendings set state = 'unknown' where subject = 'digest'")
    await look(db, bot, "uz")
    assert sorted(bot.said[1:]) == [
        "Kun yakuni yetkazilmadi: 20-aprel. not yet",
        "Yana joyida: Jadval bo‘yicha hisobot yetkazilmadi: “SLA bajarilishi”, 20-aprel. mail.refused",
    ]


async def test_more_refused_log_ins_than_mistakes_explain_are_told(db: Database) -> None:
    bot = Bot()

    async def refused(times: int, minutes: int) -> None:
        await execute(
            db,
            "insert into log.audit (actor, act, at) select 'nobody', 'session.refused',"
            f" now() - interval '{minutes} min' from generate_series(1, {times})",
        )

    await refused(20, 16)
    await refused(3, 1)
    await look(db, bot, "en")
    assert bot.said == []
    await refused(1, 0)
    await look(db, bot, "en")
    await look(db, bot, "en")
    assert [text.partition(":")[0] for text in bot.said] == ["More than 3 log-ins were refused in the last 15 min"]

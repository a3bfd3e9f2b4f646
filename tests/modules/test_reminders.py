"""Reminders: a day and an hour before the moment that holds now, in daylight, never late."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock, i18n
from clobus.core.db import Database
from clobus.modules.notifications import reminders
from clobus.modules.notifications.deliver import Deliverer
from clobus.modules.notifications.quiet import Quiet
from tests.support.messages import ZONE, Desk, happen, messages, request

DAY, NIGHT = Quiet(time(0), time(0)), Quiet(time(21), time(8))


def later(**away: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**away)


async def old(db: Database, planned: datetime, **columns: Any) -> UUID:
    """A request that has been known for days."""
    return await request(db, start_date=planned, created_at=later(days=-5), **columns)


async def queue(db: Database) -> int:
    async with db.transaction() as connection:
        return await reminders.queue(connection, ZONE)


async def waiting(db: Database) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in await messages(db, "notification_type", "state")]


@pytest.mark.parametrize(
    ("away", "due"),
    [
        ({"hours": 24.5}, []),
        ({"hours": 23.9}, ["reminder_day"]),
        ({"hours": 7}, ["reminder_day"]),
        ({"hours": 5}, []),
        ({"minutes": 61}, []),
        ({"minutes": 59}, ["reminder_hour"]),
        ({"minutes": 12}, ["reminder_hour"]),
        ({"minutes": 9}, []),
        ({"minutes": -5}, []),
    ],
)
async def test_each_in_its_window_and_once(db: Database, away: dict[str, float], due: list[str]) -> None:
    await old(db, later(**away))
    assert await queue(db) == len(due)
    assert await queue(db) == 0
    assert [type_ for type_, _ in await waiting(db)] == due


async def test_ended_ones_and_those_without_a_date_are_silent(db: Database) -> None:
    for place, status in enumerate(("closed", "cancelled")):
        await old(db, later(hours=20), status=status, conversation_id=place)
    await request(db, start_date=None, conversation_id=7)
    assert await queue(db) == 0


async def test_who_was_told_of_the_moment_just_now_is_not_reminded(db: Database) -> None:
    fresh = await request(db, start_date=later(hours=20))
    moved = await old(db, later(hours=20), conversation_id=8)
    await happen(db, "Rescheduled", moved, start_date=(None, later(hours=20).isoformat()))
    assert await queue(db) == 0
    async with db.transaction() as connection:
        await connection.execute("update cons.cons set start_date = %s where cons_id = %s", (later(minutes=40), fresh))
    assert await queue(db) == 0


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
async def test_the_words(db: Database, lang: str) -> None:
    desk, planned = Desk(), later(minutes=47)
    await old(db, planned, lang=lang)
    await old(db, later(hours=20), lang=lang, conversation_id=8)
    await queue(db)
    deliverer = Deliverer(db, desk, ZONE, quiet=DAY)
    while await deliverer.drain_once():
        pass
    said = {written["conversation"]: written["content"] for written in desk.written}
    minutes = i18n.plural(lang, "count.minutes", 50)
    given = {"number": "Т-000001", "planned": i18n.moment(lang, planned, ZONE), "minutes": minutes}
    assert said[7] == i18n.text(lang, "reminder_hour", given)
    assert said[8] == i18n.text(
        lang, "reminder_day", {"number": "Т-000001", "planned": i18n.moment(lang, later(hours=20), ZONE)}
    )


async def test_a_moved_date_takes_its_reminder_along_and_back(db: Database) -> None:
    first, second = later(hours=20), later(hours=40)
    cons_id = await old(db, first)
    assert await queue(db) == 1

    async def move(old_: datetime, new: datetime) -> None:
        async with db.transaction() as connection:
            await connection.execute("update cons.cons set start_date = %s where cons_id = %s", (new, cons_id))
        await happen(db, "Rescheduled", cons_id, start_date=(old_.isoformat(), new.isoformat()))

    async def past(hours: int) -> None:
        """The move was made so long ago; events can't be changed, but in a test."""
        async with db.transaction() as connection:
            await connection.execute("alter table log.events disable trigger events_append_only")
            await connection.execute("update log.events set at = now() - make_interval(hours => %s)", (hours,))
            await connection.execute("alter table log.events enable trigger events_append_only")

    await move(first, second)
    assert [row for row in await waiting(db) if "reminder" in row[0]] == []
    await past(5)
    assert await queue(db) == 0
    await move(second, first)
    await past(5)
    assert await queue(db) == 1
    told = await messages(db, "notification_type", "params ->> 'planned'")
    [planned] = [row for row in told if row[0] == "reminder_day"]
    assert datetime.fromisoformat(planned[1]) == first


async def test_a_date_that_was_moved_in_the_register_counts(db: Database) -> None:
    local = later(hours=20).astimezone(ZONE)
    await old(db, later(days=9), redate=local.date(), redate_time=local.time().replace(tzinfo=None))
    assert await queue(db) == 1
    [row] = await messages(db, "params ->> 'planned'")
    assert datetime.fromisoformat(row[0]) == local


@pytest.mark.parametrize("name", ["Cancelled", "Closed"])
async def test_an_end_takes_the_reminder_back(db: Database, name: str) -> None:
    cons_id = await old(db, later(hours=20))
    await queue(db)
    async with db.transaction() as connection:
        await connection.execute("update cons.cons set status = lower(%s)", (name,))
    await happen(db, name, cons_id)
    assert await waiting(db) == [(name.lower(), "queued")]


async def test_a_date_that_changed_without_a_word_takes_it_back_too(db: Database) -> None:
    await old(db, later(hours=20))
    await queue(db)
    async with db.transaction() as connection:
        await connection.execute("update cons.cons set start_date = start_date + interval '10 days'")
    assert await queue(db) == 0
    assert await waiting(db) == []


async def test_at_night_it_waits_and_too_late_it_is_dropped(db: Database) -> None:
    desk = Desk()
    tomorrow = datetime.combine(later(days=1).astimezone(ZONE).date(), time(0), tzinfo=ZONE)
    # Both are due at 23:30: of one the morning is in time, of the other it is not.
    in_time, too_late = tomorrow + timedelta(hours=23, minutes=30), tomorrow + timedelta(hours=0, minutes=20)
    await old(db, in_time)
    await old(db, too_late, conversation_id=8)
    with clock.freeze(tomorrow - timedelta(minutes=30)):
        assert await queue(db) == 2
        deliverer = Deliverer(db, desk, ZONE, quiet=NIGHT)
        while await deliverer.drain_once():
            pass
    assert desk.written == []
    fates = {row[0]: row[1:] for row in await messages(db, "notification_type", "state", "next_at")}
    assert fates["reminder_day"] == ("queued", tomorrow + timedelta(hours=8))
    assert fates["reminder_hour"][0] == "expired"


async def test_a_reminder_that_waits_holds_no_other_message_up(db: Database) -> None:
    desk = Desk()
    cons_id = await old(db, later(hours=20))
    await queue(db)
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set next_at = now() + interval '1 hour'")
    await happen(db, "Opened", cons_id)
    await Deliverer(db, desk, ZONE, quiet=DAY).drain_once()
    assert len(desk.written) == 1

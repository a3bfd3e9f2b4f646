"""Messages to people: what events say, once each; and their delivery, at most once, in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psycopg import OperationalError

from clobus.core.db import Database, one
from clobus.core.errors import GatewayDown, Missing, OutcomeUnknown
from clobus.gateways.chatwoot.wire import Message
from clobus.modules.notifications.deliver import Deliverer
from tests.support.messages import SUPPORT, ZONE, Desk, happen, request, states


async def test_accepted_names_number_and_local_time(db: Database) -> None:
    desk = Desk()
    await happen(db, "Opened", await request(db))
    assert await Deliverer(db, desk, ZONE).drain_once() == 1
    assert (
        desk.written[0]["content"]
        == "Заявка № Т-000001 принята. Консультация запланирована на 25 ноября 2026 г., 10:30."
    )
    assert desk.written[0]["private"] is False
    assert await states(db) == [("accepted", "sent")]


@pytest.mark.parametrize(("lang", "part"), [("uz", "25-noyabr, 2026, 10:30"), ("en", "November 25, 2026, 10:30")])
async def test_each_language_has_its_form(db: Database, lang: str, part: str) -> None:
    desk = Desk()
    await happen(db, "Opened", await request(db, lang=lang))
    await Deliverer(db, desk, ZONE).drain_once()
    assert part in desk.written[0]["content"]


async def test_acceptance_waits_for_number_and_conversation_and_holds_the_rest(db: Database) -> None:
    desk = Desk()
    cons_id = await request(db, number=None, conversation_id=None)
    await happen(db, "Opened", cons_id)
    await happen(db, "Rescheduled", cons_id, start_date="2026-11-26T05:30:00Z")
    deliverer = Deliverer(db, desk, ZONE)
    assert await deliverer.drain_once() == 0
    async with db.transaction() as connection:
        await connection.execute("update cons.cons set conversation_id = 5")
    assert await deliverer.drain_once() == 0
    async with db.transaction() as connection:
        await connection.execute("update cons.cons set number = 'Т-9'")
    assert await deliverer.drain_once() == 1
    assert await deliverer.drain_once() == 1
    assert [w["content"].split(".")[0] for w in desk.written] == [
        "Заявка № Т-9 принята",
        desk.written[1]["content"].split(".")[0],
    ]
    assert "26 ноября" in desk.written[1]["content"]


async def test_support_needs_no_number(db: Database) -> None:
    desk = Desk()
    await happen(db, "Opened", await request(db, consultation_type=SUPPORT, number=None))
    assert await Deliverer(db, desk, ZONE).drain_once() == 1
    assert "техническую поддержку" in desk.written[0]["content"]


async def test_the_same_news_twice_is_one_message(db: Database) -> None:
    cons_id = await request(db, status="closed")
    for _ in range(3):
        await happen(db, "Closed", cons_id)
    assert await states(db) == [("closed", "queued")]
    await happen(db, "Reopened", cons_id)
    await happen(db, "Closed", cons_id)
    assert len(await states(db)) == 2


async def test_moves_there_and_back_are_each_told(db: Database) -> None:
    cons_id = await request(db)
    for day in (26, 26, 27, 26):
        await happen(db, "Rescheduled", cons_id, start_date=f"2026-11-{day}T05:30:00Z")
    assert len(await states(db)) == 3


async def test_refusal_is_a_private_note(db: Database) -> None:
    desk = Desk()
    await happen(db, "CloseRefused", await request(db))
    await Deliverer(db, desk, ZONE).drain_once()
    assert desk.written[0]["private"] is True


async def test_lost_answer_is_looked_for_and_never_repeated(db: Database) -> None:
    desk = Desk()
    cons_id = await request(db)
    deliverer = Deliverer(db, desk, ZONE)
    desk.fails = [OutcomeUnknown("chatwoot", "lost")]
    await happen(db, "Opened", cons_id)
    await deliverer.drain_once()
    desk.writes_when_lost = False
    desk.fails = [OutcomeUnknown("chatwoot", "lost")]
    await happen(db, "CloseRefused", cons_id)
    await deliverer.drain_once()
    assert await deliverer.drain_once() == 0
    assert await states(db) == [("accepted", "sent"), ("close_refused", "unknown")]
    assert len(desk.written) == 1


async def test_a_partner_that_is_down_is_tried_again(db: Database) -> None:
    desk = Desk()
    desk.fails = [GatewayDown("chatwoot", "away")]
    await happen(db, "Opened", await request(db))
    deliverer = Deliverer(db, desk, ZONE)
    await deliverer.drain_once()
    assert await states(db) == [("accepted", "queued")]
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set next_at = now()")
    await deliverer.drain_once()
    assert await states(db) == [("accepted", "sent")]


async def test_no_such_conversation_fails(db: Database) -> None:
    desk = Desk()
    desk.fails = [Missing("chatwoot", "gone")]
    await happen(db, "Opened", await request(db))
    await Deliverer(db, desk, ZONE).drain_once()
    assert await states(db) == [("accepted", "failed")]


async def test_a_sender_that_died_leaves_no_second_message(db: Database) -> None:
    desk = Desk()
    await happen(db, "Opened", await request(db))
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set state = 'sending', next_at = now()")
    await Deliverer(db, desk, ZONE).drain_once()
    assert await states(db) == [("accepted", "unknown")]
    assert desk.written == []


async def test_a_database_that_goes_away_stops_no_other_message(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    away = asyncio.Event()

    class Slow(Desk):
        async def create_message(self, conversation_id: int, content: str, **options: Any) -> Message:
            if conversation_id == 8:  # it is on its way when the other one's end can't be noted
                await away.wait()
                await asyncio.sleep(0.05)
            return await super().create_message(conversation_id, content, **options)

    for number in (7, 8):
        await happen(db, "Opened", await request(db, conversation_id=number, number=f"Т-00000{number}"))
    deliverer = Deliverer(db, Slow(), ZONE)
    finish = deliverer._finish

    async def once_not(*given: Any, **more: Any) -> None:
        if not away.is_set():
            away.set()
            raise OperationalError("server closed the connection unexpectedly")
        await finish(*given, **more)

    monkeypatch.setattr(deliverer, "_finish", once_not)
    assert await deliverer.drain_once() == 2
    assert sorted(await states(db)) == [("accepted", "sending"), ("accepted", "sent")]


async def test_what_came_too_late_expires(db: Database) -> None:
    await happen(db, "Opened", await request(db, conversation_id=None))
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set expires_at = now() - interval '1 s'")
    await Deliverer(db, Desk(), ZONE).drain_once()
    assert await states(db) == [("accepted", "expired")]
    async with db.read() as connection:
        assert await one(connection, "select 1 from sys.dead_letters") is None

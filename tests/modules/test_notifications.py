"""Messages to people: what events say, once each; and their delivery, at most once, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from clobus.core.db import Database, one, rows
from clobus.core.errors import GatewayDown, Missing, OutcomeUnknown
from clobus.core.events import Event, Origin
from clobus.gateways.chatwoot.wire import Message
from clobus.modules.notifications import service
from clobus.modules.notifications.deliver import Deliverer

ZONE = ZoneInfo("Asia/Tashkent")
ACCOUNTING, SUPPORT = "Консультация по ведению учёта", "Техническая поддержка"


class Desk:
    """A Chatwoot that keeps messages; `fails` are raised in turn, an OutcomeUnknown after the write."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.fails: list[Exception] = []
        self.writes_when_lost = True

    async def create_message(self, conversation_id: int, content: str, **options: Any) -> Message:
        error = self.fails.pop(0) if self.fails else None
        if error is None or (isinstance(error, OutcomeUnknown) and self.writes_when_lost):
            self.written.append({"conversation": conversation_id, "content": content, **options})
        if error is not None:
            raise error
        return _message(len(self.written), conversation_id, options["source_id"])

    async def find_message(self, conversation_id: int, source_id: str, *, after: int = 0) -> Message | None:
        for number, written in enumerate(self.written, 1):
            if written["source_id"] == source_id:
                return _message(number, conversation_id, source_id)
        return None


def _message(number: int, conversation_id: int, source_id: str) -> Message:
    return Message(
        id=number, conversation_id=conversation_id, message_type=1, created_at=0, private=False, source_id=source_id
    )


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


async def request(db: Database, **columns: Any) -> UUID:
    values: dict[str, Any] = {
        "cons_id": uuid4(), "consultation_type": ACCOUNTING, "status": "open", "create_date": "2026-11-24T03:00:00Z",
        "start_date": "2026-11-25T05:30:00Z", "source": "site", "number": "Т-000001", "conversation_id": 7,
        "lang": "ru",
    } | columns  # fmt: skip
    async with db.transaction() as connection:
        await connection.execute(
            f"insert into cons.cons ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )
    cons_id: UUID = values["cons_id"]
    return cons_id


async def happen(db: Database, name: str, cons_id: UUID, **changes: Any) -> None:
    event = Event(name, cons_id, Origin.ONEC, changes={key: (None, value) for key, value in changes.items()})
    async with db.transaction() as connection:
        await connection.execute(
            "insert into log.events (name, cons_id, origin) values (%s, %s, 'onec')", (name, cons_id)
        )
        await service.on_events(connection, [event])


async def states(db: Database) -> list[tuple[str, str]]:
    async with db.read() as connection:
        found = await rows(connection, "select notification_type, state from log.notification_log order by id")
    return [(row["notification_type"], row["state"]) for row in found]


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


async def test_what_came_too_late_expires(db: Database) -> None:
    await happen(db, "Opened", await request(db, conversation_id=None))
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set expires_at = now() - interval '1 s'")
    await Deliverer(db, Desk(), ZONE).drain_once()
    assert await states(db) == [("accepted", "expired")]
    async with db.read() as connection:
        assert await one(connection, "select 1 from sys.dead_letters") is None

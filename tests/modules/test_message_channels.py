"""From channel to channel: what is refused goes on, what may have been sent is never sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.db import Connection, Database, one
from clobus.core.errors import Conflict, Missing, NotFound
from clobus.gateways.mail.smtp import Mailer
from clobus.gateways.telegram.sender import TelegramSender, open_telegram
from clobus.modules.notifications import preferences, reading
from clobus.modules.notifications.deliver import Deliverer
from clobus.modules.notifications.quiet import Quiet
from tests.support.messages import ZONE, Desk, add, client, due, happen, in_telegram, messages, request, states
from tests.support.twins import TwinProcess

TOKEN = "4200000001:" + "t" * 35
HIS, HERS = 501, 502
ADDRESS = "madina@example.uz"
DAY, NIGHT = Quiet(time(0), time(0)), Quiet(time(21), time(8))


@dataclass
class Ways:
    """All channels over twins."""

    db: Database
    desk: Desk
    bot: TelegramSender
    mailer: Mailer
    telegram: TwinProcess
    mail: TwinProcess

    def deliverer(self, **more: Any) -> Deliverer:
        return Deliverer(
            self.db, self.desk, ZONE, **({"telegram": self.bot, "mailer": self.mailer, "quiet": DAY} | more)
        )  # fmt: skip

    async def deliver(self, **more: Any) -> None:
        deliverer = self.deliverer(**more)
        while await deliverer.drain_once():
            pass

    def chat(self, id_: int = HIS) -> int:
        return len(self.telegram.control("GET", "messages", chat_id=id_))

    def letters(self) -> int:
        return len(self.mail.control("GET", "messages"))

    async def fate(self, recipient: str) -> tuple[str, list[tuple[str, str]]]:
        """State of the only message to a recipient, and what became of it in each channel."""
        async with self.db.read() as connection:
            [row] = [r for r in await reading.newest(connection, limit=9) if r["recipient"] == recipient]
        return row["state"], [(tried["channel"], tried["state"]) for tried in row["tried"]]


@pytest.fixture
async def ways(db: Database, telegram_twin: TwinProcess, mail_twin: TwinProcess) -> AsyncIterator[Ways]:
    telegram_twin.reset(state=True)
    telegram_twin.control("POST", "chats", [{"id": one, "first_name": "P"} for one in (HIS, HERS)])
    mail_twin.reset(state=True)
    bot = open_telegram(telegram_twin.base_url, TOKEN)
    known = mail_twin.credentials
    mailer = Mailer(known["host"], known["port"], "desk@clobus.example", tls="none")
    yield Ways(db, Desk(), bot, mailer, telegram_twin, mail_twin)
    await bot.close()


async def told(ways: Ways, *, linked: bool = True, email: str | None = ADDRESS, **columns: Any) -> UUID:
    """A closed request whose client is to be told."""
    person = await client(ways.db, email=email)
    if linked:
        await in_telegram(ways.db, HIS, client_id=person)
    await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed", **columns))
    return person


async def test_he_who_blocked_the_bot_gets_a_letter_and_is_not_tried_again(ways: Ways) -> None:
    ways.telegram.control("POST", "chats", {"id": HIS, "blocked": True})
    person = await told(ways)
    await ways.deliver()
    assert (ways.chat(), ways.letters(), len(ways.desk.written)) == (0, 1, 1)
    assert await ways.fate(f"telegram:{HIS}") == ("sent", [("telegram", "refused"), ("email", "sent")])
    ways.telegram.control("POST", "chats", {"id": HIS, "blocked": False})
    await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed", conversation_id=8))
    await ways.deliver()
    assert ways.chat() == 0  # until he writes himself
    told_ = [row[0] for row in await messages(ways.db, "recipient")]
    assert told_ == ["conversation", f"telegram:{HIS}", "conversation"]


async def test_who_asked_in_telegram_and_left_it_is_told_by_letter(ways: Ways) -> None:
    await told(ways, linked=False, source="TELEGRAM")
    await ways.deliver()
    assert (ways.letters(), len(ways.desk.written)) == (1, 1)  # nobody reads the conversation on the site


async def test_whom_nobody_reaches_has_his_copy_in_the_conversation(ways: Ways) -> None:
    ways.telegram.control("POST", "chats", {"id": HIS, "blocked": True})
    await told(ways, email="no address")
    await ways.deliver()
    assert await ways.fate(f"telegram:{HIS}") == ("refused", [("telegram", "refused"), ("email", "refused")])
    assert await ways.fate("conversation") == ("sent", [("chatwoot", "sent")])
    async with ways.db.read() as connection:
        assert await one(connection, "select 1 from sys.dead_letters") is None


async def test_a_conversation_that_is_gone_is_made_up_for_by_a_letter(ways: Ways) -> None:
    ways.desk.fails = [Missing("chatwoot", "gone")]
    await told(ways, linked=False)
    await ways.deliver()
    assert ways.letters() == 1
    assert await ways.fate("conversation") == ("sent", [("chatwoot", "refused"), ("email", "sent")])


async def test_without_any_way_it_fails_and_can_be_tried_again_by_hand(ways: Ways) -> None:
    ways.desk.fails = [Missing("chatwoot", "gone")]
    await told(ways, linked=False, email=None)
    await ways.deliver()
    assert await states(ways.db) == [("closed", "failed")]
    async with ways.db.transaction() as connection:
        [row] = await reading.newest(connection, limit=5)
        await reading.retry(connection, UUID(row["id"]))
    await ways.deliver()
    assert await states(ways.db) == [("closed", "sent")]
    async with ways.db.transaction() as connection:
        with pytest.raises(Conflict):
            await reading.retry(connection, UUID(row["id"]))
        with pytest.raises(NotFound):
            await reading.retry(connection, UUID(int=0))


@pytest.mark.parametrize("kind", ["cut_after_write", "hang"])
async def test_an_unknown_outcome_in_telegram_stops_for_good(ways: Ways, kind: str) -> None:
    ways.telegram.fault(kind, match="sendMessage", **({"seconds": 4} if kind == "hang" else {}))
    await told(ways)
    hasty = open_telegram(ways.telegram.base_url, TOKEN, read=1 if kind == "hang" else 20)
    for _ in range(3):
        await ways.deliver(telegram=hasty)
        await due(ways.db)
    await hasty.close()
    assert ways.chat() == (1 if kind == "cut_after_write" else 0)
    assert ways.letters() == 0
    assert await ways.fate(f"telegram:{HIS}") == ("unknown", [("telegram", "unknown")])
    async with ways.db.transaction() as connection:
        [row] = await reading.newest(connection, limit=5, state="unknown")
        with pytest.raises(Conflict):
            await reading.retry(connection, UUID(row["id"]))


async def test_an_unknown_outcome_of_a_letter_stops_for_good(ways: Ways) -> None:
    person = await client(ways.db, email=ADDRESS)
    await add(ways.db, "cons.contact_preferences", client_id=person, channels=["email", "telegram"])
    await in_telegram(ways.db, HIS, client_id=person)
    ways.mail.fault("cut_after_write")
    await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed"))
    for _ in range(3):
        await ways.deliver()
        await due(ways.db)
    assert (ways.letters(), ways.chat()) == (1, 0)
    assert await ways.fate("client") == ("unknown", [("email", "unknown")])


async def test_a_sender_that_died_leaves_no_second_message_in_any_channel(ways: Ways) -> None:
    await told(ways)
    async with ways.db.transaction() as connection:
        await connection.execute("update log.notification_log set state = 'sending', next_at = now()")
    await ways.deliver()
    assert (ways.chat(), ways.letters(), ways.desk.written) == (0, 0, [])
    assert await states(ways.db) == [("closed", "unknown"), ("closed", "unknown")]


@pytest.mark.parametrize(
    ("twin", "fault"),
    [("telegram", {"kind": "status", "status": 429, "retry_after": 1}), ("mail", {"kind": "status", "status": 451})],
)
async def test_a_channel_that_is_busy_is_tried_again_and_not_passed_over(
    ways: Ways, twin: str, fault: dict[str, Any]
) -> None:
    person = await told(ways, linked=twin == "telegram") if twin == "telegram" else await client(ways.db, email=ADDRESS)
    if twin == "mail":
        await add(ways.db, "cons.contact_preferences", client_id=person, channels=["email"])
        await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed"))
    getattr(ways, twin).fault(**fault)
    await ways.deliver()
    recipient = f"telegram:{HIS}" if twin == "telegram" else "client"
    channel = "telegram" if twin == "telegram" else "email"
    assert await ways.fate(recipient) == ("queued", [(channel, "later")])
    await due(ways.db)
    await ways.deliver()
    assert (await ways.fate(recipient))[0] == "sent"
    assert ways.chat() + ways.letters() == 1


async def test_who_chose_the_conversation_is_told_nowhere_else(ways: Ways) -> None:
    person = await client(ways.db, email=ADDRESS)
    await in_telegram(ways.db, HIS, client_id=person)
    async with ways.db.transaction() as connection:
        await preferences.set_(
            connection, person, channels=["chatwoot"], quiet_from=None, quiet_to=None, language="uz"
        )  # fmt: skip
    await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed"))
    await ways.deliver()
    assert (ways.chat(), ways.letters()) == (0, 0)
    assert ways.desk.written[0]["content"] == "Т-000001-sonli ariza yopildi. Murojaatingiz uchun rahmat!"


async def test_an_open_page_is_a_channel(ways: Ways) -> None:
    person = await client(ways.db, email=ADDRESS)
    await add(ways.db, "cons.contact_preferences", client_id=person, channels=["live", "email"])
    present: list[UUID] = []

    async def is_present(connection: Connection, client_id: UUID) -> bool:
        return client_id in present

    await happen(ways.db, "Closed", await request(ways.db, client_id=person, status="closed"))
    await ways.deliver(is_present=is_present)
    assert await ways.fate("client") == ("sent", [("live", "refused"), ("email", "sent")])
    present.append(person)
    cons_id = await request(ways.db, client_id=person, status="closed", conversation_id=8)
    await happen(ways.db, "Closed", cons_id)
    await ways.deliver(is_present=is_present)
    assert ways.letters() == 1
    async with ways.db.read() as connection:
        seen = await one(connection, "select changes from log.events where cons_id = %s and name = 'Told'", (cons_id,))
    assert seen is not None
    assert seen["changes"] == {"type": [None, "closed"]}


async def test_parallel_senders_send_each_message_once_and_in_order(ways: Ways) -> None:
    person = await client(ways.db, email=ADDRESS)
    for id_ in (HIS, HERS):
        await in_telegram(ways.db, id_, client_id=person)
    asked = [await request(ways.db, client_id=person, conversation_id=n, number=f"Т-{n}") for n in range(1, 9)]
    for cons_id in asked:
        await happen(ways.db, "Opened", cons_id)
        for day in (26, 27):
            await happen(ways.db, "Rescheduled", cons_id, start_date=f"2026-11-{day}T05:30:00Z")

    async def drain() -> None:
        deliverer, idle = ways.deliverer(), 0
        while idle < 5:
            idle = 0 if await deliverer.drain_once() else idle + 1
            await asyncio.sleep(0.01)

    await asyncio.gather(*(drain() for _ in range(4)))
    assert {state for _, state in await states(ways.db)} == {"sent"}
    assert len(ways.desk.written) == 24
    for id_ in (HIS, HERS):
        texts = [message["text"] for message in ways.telegram.control("GET", "messages", chat_id=id_)]
        assert len(texts) == len(set(texts)) == 24
        for n in range(1, 9):
            mine = [text for text in texts if f"Т-{n} " in text]
            assert ["принята" in mine[0], "26 ноября" in mine[1], "27 ноября" in mine[2]] == [True] * 3


async def test_what_can_wait_waits_for_the_morning_and_the_rest_does_not(ways: Ways) -> None:
    person = await client(ways.db)
    cons_id = await request(ways.db, client_id=person, status="closed")
    await happen(ways.db, "RatingAsked", cons_id)
    await happen(ways.db, "Closed", cons_id)
    with clock.freeze(datetime.combine(clock.now().astimezone(ZONE).date(), time(23, 30), tzinfo=ZONE)) as frozen:
        await ways.deliver(quiet=NIGHT)
        morning = datetime.combine((frozen.instant.astimezone(ZONE)).date(), time(8), tzinfo=ZONE)
        fates = await messages(ways.db, "notification_type", "state", "next_at")
    assert [(fate[0], fate[1]) for fate in fates] == [("rating_ask", "queued"), ("closed", "sent")]
    assert (fates[0][2] - morning).days == 1
    await add(ways.db, "cons.contact_preferences", client_id=person, quiet_from=time(1), quiet_to=time(2))
    await due(ways.db)
    with clock.freeze(datetime.combine(clock.now().astimezone(ZONE).date(), time(23, 30), tzinfo=ZONE)):
        await ways.deliver(quiet=NIGHT)  # his own hours count, not ours
    assert await states(ways.db) == [("rating_ask", "sent"), ("closed", "sent")]


async def test_preferences_are_read_as_they_were_set(ways: Ways) -> None:
    person = await client(ways.db, language="ru")
    async with ways.db.transaction() as connection:
        assert await preferences.get(connection, person) == {
            "client_id": str(person), "language": "ru", "channels": [], "quiet_from": None, "quiet_to": None,
        }  # fmt: skip
        chosen = {"channels": ["email", "live"], "quiet_from": time(22), "quiet_to": time(7, 30), "language": "en"}
        set_ = await preferences.set_(connection, person, **chosen)
        assert set_ == await preferences.get(connection, person)
        assert (set_["quiet_from"], set_["quiet_to"], set_["channels"]) == ("22:00", "07:30", ["email", "live"])
        with pytest.raises(NotFound):
            await preferences.set_(connection, UUID(int=0), **chosen)

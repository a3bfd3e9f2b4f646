"""Messages of conversations are seen once, in order, whatever became of their webhooks.

Each that is new is a row (who spoke when, not what) and an event; what managers said goes on to the client's chats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog
from psycopg.types.json import Jsonb

from clobus.core import clock, memory
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.errors import Missing
from clobus.core.events import Event, Origin, publish
from clobus.core.inbox import Message as Stored
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation, Message
from clobus.modules.clients import telegram as people
from clobus.modules.consultations.types import Row
from clobus.sync.telegram import book, shapes

log = structlog.get_logger()

INCOMING, OUTGOING = 0, 1
SINCE = "messages.since"
GRACE = timedelta(minutes=10)
_OURS = ("note-", "tgnote-")
_FILE = "file-"

Direction = Literal["in", "out", "note"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as we keep it."""

    message: Message
    direction: Direction
    via: str

    @property
    def digest(self) -> bytes:
        """Tells a changed text from the same one."""
        return hashlib.sha256((self.message.content or "").encode()).digest()[:16]

    @property
    def goes_out(self) -> bool:
        """Whether a manager said it to the client."""
        return self.direction == "out" and self.via != "platform"


class MessageReader:
    """Reads conversations from where they were read last."""

    def __init__(self, db: Database, chatwoot: ChatwootClient) -> None:
        self.db = db
        self.chatwoot = chatwoot

    async def begin(self) -> None:
        """Fix the instant before which messages are history: nobody is told of those. Once, at the first load."""
        async with self.db.read() as connection:
            await run(
                connection,
                "insert into sys.settings (key, value) values (%s, %s) on conflict (key) do nothing",
                (SINCE, Jsonb(clock.now().replace(microsecond=0).isoformat())),  # Chatwoot tells whole seconds
            )

    async def look(self, row: Row, shown: Conversation | None = None, changed: Sequence[int] = ()) -> int:
        """See what is new in the conversation of a request, and again those `changed`; returns how many were new."""
        if row.conversation_id is None:
            return 0
        async with self.db.read() as connection:
            mark = await one(
                connection, "select * from cons.message_marks where conversation_id = %s", (row.conversation_id,)
            )
        after, count = (mark["last_message_id"] if mark else 0), 0
        for number in sorted(set(changed)):
            if number <= after:
                await self._again(row, number)
        try:
            while batch := await self.chatwoot.messages(row.conversation_id, after=after):
                count += await self._take(row, batch)
                after = max(message.id for message in batch)
        except Missing:
            return count
        await self._mark(row, after, shown.last_activity_at if shown else 0)
        return count

    async def behind(self, conversations: Sequence[Conversation]) -> list[int]:
        """Those in which something happened since they were read: a lost webhook costs a minute, not a message."""
        numbers, activity = [c.id for c in conversations], [c.last_activity_at for c in conversations]
        async with self.db.read() as connection:
            found = await rows(
                connection,
                "select g.id from unnest(%s::bigint[], %s::bigint[]) as g (id, activity)"
                " left join cons.message_marks m on m.conversation_id = g.id"
                " where m.conversation_id is null or g.activity > m.activity",
                (numbers, activity),
            )
        return [row["id"] for row in found]

    async def _take(self, row: Row, batch: Sequence[Message]) -> int:
        spoken = [seen for message in batch if (seen := _seen(row, message)) is not None]
        if not spoken:
            return 0
        async with self.db.transaction() as connection:
            since = await _since(connection)
            new = await self._insert(connection, row, spoken)
            fresh = [one_ for one_ in spoken if one_.message.id in new and _at(one_.message) >= since]
            await publish(connection, [_event(row, one_) for one_ in fresh])
            for one_ in fresh:
                if one_.goes_out:
                    await self._send_on(connection, row, one_.message)
        return len(fresh)

    async def _insert(self, connection: Connection, row: Row, spoken: Sequence[Seen]) -> set[int]:
        found = await rows(
            connection,
            "insert into cons.messages (cons_id, conversation_id, message_id, direction, via, sender, digest,"
            " created_at) select %s, %s, g.* from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[],"
            " %s::timestamptz[]) as g on conflict (message_id) do nothing returning message_id",
            (
                row.cons_id, row.conversation_id,
                [s.message.id for s in spoken], [s.direction for s in spoken], [s.via for s in spoken],
                [s.message.sender.type if s.message.sender else None for s in spoken],
                [s.digest for s in spoken], [_at(s.message) for s in spoken],
            ),
        )  # fmt: skip
        return {one_["message_id"] for one_ in found}

    async def _send_on(self, connection: Connection, row: Row, message: Message, why: str = "") -> None:
        if row.client_id is None:
            return
        name = message.sender.name if message.sender and message.sender.name else ""
        files = [file for one_ in message.attachments if (file := shapes.file_of(one_)) is not None]
        answered = message.content_attributes.get("in_reply_to")
        reply_to = answered if isinstance(answered, int) else None
        for chat in await people.chats_of(connection, row.client_id):
            parts = shapes.parts_of(name, message.content or "", files, chat["language"] or row.lang or "ru", reply_to)
            await book.take_out(connection, row.cons_id, chat["chat_id"], message.id, parts, why=why)

    async def _again(self, row: Row, number: int) -> None:
        """A message that was seen has changed: its text is another one, or it was taken back."""
        found = await self.chatwoot.messages(row.conversation_id or 0, after=number - 1)
        message = next((m for m in found if m.id == number), None)
        seen = _seen(row, message) if message else None
        if message is None or seen is None or not seen.goes_out or row.client_id is None:
            return
        deleted = bool(message.content_attributes.get("deleted"))
        async with self.db.transaction() as connection:
            changed = await run(
                connection,
                "update cons.messages set digest = %s where message_id = %s and digest is distinct from %s",
                (seen.digest, number, seen.digest),
            )
            if not changed:
                return
            name = message.sender.name if message.sender and message.sender.name else ""
            shown = shapes.parts_of(name, message.content or "", [], "ru", None)
            parts: list[shapes.Part] = [("delete", {})] if deleted else [("edit", shown[0][1])]
            for chat in await people.chats_of(connection, row.client_id):
                why = f"-{seen.digest.hex()[:12]}"
                await book.take_out(connection, row.cons_id, chat["chat_id"], number, parts, why=why)

    async def _mark(self, row: Row, last: int, activity: int) -> None:
        # Chatwoot tells whole seconds: what is said later in the same one must not look as if it were read.
        activity = min(activity, int(clock.now().timestamp()) - 2)
        async with self.db.transaction() as connection:
            await run(
                connection,
                "insert into cons.message_marks as m (conversation_id, cons_id, last_message_id, activity)"
                " values (%s, %s, %s, %s) on conflict (conversation_id) do update set cons_id = excluded.cons_id,"
                " last_message_id = greatest(m.last_message_id, excluded.last_message_id),"
                " activity = greatest(m.activity, excluded.activity), looked_at = now()",
                (row.conversation_id, row.cons_id, last, activity),
            )


def changed_by(messages: Sequence[Stored]) -> list[int]:
    """The messages of which webhooks say that they changed."""
    found = [m.payload.get("id") for m in messages if m.event == "message_updated"]
    return [number for number in found if isinstance(number, int)]


def _seen(row: Row, message: Message) -> Seen | None:
    """What a message is to us; None for lines of activity and Chatwoot's own templates."""
    source = message.source_id or ""
    if message.message_type == INCOMING:
        if source.startswith("tg-"):
            return Seen(message, "in", "telegram")
        if source.startswith("question-"):
            return Seen(message, "in", "telegram" if row.source == "TELEGRAM" else "site")
        return Seen(message, "in", "site")
    if message.message_type != OUTGOING:
        return None
    via = "platform" if source.startswith(_OURS) else "site" if source.startswith(_FILE) else "chatwoot"
    return Seen(message, "note" if message.private else "out", via)


def _at(message: Message) -> datetime:
    return datetime.fromtimestamp(message.created_at, UTC)


def _event(row: Row, seen: Seen) -> Event:
    changes: dict[str, tuple[Any, Any]] = {
        "message": (None, seen.message.id), "direction": (None, seen.direction), "via": (None, seen.via),
    }  # fmt: skip
    return Event("Messaged", row.cons_id, Origin.CHATWOOT, changes=changes)


async def _since(connection: Connection) -> datetime:
    """Before this, messages are history; where the first load never said so, what is older than a few minutes."""
    known: str | None = await memory.recall(connection, SINCE)
    return datetime.fromisoformat(known) if known else clock.now() - GRACE

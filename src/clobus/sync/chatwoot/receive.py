"""What Chatwoot's people did reaches the desk: a webhook is a hint, the conversation is read again and compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from clobus.core import clock, outbox
from clobus.core.db import Connection, Database, one
from clobus.core.errors import Missing, Transient
from clobus.core.events import Origin
from clobus.core.inbox import Message as Stored
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations import policy, service
from clobus.modules.consultations.types import Actor, Row
from clobus.modules.notifications import service as notifications
from clobus.sync.chatwoot import mapping
from clobus.sync.chatwoot import vocabulary as words
from clobus.sync.chatwoot.messages import MessageReader, changed_by
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.surveys import Surveys

log = structlog.get_logger()

ACTIVITY = 2
OURS = ("question-", "file-")
"""Marks of messages that we wrote in the client's name."""
CONSULTATION = "consultation"
# Activity texts follow the account's language (chatwoot.md §1.7): these words only help to choose among the lines.
RESOLVED = re.compile(r"resolved|решен|решён|разреш|завершен|завершён|hal qilin|yakunlan", re.IGNORECASE)


Base = tuple[str | None, int | None]
READINGS = 5
"""How often a conversation is read again that changed under our hands."""


class Outdated(Exception):
    """Somebody recorded something about the conversation after this reading of it was begun."""


class Receiver:
    """Takes conversations as they are now into our database."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, directory: Directory, inbox_id: int) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.directory = directory
        self.inbox_id = inbox_id
        self.messages = MessageReader(db, chatwoot)
        self.surveys = Surveys(db, chatwoot)

    async def handle(self, subject: str | None, messages: Sequence[Stored]) -> str:
        """Handle all waiting webhooks of one conversation; the handler of `core.inbox.Processor`."""
        if subject is None or not subject.isdigit():
            return "ignored"
        try:
            known, shown = await self.take(int(subject))
        except Missing:
            return "ignored"
        if known:
            await self._answer_late(int(subject), messages)
            changed = changed_by(messages)
            await self.listen(shown, changed)
            await self.surveys.look(int(subject), changed)
        return "handled" if known else "ignored"

    async def listen(self, shown: Conversation, changed: Sequence[int] = ()) -> None:
        """See what was said in a conversation since it was read last."""
        async with self.db.read() as connection:
            row = (await service.load_by_conversation(connection, [shown.id])).get(shown.id)
        if row is not None:
            await self.messages.look(row, shown, changed)

    async def take(self, number: int) -> tuple[bool, Conversation]:
        """Read a conversation and bring our picture of it up to date; False when it is none of ours.

        Missing when there is none. What we wrote over there between the reading and its record is no news: then the
        reading is out of date, and it is read again.
        """
        for _ in range(READINGS):
            async with self.db.read() as connection:
                base = _base((await service.load_by_conversation(connection, [number])).get(number))
            shown = await self.chatwoot.conversation(number)
            try:
                return await self._take(shown, base), shown
            except Outdated:
                continue
        raise Transient("chatwoot", "the conversation changes faster than it is read")

    async def _take(self, shown: Conversation, base: Base | None) -> bool:
        if shown.inbox_id != self.inbox_id:
            return False
        actor, name = Actor.SYSTEM, None
        async with self.db.read() as connection:
            row = await self._find(connection, shown)
        if row is not None and shown.status == "resolved" and not row.is_terminal:
            actor, name = await self._who_resolved(shown)
        names = await self.directory.names([row] if row else [])
        async with self.db.transaction() as connection:
            row = await self._find(connection, shown, lock=True)
            if row is None:
                return await self._support(connection, shown, names, new=True)
            if row.conversation_id == shown.id and _base(row) != base:
                raise Outdated
            if row.conversation_id not in (None, shown.id):
                log.warning("chatwoot.doubled_conversation", conversation=shown.id)
                return False
            if row.conversation_id is None and mapping.request_id(shown) == row.cons_id:
                # The push that made it is at it still, or was cut off: it alone links, when the question stands there.
                await outbox.touch(connection, "chatwoot", CONSULTATION, [row.cons_id])
                return True
            if row.is_support:
                return await self._support(connection, shown, names, new=False)
            await self._accounting(connection, row, shown, names, actor, name)
        return True

    async def _find(self, connection: Connection, shown: Conversation, *, lock: bool = False) -> Row | None:
        row = (await service.load_by_conversation(connection, [shown.id], lock=lock)).get(shown.id)
        if row is not None:
            return row
        ours, number = mapping.request_id(shown), mapping.number(shown)
        if ours is not None:
            row = (await service.load(connection, [ours], lock=lock)).get(ours)
        if row is None and number is not None:
            row = (await service.load_by_number(connection, [number])).get(number)
            if row is not None and lock:
                row = (await service.load(connection, [row.cons_id], lock=True)).get(row.cons_id)
        return row

    async def _accounting(
        self, connection: Connection, row: Row, shown: Conversation, names: mapping.Names, actor: Actor,
        name: str | None,
    ) -> None:  # fmt: skip
        seen_status, seen_agent = row.conversation_status, row.assignee_id
        if row.conversation_id is None:
            await service.link_conversation(
                connection, row.cons_id, conversation_id=shown.id, status=shown.status, assignee_id=shown.agent_id,
                version=shown.updated_at, source_id=None,
            )  # fmt: skip
        if shown.status == "resolved" != seen_status and not row.is_terminal:
            if policy.may_close(row.consultation_type, actor):
                at = datetime.fromtimestamp(shown.updated_at, UTC)
                await service.close(
                    connection, row, actor=actor, actor_name=name, at=min(at, clock.now()), origin=Origin.CHATWOOT
                )
            else:
                await service.refuse_close(connection, row, actor_name=name, origin=Origin.CHATWOOT)
        elif shown.agent_id != seen_agent and seen_status is not None:
            manager = names.managers.get(shown.agent_id) if shown.agent_id else None
            if manager is not None:
                await service.request_manager(connection, row, manager, origin=Origin.CHATWOOT, actor=str(manager))
        await service.saw_conversation(
            connection, row.cons_id, status=shown.status, assignee_id=shown.agent_id, version=shown.updated_at
        )
        now = (await service.load(connection, [row.cons_id]))[row.cons_id]
        if mapping.difference(mapping.desired(now, names), shown, support=False):
            await outbox.touch(connection, "chatwoot", CONSULTATION, [row.cons_id])

    async def _support(self, connection: Connection, shown: Conversation, names: mapping.Names, *, new: bool) -> bool:
        if new and (mapping.number(shown) or mapping.request_id(shown)):
            return False  # an accounting request that we don't know (yet): the next feed brings it, drift lists it
        cons_id = await keep_support(connection, shown, names)
        row = (await service.load(connection, [cons_id])).get(cons_id)
        if row is not None and mapping.difference(mapping.desired(row, names), shown, support=True):
            await outbox.touch(connection, "chatwoot", CONSULTATION, [cons_id])
        return True

    async def _who_resolved(self, shown: Conversation) -> tuple[Actor, str | None]:
        """Tell who resolved it by the newest activity line: no webhook and no member says it (chatwoot.md §5.2)."""
        lines = [m for m in await self.chatwoot.messages(shown.id) if m.message_type == ACTIVITY and m.content]
        telling = [m for m in lines if RESOLVED.search(m.content or "")] or lines[-1:]
        if not telling:
            return Actor.SYSTEM, None
        # Chatwoot capitalizes a contact's name there, which makes all letters but the first one small.
        text = (telling[-1].content or "").casefold()
        names = await self.directory.names()
        staff = max((n for n in names.known_agents.values() if n and n.casefold() in text), key=len, default="")
        client = (shown.meta.sender.name or "").casefold()
        if client and client in text and len(client) > len(staff):
            return Actor.CLIENT, None
        return (Actor.STAFF, staff) if staff else (Actor.SYSTEM, None)

    async def _answer_late(self, conversation_id: int, messages: Sequence[Stored]) -> None:
        """A client who writes into an ended accounting request is told that it has ended."""
        late = [m.payload for m in messages if _from_client(m)]
        if not late:
            return
        async with self.db.transaction() as connection:
            row = (await service.load_by_conversation(connection, [conversation_id])).get(conversation_id)
            if row is None or row.is_support or not row.is_terminal:
                return
            for payload in late:
                if str(payload.get("source_id") or "").startswith(OURS):
                    continue
                await notifications.notify(
                    connection, type="closed_reply", cons_id=row.cons_id, language=row.lang, params={},
                    key=str(payload.get("id")),
                )  # fmt: skip


def _base(row: Row | None) -> Base | None:
    """What of a conversation was recorded last: what we compare its next reading with."""
    return None if row is None else (row.conversation_status, row.assignee_id)


def _from_client(message: Stored) -> bool:
    payload = message.payload
    return message.event == "message_created" and payload.get("message_type") == "incoming"


async def keep_support(
    connection: Connection, shown: Conversation, names: mapping.Names, *, backfill: bool = False
) -> UUID:
    """Keep a technical-support request as its conversation shows it."""
    status = words.SUPPORT_STATUS[shown.status]
    ended = datetime.fromtimestamp(shown.updated_at, UTC).replace(microsecond=0) if shown.status == "resolved" else None
    language = next((words.LANGUAGES[label] for label in shown.labels if label in words.LANGUAGES), None)
    return await service.upsert_support(
        connection, conversation_id=shown.id, status=status, conversation_status=shown.status,
        assignee_id=shown.agent_id, manager=names.managers.get(shown.agent_id) if shown.agent_id else None,
        version=shown.updated_at, client_id=await _client_of(connection, shown), lang=language, comment=None,
        created=datetime.fromtimestamp(shown.created_at, UTC), ended=ended, backfill=backfill,
    )  # fmt: skip


async def _client_of(connection: Connection, shown: Conversation) -> UUID | None:
    sender = shown.meta.sender
    code: Any = sender.custom_attributes.get(words.CODE) or shown.custom_attributes.get(words.CODE)
    found = await one(
        connection,
        "select client_id from cons.clients where client_id::text = %(identifier)s or contact_id = %(contact)s"
        " or (code_abonent = %(code)s and is_parent and not deleted)"
        " order by (client_id::text = %(identifier)s) desc, created_at limit 1",
        {"identifier": sender.identifier, "contact": sender.id, "code": str(code) if code else None},
    )
    return found["client_id"] if found else None

"""All conversations: linked at the first load, read again when a webhook may be lost, compared for drift."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from clobus.core import outbox, runs
from clobus.core.db import Database, rows
from clobus.core.errors import Missing
from clobus.core.runs import Run
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations import service
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot import mapping
from clobus.sync.chatwoot import vocabulary as words
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.receive import CONSULTATION, Receiver, keep_support
from clobus.sync.suspect import Suspect

PAGE = 25
OPEN = ("new", "open", "pending", "other")


class Desk:
    """The conversations of our inbox as a whole."""

    def __init__(
        self, db: Database, chatwoot: ChatwootClient, receiver: Receiver, directory: Directory, inbox_id: int
    ) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.receiver = receiver
        self.directory = directory
        self.inbox_id = inbox_id

    async def link_all(self) -> Run:
        """Find the conversations of all requests, keep support requests, and note what must be put right."""
        await self.receiver.messages.begin()
        async with runs.record(self.db, "chatwoot_link") as this:
            async for page in self._walk(this):
                await self._link(page, this)
                await this.progress()
            await self._without(this)
        return this

    async def recent(self, seconds: int) -> Run:
        """Take again what changed of late: Chatwoot's webhooks come at most once."""
        async with runs.record(self.db, "chatwoot_recent") as this:
            shown = [c for c in await self.chatwoot.updated_within(seconds) if c.inbox_id == self.inbox_id]
            async with self.db.read() as connection:
                known = await service.load_by_conversation(connection, [c.id for c in shown])
            names = await self.directory.names(list(known.values()))
            this.read = len(shown)
            for conversation in shown:
                row = known.get(conversation.id)
                if row is not None and not self._differs(row, conversation, names):
                    this.unchanged += 1
                else:
                    this.updated += await self._taken(conversation.id)
            behind = set(await self.receiver.messages.behind(shown))
            for conversation in shown:
                if conversation.id in behind:
                    await self.receiver.listen(conversation)
        return this

    async def compare_all(self) -> tuple[int, list[Suspect]]:
        """Count the conversations and list what seems to differ."""
        found: list[Suspect] = []
        seen: set[int] = set()
        async for page in self._walk(None):
            seen.update(c.id for c in page)
            found += await self._compare(page)
        async with self.db.read() as connection:
            linked = await rows(
                connection,
                "select cons_id, conversation_id from cons.cons where conversation_id is not null"
                " or (status = any(%s) and conversation_id is null)",
                (list(OPEN),),
            )
        found += [
            Suspect("missing_conversation", ("chatwoot",), row["cons_id"], conversation_id=row["conversation_id"])
            for row in linked
            if row["conversation_id"] not in seen
        ]
        return len(seen), found

    async def recheck(self, suspects: Sequence[Suspect]) -> list[Suspect]:
        """Compare these again with fresh reads."""
        found: list[Suspect] = []
        ids = {s.conversation_id for s in suspects if s.conversation_id is not None}
        async with self.db.read() as connection:
            rows_ = await service.load(connection, [s.cons_id for s in suspects if s.cons_id])
        ids |= {row.conversation_id for row in rows_.values() if row.conversation_id is not None}
        for number in sorted(ids):
            try:
                found += await self._compare([await self.chatwoot.conversation(number)])
            except Missing:
                found += [
                    Suspect("missing_conversation", ("chatwoot",), row.cons_id, conversation_id=number)
                    for row in rows_.values()
                    if row.conversation_id == number
                ]
        found += [
            Suspect("missing_conversation", ("chatwoot",), row.cons_id)
            for row in rows_.values()
            if row.conversation_id is None and not row.is_terminal
        ]
        return found

    async def repair(self, suspects: Sequence[Suspect]) -> int:
        """Take again what is not linked or was changed over there; the rest is a push."""
        numbers = sorted({s.conversation_id for s in suspects if s.conversation_id is not None})
        return sum([await self._taken(number) for number in numbers])

    async def _taken(self, number: int) -> bool:
        try:
            return (await self.receiver.take(number))[0]
        except Missing:
            return False

    async def _walk(self, this: Run | None) -> AsyncIterator[list[Conversation]]:
        """All conversations in order of creation: what comes meanwhile stands at the end."""
        number = 1
        while True:
            page = await self.chatwoot.conversations(number)
            if this is not None:
                this.expected = page.all_count
            ours = [c for c in page.rows if c.inbox_id == self.inbox_id]
            if ours:
                yield ours
            if len(page.rows) < PAGE:
                return
            number += 1

    async def _link(self, page: Sequence[Conversation], this: Run) -> None:
        this.read += len(page)
        async with self.db.transaction() as connection:
            known = await service.load_by_conversation(connection, [c.id for c in page])
            fresh = [c for c in page if c.id not in known]
            this.unchanged += len(known)
            this.updated += await service.link_many(
                connection,
                [(c.id, mapping.request_id(c), mapping.number(c), c.status, c.agent_id, c.updated_at) for c in fresh],
            )
            linked = await service.load_by_conversation(connection, [c.id for c in page])
        support = [
            c for c in fresh if c.id not in linked and not mapping.number(c) and not mapping.request_id(c)
        ]  # fmt: skip
        names = await self.directory.names(list(linked.values()))
        async with self.db.transaction() as connection:
            for conversation in support:
                await keep_support(connection, conversation, names, backfill=True)
                this.created += 1
            touched = [
                row.cons_id for c in page if (row := linked.get(c.id)) is not None and self._differs(row, c, names)
            ]
            await outbox.touch(connection, "chatwoot", CONSULTATION, touched)

    async def _without(self, this: Run) -> None:
        """Open requests that have no conversation get one."""
        async with self.db.transaction() as connection:
            found = await rows(
                connection,
                "select cons_id from cons.cons where conversation_id is null and status = any(%s)",
                (list(OPEN),),
            )
            await outbox.touch(connection, "chatwoot", CONSULTATION, [row["cons_id"] for row in found])
        this.created += len(found)

    @staticmethod
    def _differs(row: Row, shown: Conversation, names: mapping.Names) -> bool:
        moved = (shown.status, shown.agent_id) != (row.conversation_status, row.assignee_id)
        return moved or bool(mapping.difference(mapping.desired(row, names), shown, support=row.is_support))

    async def _compare(self, page: Sequence[Conversation]) -> list[Suspect]:
        async with self.db.read() as connection:
            known = await service.load_by_conversation(connection, [c.id for c in page])
            numbers = [n for c in page if c.id not in known and (n := mapping.number(c))]
            by_number = await service.load_by_number(connection, numbers)
            ids = [i for c in page if c.id not in known and (i := mapping.request_id(c))]
            by_id = await service.load(connection, ids)
        names = await self.directory.names(list(known.values()))
        found: list[Suspect] = []
        for shown in page:
            row = known.get(shown.id)
            if row is None:
                found.append(_unlinked(shown, by_id, by_number))
                continue
            kinds = mapping.difference(mapping.desired(row, names), shown, support=row.is_support).kinds()
            if row.is_support and row.status.value != "cancelled":
                kinds += ["conversation_status"] if words.SUPPORT_STATUS[shown.status] is not row.status else []
                manager = names.managers.get(shown.agent_id) if shown.agent_id else None
                kinds += ["assignee"] if manager != row.manager else []
            found += [Suspect(kind, ("postgres", "chatwoot"), row.cons_id, conversation_id=shown.id) for kind in kinds]
        return found


def _unlinked(shown: Conversation, by_id: dict[UUID, Row], by_number: dict[str, Row]) -> Suspect:
    number, ours = mapping.number(shown), mapping.request_id(shown)
    row = by_id.get(ours) if ours else None
    row = row or (by_number.get(number) if number else None)
    taken = row is not None and row.conversation_id is not None
    return Suspect(
        "doubled_conversation" if taken else "unlinked_conversation",
        ("postgres", "chatwoot"),
        row.cons_id if row else None,
        conversation_id=shown.id,
    )

"""Chatwoot is made to show what it should show now: planned from our rows, applied without a transaction, recorded."""

from __future__ import annotations

from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Missing, Permanent
from clobus.core.events import Event, Origin, publish
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.clients.types import KIND as CLIENT
from clobus.modules.consultations import attachments, service
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot import mapping
from clobus.sync.chatwoot.attachments import AttachmentPush
from clobus.sync.chatwoot.birth import Birth
from clobus.sync.chatwoot.contacts import Contacts
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.provision import Provisioner
from clobus.sync.chatwoot.receive import Receiver


class ChatwootPush:
    """The handler of the dispatcher for system `chatwoot`."""

    def __init__(
        self, db: Database, chatwoot: ChatwootClient, receiver: Receiver, directory: Directory,
        provisioner: Provisioner, inbox_id: int,
    ) -> None:  # fmt: skip
        self.db = db
        self.chatwoot = chatwoot
        self.receiver = receiver
        self.directory = directory
        self.provisioner = provisioner
        self.birth = Birth(db, chatwoot, inbox_id)
        self.contacts = Contacts(db, chatwoot, inbox_id)
        self.attachments = AttachmentPush(db, chatwoot)

    async def handle(self, kind: str, subject_id: UUID) -> None:
        """Push one subject: a request, a file of a request, a manager as an agent, or a client as a contact."""
        if kind == CLIENT:
            await self.contacts.handle(subject_id)
            return
        if kind == attachments.SUBJECT:
            await self.attachments.handle(subject_id)
            return
        if kind == "manager":
            await self.provisioner.one(subject_id)
            return
        row = await self._row(subject_id)
        if row is None:
            return
        if row.conversation_id is None:
            # An ended request gets none; but one that was made for it before it ended is put right.
            if not row.is_terminal or await self.birth.began(row):
                await self._create(row)
            return
        try:
            shown = await self.chatwoot.conversation(row.conversation_id)
        except Missing:
            await self._unlink(row)
            if not row.is_terminal:
                row.conversation_id = None
                await self._create(row)
            return
        if _moved(row, shown):
            # Something was done over there that we have not taken yet: take it first, or we would undo it.
            _, shown = await self.receiver.take(row.conversation_id)
            row = await self._row(subject_id) or row
        await self._show(row, shown)

    async def _row(self, cons_id: UUID) -> Row | None:
        async with self.db.read() as connection:
            return (await service.load(connection, [cons_id])).get(cons_id)

    async def _create(self, row: Row) -> None:
        names = await self.directory.names([row])
        want = mapping.desired(row, names)
        shown, source_id = await self.birth.conversation_of(row, want)
        # Found resolved: somebody over there was quicker than our record, and that is news to be taken.
        base = None if shown.status == "resolved" and not row.is_terminal else shown.status
        async with self.db.transaction() as connection:
            await service.link_conversation(
                connection, row.cons_id, conversation_id=shown.id, status=base, assignee_id=shown.agent_id,
                version=shown.updated_at, source_id=source_id,
            )  # fmt: skip
            changes = {"conversation_id": (None, shown.id)}
            await publish(connection, [Event("Linked", row.cons_id, Origin.PLATFORM, changes=changes)])

    async def _unlink(self, row: Row) -> None:
        async with self.db.transaction() as connection:
            await service.link_conversation(
                connection, row.cons_id, conversation_id=None, status=None, assignee_id=None, version=None,
                source_id=None,
            )  # fmt: skip
            changes = {"conversation_id": (row.conversation_id, None)}
            await publish(connection, [Event("Unlinked", row.cons_id, Origin.CHATWOOT, changes=changes)])

    async def _show(self, row: Row, shown: Conversation) -> None:
        names = await self.directory.names([row])
        want = mapping.desired(row, names)
        differs = mapping.difference(want, shown, support=row.is_support)
        if not differs:
            await self._saw(row, shown, shown.status, shown.agent_id)
            return
        number, agent = shown.id, shown.agent_id
        if differs.attributes is not None:
            await self.chatwoot.set_custom_attributes(number, differs.attributes)
        if differs.labels is not None:
            await self.chatwoot.set_conversation_labels(number, differs.labels)
        if differs.team:
            await self.chatwoot.assign_team(number, want.team_id)
        if differs.assignee or (differs.team and want.owns_assignee):
            # A team drops an agent who is not in it, so the agent comes after it.
            try:
                await self.chatwoot.assign_agent(number, want.assignee_id)
            except Permanent:
                self.directory.forget()  # the agent vanished meanwhile
                raise
            agent = want.assignee_id
        elif differs.team and agent is not None:
            await self.chatwoot.assign_agent(number, agent)
        if differs.status is not None:
            await self.chatwoot.toggle_status(number, differs.status)
        await self._saw(row, shown, differs.status or shown.status, agent)

    async def _saw(self, row: Row, shown: Conversation, status: str, agent: int | None) -> None:
        """Record what we left there: not a new reading, which could hold a change that nobody has taken yet."""
        if (status, agent) == (row.conversation_status, row.assignee_id):
            return
        async with self.db.transaction() as connection:
            await service.saw_conversation(
                connection, row.cons_id, status=status, assignee_id=agent, version=shown.updated_at
            )


def _moved(row: Row, shown: Conversation) -> bool:
    return shown.status != row.conversation_status or shown.agent_id != row.assignee_id

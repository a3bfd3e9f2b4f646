"""A request gets its conversation, once: looked for before it is made, with a contact and the client's question."""

from __future__ import annotations

from dataclasses import dataclass

from clobus.core.db import Database
from clobus.core.errors import OutcomeUnknown
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot import mapping
from clobus.sync.chatwoot import vocabulary as words
from clobus.sync.chatwoot.contacts import Contacts


@dataclass(frozen=True, slots=True)
class Birth:
    """What a conversation is made with."""

    db: Database
    chatwoot: ChatwootClient
    inbox_id: int

    async def conversation_of(self, row: Row, want: mapping.Desired) -> tuple[Conversation, str | None]:
        """Find the conversation of a request or make it; gives it and the contact's address in the inbox."""
        found = await self._find(row)
        source_id = None
        if found is None:
            contact, source_id = await Contacts(self.db, self.chatwoot, self.inbox_id).of_request(row)
            attributes = {**want.attributes, words.REQUEST_ID: str(row.cons_id)}
            found = await self.chatwoot.create_conversation(
                source_id=source_id, inbox_id=self.inbox_id, contact_id=contact.id, status=want.status or "open",
                custom_attributes=attributes, assignee_id=want.assignee_id, team_id=want.team_id,
            )  # fmt: skip
        if mapping.request_id(found) == row.cons_id:
            await self._ask(row, found)
        return found, source_id

    async def began(self, row: Row) -> bool:
        """Whether an earlier try made a conversation for a request whose link was never recorded."""
        found = await self.chatwoot.filter_by_attribute(words.REQUEST_ID, str(row.cons_id))
        return any(one_.inbox_id == self.inbox_id for one_ in found)

    async def _find(self, row: Row) -> Conversation | None:
        for key, value in ((words.REQUEST_ID, str(row.cons_id)), (words.NUMBER, row.number)):
            if value is None:
                continue
            found = await self.chatwoot.filter_by_attribute(key, value)
            free = [one_ for one_ in found if one_.inbox_id == self.inbox_id]
            if key == words.NUMBER:
                free = [one_ for one_ in free if mapping.request_id(one_) in (None, row.cons_id)]
            if free:
                return min(free, key=lambda one_: one_.id)
        return None

    async def _ask(self, row: Row, shown: Conversation) -> None:
        """Put the client's question into the conversation he asked it for, once."""
        if not row.comment:
            return
        mark = f"question-{row.cons_id}"
        if await self.chatwoot.find_message(shown.id, mark) is not None:
            return
        try:
            await self.chatwoot.create_message(shown.id, row.comment, message_type="incoming", source_id=mark)
        except OutcomeUnknown:
            if await self.chatwoot.find_message(shown.id, mark) is None:
                raise

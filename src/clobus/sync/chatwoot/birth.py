"""A request gets its conversation, once: looked for before it is made, with a contact and the client's question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from clobus.core.db import Database, one
from clobus.core.errors import OutcomeUnknown, Refused
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Contact, Conversation
from clobus.modules.clients import service as clients
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot import mapping
from clobus.sync.chatwoot import vocabulary as words

PHONE = re.compile(r"\+[1-9]\d{1,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


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
            contact, source_id = await self._contact(row)
            attributes = {**want.attributes, words.REQUEST_ID: str(row.cons_id)}
            found = await self.chatwoot.create_conversation(
                source_id=source_id, inbox_id=self.inbox_id, contact_id=contact.id, status=want.status or "open",
                custom_attributes=attributes, assignee_id=want.assignee_id, team_id=want.team_id,
            )  # fmt: skip
        if mapping.request_id(found) == row.cons_id:
            await self._ask(row, found)
        return found, source_id

    async def began(self, row: Row) -> bool:
        """Whether an earlier try made a conversation for a request of ours whose link was never recorded."""
        if row.source not in words.BORN_HERE:
            return False
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

    async def _contact(self, row: Row) -> tuple[Contact, str]:
        client = await self._client(row)
        identifier = str(client["client_id"]) if client else f"onec-{row.client_key or row.cons_id}"
        contact = await self._known_contact(client, identifier)
        if contact is None:
            contact = await self._new_contact(client, identifier)
        address = next((c.source_id for c in contact.contact_inboxes if c.inbox.id == self.inbox_id), None)
        if address is None:
            address = identifier
            await self.chatwoot.ensure_contact_inbox(contact.id, self.inbox_id, address)
        if client and client["contact_id"] != contact.id:
            async with self.db.transaction() as connection:
                await clients.set_contact(connection, client["client_id"], contact.id, address)
        return contact, address

    async def _client(self, row: Row) -> dict[str, Any] | None:
        if row.client_id is None:
            return None
        async with self.db.read() as connection:
            return await one(
                connection,
                "select c.*, coalesce(c.email, o.email) as mail, coalesce(c.phone_number, o.phone_number) as phone,"
                " coalesce(c.name, c.contact_name, c.company_name, o.company_name) as title,"
                " coalesce(c.org_inn, o.org_inn) as inn, coalesce(c.code_abonent, o.code_abonent) as subscriber,"
                " coalesce(c.company_name, o.company_name) as company from cons.clients c"
                " left join cons.clients o on o.client_id = c.parent_id where c.client_id = %s",
                (row.client_id,),
            )

    async def _known_contact(self, client: dict[str, Any] | None, identifier: str) -> Contact | None:
        found = await self.chatwoot.contact_by_identifier(identifier)
        if found is not None or client is None:
            return found
        if client["subscriber"]:
            found = await self.chatwoot.contact_by_identifier(f"code-{client['subscriber']}")
        if found is None and client["cl_ref_key"]:
            found = await self.chatwoot.contact_by_source(self.inbox_id, str(client["cl_ref_key"]))
        return found

    async def _new_contact(self, client: dict[str, Any] | None, identifier: str) -> Contact:
        members = _members(client, identifier)
        try:
            return await self.chatwoot.create_contact(inbox_id=self.inbox_id, source_id=identifier, **members)
        except Refused:
            # Somebody else has the phone or the e-mail: that is the person, or a contact without them is made.
            for key in ("email", "phone_number"):
                if members.get(key):
                    found = await self.chatwoot.filter_contacts(key, members[key])
                    if found:
                        return found[0]
            bare = {name: value for name, value in members.items() if name not in ("email", "phone_number")}
            return await self.chatwoot.create_contact(inbox_id=self.inbox_id, source_id=identifier, **bare)
        except OutcomeUnknown:
            found_one = await self.chatwoot.contact_by_identifier(identifier)
            if found_one is None:
                raise
            return found_one


def _members(client: dict[str, Any] | None, identifier: str) -> dict[str, Any]:
    if client is None:
        return {"name": "—", "identifier": identifier}
    phone = "+" + re.sub(r"\D", "", client["phone"] or "")
    mail = client["mail"] or ""
    found = {
        "name": client["title"] or "—",
        "identifier": identifier,
        "email": mail if EMAIL.fullmatch(mail) else None,
        "phone_number": phone if PHONE.fullmatch(phone) and len(phone) > 7 else None,
        "custom_attributes": {
            words.CODE: client["subscriber"] or "",
            "inn_pinfl": client["inn"] or "",
            "client_type": "owner" if client["is_parent"] else "user",
        },
        "additional_attributes": {"company_name": client["company"]} if client["company"] else None,
    }
    return {name: value for name, value in found.items() if value is not None}

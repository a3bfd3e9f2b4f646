"""A client is a contact of Chatwoot, once: looked for before he is made, and shown as he is now, by differences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Missing, OutcomeUnknown, Refused
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Contact
from clobus.modules.clients import service as clients
from clobus.modules.clients.names import EMAIL
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot import vocabulary as words

PHONE = re.compile(r"\+[1-9]\d{7,14}")
UNIQUE = ("email", "phone_number")
"""What Chatwoot keeps unique in an account."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """What contacts are found and made with."""

    db: Database
    chatwoot: ChatwootClient
    inbox_id: int

    async def handle(self, client_id: UUID) -> None:
        """Let Chatwoot show a client as he is; who has neither telephone nor e-mail gets a contact with a request."""
        async with self.db.read() as connection:
            client = await clients.with_owner(connection, client_id)
        if client is None:
            return
        identifier = str(client_id)
        members = members_of(client, identifier)
        contact = await self._linked(client) or await self._known(client, identifier)
        if contact is None:
            if client["deleted"] or not any(members.get(name) for name in UNIQUE):
                return
            contact = await self._new(client, identifier)
        else:
            await self._show(contact, members)
        await self._record(client, contact, await self._address(contact, identifier))

    async def of_request(self, row: Row) -> tuple[Contact, str]:
        """The contact of a request and its address in the inbox."""
        client = None
        if row.client_id is not None:
            async with self.db.read() as connection:
                client = await clients.with_owner(connection, row.client_id)
        identifier = str(client["client_id"]) if client else f"onec-{row.client_key or row.cons_id}"
        contact = await self._known(client, identifier) or await self._new(client, identifier)
        address = await self._address(contact, identifier)
        if client:
            await self._record(client, contact, address)
        return contact, address

    async def _address(self, contact: Contact, identifier: str) -> str:
        found = next((c.source_id for c in contact.contact_inboxes if c.inbox.id == self.inbox_id), None)
        if found is None:
            await self.chatwoot.ensure_contact_inbox(contact.id, self.inbox_id, identifier)
        return found or identifier

    async def _record(self, client: dict[str, Any], contact: Contact, address: str) -> None:
        if client["contact_id"] == contact.id and client["source_id"] is not None:
            return
        async with self.db.transaction() as connection:
            await clients.set_contact(connection, client["client_id"], contact.id, address)

    async def _linked(self, client: dict[str, Any]) -> Contact | None:
        if client["contact_id"] is None:
            return None
        try:
            return await self.chatwoot.contact(client["contact_id"])
        except Missing:
            return None

    async def _known(self, client: dict[str, Any] | None, identifier: str) -> Contact | None:
        found = await self.chatwoot.contact_by_identifier(identifier)
        if found is not None or client is None:
            return found
        if client["subscriber"] and client["is_parent"]:
            found = await self.chatwoot.contact_by_identifier(f"code-{client['subscriber']}")
        if found is None and client["cl_ref_key"]:
            found = await self.chatwoot.contact_by_source(self.inbox_id, str(client["cl_ref_key"]))
        return found

    async def _new(self, client: dict[str, Any] | None, identifier: str) -> Contact:
        members = members_of(client, identifier)
        try:
            return await self.chatwoot.create_contact(inbox_id=self.inbox_id, source_id=identifier, **members)
        except Refused:
            # A push beside this one made him, or somebody else has the phone or the e-mail: that is the person, or a
            # contact without them is made.
            made = await self.chatwoot.contact_by_identifier(identifier)
            if made is not None:
                return made
            for key in UNIQUE:
                if members.get(key):
                    found = await self.chatwoot.filter_contacts(key, members[key])
                    if found:
                        return found[0]
            bare = {name: value for name, value in members.items() if name not in UNIQUE}
            return await self.chatwoot.create_contact(inbox_id=self.inbox_id, source_id=identifier, **bare)
        except OutcomeUnknown:
            found_one = await self.chatwoot.contact_by_identifier(identifier)
            if found_one is None:
                raise
            return found_one

    async def _show(self, contact: Contact, members: dict[str, Any]) -> None:
        changes = difference(contact, members)
        if not changes:
            return
        try:
            await self.chatwoot.update_contact(contact.id, **changes)
        except Refused:
            rest = {name: value for name, value in changes.items() if name not in UNIQUE}
            if rest.keys() == changes.keys():
                raise
            if rest:  # somebody else has the phone or the e-mail; the rest is said all the same
                await self.chatwoot.update_contact(contact.id, **rest)


def difference(shown: Contact, members: dict[str, Any]) -> dict[str, Any]:
    """The members in which a contact differs; attributes that are not ours are kept, Chatwoot merges them."""
    changes: dict[str, Any] = {}
    for name in ("name", *UNIQUE):
        ours, theirs = members.get(name), getattr(shown, name)
        if ours and ours.lower() != (theirs or "").lower():
            changes[name] = ours
    for name in ("custom_attributes", "additional_attributes"):
        theirs = getattr(shown, name)
        differing = {key: value for key, value in members.get(name, {}).items() if (theirs.get(key) or "") != value}
        if differing:
            changes[name] = differing
    return changes


def members_of(client: dict[str, Any] | None, identifier: str) -> dict[str, Any]:
    """What a contact should show (domain.md §7.4)."""
    if client is None:
        return {"name": "—", "identifier": identifier}
    phone = "+" + re.sub(r"\D", "", client["phone"] or "")
    mail = client["mail"] or ""
    place = ", ".join(part for part in (client["area"], client["town"]) if part)
    additional = {
        "company_name": client["company"], "country": client["land"], "city": place,
        "country_code": words.country_code(client["land"]),
    }  # fmt: skip
    found = {
        "name": client["title"] or "—",
        "identifier": identifier,
        "email": mail if EMAIL.fullmatch(mail) else None,
        "phone_number": phone if PHONE.fullmatch(phone) else None,
        "custom_attributes": {
            words.CODE: client["subscriber"] or "",
            "inn_pinfl": client["inn"] or "",
            "client_type": "owner" if client["is_parent"] else "user",
            **({"partner": client["served_by"]} if client["served_by"] else {}),
        },
        "additional_attributes": {name: value for name, value in additional.items() if value} or None,
    }
    return {name: value for name, value in found.items() if value is not None}

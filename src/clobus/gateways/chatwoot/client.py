"""The client of one Chatwoot account: contacts, conversations, messages (chatwoot.md §2.2-2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import httpx
import msgspec

from clobus.core.breaker import BreakerPolicy
from clobus.core.errors import BadAnswer, Missing, OutcomeUnknown, Refused
from clobus.core.http import Form, Http, RetryPolicy, open_client, timeouts
from clobus.gateways.chatwoot import verdict
from clobus.gateways.chatwoot.directory import ChatwootDirectory, Payload
from clobus.gateways.chatwoot.wire import SYSTEM, Attributes, Contact, Conversation, Message, Status, decode

PAGE = 25


class ConversationPage(msgspec.Struct):
    """A page of conversations, and how many there are in all."""

    rows: list[Conversation]
    all_count: int


class _Counts(msgspec.Struct):
    all_count: int = 0


class _ListData(msgspec.Struct):
    payload: list[Conversation]
    meta: _Counts


class _List(msgspec.Struct):
    data: _ListData


class _Created(msgspec.Struct):
    contact: Contact


def open_chatwoot(base_url: str, token: str, account_id: int, **options: Any) -> ChatwootClient:
    """Open an account with the token of an administrator; `base_url` is Chatwoot's root. Options: `connect_http`."""
    return ChatwootClient(connect_http(base_url, token, **options), account_id)


def connect_http(
    base_url: str,
    token: str,
    *,
    verify: bool | str | Path = True,
    connections: int = 8,
    connect: float = 5.0,
    read: float = 30.0,
    retry: RetryPolicy | None = None,
    breaker: BreakerPolicy | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Http:
    """Open Chatwoot's root with a token (account or platform); seconds for time-outs."""
    return open_client(
        SYSTEM,
        base_url,
        timeout=timeouts(connect, read),
        verify=verify,
        # Dashes, since nginx drops headers with underscores; Rack reads both the same (§1.1).
        headers={"api-access-token": token, "Accept": "application/json", "User-Agent": "clobus"},
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0),
        retry=retry,
        breaker=breaker,
        judge=verdict.judge,
        transport=transport,
    )


class ChatwootClient(ChatwootDirectory):
    """One account of Chatwoot. Every method raises a GatewayError of core/errors.py."""

    async def search_contacts(self, text: str) -> list[Contact]:
        """Contacts that contain a text; throttled by Chatwoot at 100 a minute."""
        return await self._read_payload("contacts/search", list[Contact], {"q": text})

    async def filter_contacts(self, key: str, value: str | int) -> list[Contact]:
        """Contacts whose standard attribute equals a value: identifier, email, phone_number, name (§2.3.4)."""
        response = await self._send("POST", "contacts/filter", _equal(key, value), repeatable=True)
        return decode(decode(response.content, Payload).payload, list[Contact])

    async def contact_by_identifier(self, identifier: str) -> Contact | None:
        """The contact with our identifier, or None."""
        found = await self.filter_contacts("identifier", identifier)
        return next((contact for contact in found if contact.identifier == identifier), None)

    async def contact(self, contact_id: int) -> Contact:
        """One contact; Missing when there is none."""
        return await self._read_payload(f"contacts/{contact_id}", Contact)

    async def create_contact(
        self,
        name: str,
        *,
        inbox_id: int,
        source_id: str | None = None,
        identifier: str | None = None,
        email: str | None = None,
        phone_number: str | None = None,
        custom_attributes: Attributes | None = None,
        additional_attributes: Attributes | None = None,
    ) -> Contact:
        """Create a contact with an address in an inbox, sent once; Chatwoot makes up a `source_id` that is not given.

        Refused when identifier, e-mail or phone is in use (`data["attributes"]`), OutcomeUnknown on a lost answer
        (see `contact_by_identifier`).
        """
        body = _given(
            name=name, inbox_id=inbox_id, source_id=source_id, identifier=identifier, email=email,
            phone_number=phone_number, custom_attributes=custom_attributes, additional_attributes=additional_attributes,
        )  # fmt: skip
        response = await self._send("POST", "contacts", body)
        try:
            return decode(decode(response.content, Payload).payload, _Created).contact
        except BadAnswer as exc:
            raise _unread(exc) from exc

    async def update_contact(self, contact_id: int, **changes: Any) -> Contact:
        """Change members of a contact; attributes are merged by Chatwoot, unlike a conversation's."""
        response = await self._send("PUT", f"contacts/{contact_id}", changes, repeatable=True)
        return decode(decode(response.content, Payload).payload, Contact)

    async def ensure_contact_inbox(self, contact_id: int, inbox_id: int, source_id: str) -> None:
        """Give a contact its address in an inbox; harmless when it has it already."""
        body = {"inbox_id": inbox_id, "source_id": source_id}
        await self._send("POST", f"contacts/{contact_id}/contact_inboxes", body, repeatable=True)

    async def contact_by_source(self, inbox_id: int, source_id: str) -> Contact | None:
        """The contact behind an address in an inbox, or None (an explicit 404 with an empty body)."""
        body = {"inbox_id": inbox_id, "source_id": source_id}
        try:
            response = await self._send("POST", "contact_inboxes/filter", body, repeatable=True)
        except Missing:
            return None
        return decode(response.content, Contact)

    async def contact_conversations(self, contact_id: int) -> list[Conversation]:
        """The newest 20 conversations of a contact: the probe after a lost creation."""
        return await self._read_payload(f"contacts/{contact_id}/conversations", list[Conversation])

    async def conversations(
        self, page: int = 1, *, status: Status | Literal["all"] = "all", inbox_id: int | None = None
    ) -> ConversationPage:
        """A page of 25 in order of creation, which new activity does not shuffle."""
        params = _given(status=status, sort_by="created_at_asc", page=page, inbox_id=inbox_id)
        data = (await self._read("conversations", _List, params)).data
        return ConversationPage(data.payload, data.meta.all_count)

    async def updated_within(self, seconds: int) -> list[Conversation]:
        """All conversations that changed within so many seconds: one answer without pages (§1.4)."""
        params: dict[str, str | int] = {"status": "all", "updated_within": seconds}
        return (await self._read("conversations", _List, params)).data.payload

    async def filter_by_attribute(self, key: str, value: str | int, page: int = 1) -> list[Conversation]:
        """Conversations whose custom attribute equals a value, newest activity first; Refused when not defined."""
        response = await self._send(
            "POST", "conversations/filter", _equal(key, value), repeatable=True, params={"page": page}
        )
        rows = decode(decode(response.content, Payload).payload, list[Conversation])
        return [row for row in rows if row.custom_attributes.get(key) == value]

    async def conversation(self, conversation_id: int) -> Conversation:
        """One conversation by its number; Missing when there is none."""
        return await self._read(f"conversations/{conversation_id}", Conversation)

    async def create_conversation(
        self,
        *,
        source_id: str,
        inbox_id: int,
        contact_id: int,
        status: Status = "open",
        custom_attributes: Attributes | None = None,
        additional_attributes: Attributes | None = None,
        assignee_id: int | None = None,
        team_id: int | None = None,
        message: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """Create a conversation, sent once: OutcomeUnknown on a lost answer (look into `contact_conversations`).

        `source_id` is the contact's address in the inbox; without it each call would make a new one (§2.3.1).
        """
        body = _given(
            source_id=source_id, inbox_id=inbox_id, contact_id=contact_id, status=status,
            custom_attributes=custom_attributes, additional_attributes=additional_attributes,
            assignee_id=assignee_id, team_id=team_id, message=message,
        )  # fmt: skip
        response = await self._send("POST", "conversations", body)
        try:
            return decode(response.content, Conversation)
        except BadAnswer as exc:
            raise _unread(exc) from exc

    async def toggle_status(self, conversation_id: int, status: Status) -> None:
        """Set the status, always an explicit one, so that a repeat is harmless."""
        await self._send("POST", f"conversations/{conversation_id}/toggle_status", {"status": status}, repeatable=True)

    async def assign_agent(self, conversation_id: int, agent_id: int | None) -> None:
        """Assign an agent, None takes it from whoever has it. Refused when nobody was assigned: Chatwoot answers
        an unknown id with 200 and unassigns (§2.3.3).
        """
        body = {"assignee_id": agent_id or 0}
        response = await self._send("POST", f"conversations/{conversation_id}/assignments", body, repeatable=True)
        if agent_id and response.content.strip() in (b"", b"null"):
            raise Refused(SYSTEM, f"agent {agent_id} is unknown: nobody has it now", code="chatwoot.unknown_agent")

    async def assign_team(self, conversation_id: int, team_id: int | None) -> None:
        """Assign a team, None takes it away. An agent outside it loses the conversation: team first, then agent."""
        body = {"team_id": team_id or 0}
        response = await self._send("POST", f"conversations/{conversation_id}/assignments", body, repeatable=True)
        if team_id and response.content.strip() in (b"", b"null"):
            raise Refused(SYSTEM, f"team {team_id} is unknown", code="chatwoot.unknown_team")

    async def set_custom_attributes(self, conversation_id: int, attributes: Attributes) -> Attributes:
        """Replace all custom attributes: read, merge, then call this (§2.3.3)."""
        body = {"custom_attributes": attributes}
        response = await self._send("POST", f"conversations/{conversation_id}/custom_attributes", body, repeatable=True)
        return decode(response.content, dict[str, Attributes]).get("custom_attributes", {})

    async def conversation_labels(self, conversation_id: int) -> list[str]:
        """Labels of a conversation."""
        return await self._read_payload(f"conversations/{conversation_id}/labels", list[str])

    async def set_conversation_labels(self, conversation_id: int, labels: Sequence[str]) -> list[str]:
        """Replace all labels of a conversation."""
        path = f"conversations/{conversation_id}/labels"
        response = await self._send("POST", path, {"labels": list(labels)}, repeatable=True)
        return decode(decode(response.content, Payload).payload, list[str])

    async def messages(
        self, conversation_id: int, *, after: int | None = None, before: int | None = None
    ) -> list[Message]:
        """Messages oldest first: the newest 20, up to 100 `after` an id, 20 `before` one (§1.4)."""
        params = _given(after=after, before=before)
        return await self._read_payload(f"conversations/{conversation_id}/messages", list[Message], params)

    async def find_message(self, conversation_id: int, source_id: str, *, after: int = 0) -> Message | None:
        """Look for a message by our `source_id` among those after an id: the probe after a lost creation."""
        while True:
            batch = await self.messages(conversation_id, after=after)
            for message in batch:
                if message.source_id == source_id:
                    return message
            newest = max((message.id for message in batch), default=after)
            if newest <= after:
                return None
            after = newest

    async def create_message(
        self,
        conversation_id: int,
        content: str,
        *,
        message_type: Literal["incoming", "outgoing"] = "outgoing",
        private: bool = False,
        source_id: str | None = None,
        content_attributes: Attributes | None = None,
    ) -> Message:
        """Write a message, sent once: OutcomeUnknown on a lost answer (see `find_message`).

        `incoming` speaks as the conversation's contact (API inboxes only). `source_id` is stored, not unique.
        """
        body = _given(
            content=content, message_type=message_type, private=private, source_id=source_id,
            content_attributes=content_attributes,
        )  # fmt: skip
        response = await self._send("POST", f"conversations/{conversation_id}/messages", body)
        try:
            return decode(response.content, Message)
        except BadAnswer as exc:
            raise _unread(exc) from exc

    async def create_file_message(
        self,
        conversation_id: int,
        file: IO[bytes],
        *,
        name: str,
        media_type: str,
        content: str | None = None,
        message_type: Literal["incoming", "outgoing"] = "outgoing",
        source_id: str,
    ) -> Message:
        """Write a message with a file, sent once: OutcomeUnknown on a lost answer (see `find_message`; §2.4)."""
        fields = _given(content=content, message_type=message_type, private="false", source_id=source_id)
        response = await self.http.request(
            "POST",
            f"{self._root}conversations/{conversation_id}/messages",
            form=Form(fields, [("attachments[]", (name, file, media_type))]),
        )
        try:
            return decode(response.content, Message)
        except BadAnswer as exc:
            raise _unread(exc) from exc

    async def set_message_status(self, conversation_id: int, message_id: int, status: str, error: str = "") -> None:
        """Report what became of a message at its receiver: sent, delivered, read or failed (API inboxes, §2.4)."""
        body = _given(status=status, external_error=error or None)
        await self._send("PATCH", f"conversations/{conversation_id}/messages/{message_id}", body, repeatable=True)


def _equal(key: str, value: str | int) -> dict[str, Any]:
    return {"payload": [{"attribute_key": key, "filter_operator": "equal_to", "values": [value]}]}


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _unread(exc: BadAnswer) -> OutcomeUnknown:
    return OutcomeUnknown(SYSTEM, f"done, but the answer is unreadable: {exc.text}", status=exc.status)

"""Indexes over conversations and contacts of one account, so that lists and look-ups stay quick."""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass, field

from clobus_twins.chatwoot.model import Contact, ContactInbox, Conversation

NUMBER_KEY = "number_con"


@dataclass(slots=True)
class ConversationIndex:
    """Conversations of an account by number, creation time, status, assignee, inbox, contact and `number_con`."""

    rows: dict[int, Conversation] = field(default_factory=dict)
    by_display_id: dict[int, Conversation] = field(default_factory=dict)
    created: list[tuple[float, int]] = field(default_factory=list)
    by_status: dict[str, dict[int, Conversation]] = field(default_factory=lambda: defaultdict(dict))
    by_assignee: dict[int | None, dict[int, Conversation]] = field(default_factory=lambda: defaultdict(dict))
    by_inbox: dict[int, dict[int, Conversation]] = field(default_factory=lambda: defaultdict(dict))
    by_contact: dict[int, dict[int, Conversation]] = field(default_factory=lambda: defaultdict(dict))
    by_number: dict[str, dict[int, Conversation]] = field(default_factory=lambda: defaultdict(dict))
    keys: dict[int, tuple[str, int | None, int, int, str | None]] = field(default_factory=dict)
    version: int = 0

    def put(self, row: Conversation) -> None:
        """Add a conversation or note its changes."""
        self.version += 1
        number = row.custom_attributes.get(NUMBER_KEY)
        keys = (row.status, row.assignee_id, row.inbox_id, row.contact_id, number if isinstance(number, str) else None)
        old = self.keys.get(row.id)
        if old == keys:
            return
        if old is None:
            self.rows[row.id] = row
            self.by_display_id[row.display_id] = row
            stamp = (row.created_at, row.id)
            if not self.created or self.created[-1] <= stamp:
                self.created.append(stamp)
            else:
                bisect.insort(self.created, stamp)
        else:
            self._leave(row.id, old)
        self.keys[row.id] = keys
        self.by_status[keys[0]][row.id] = row
        self.by_assignee[keys[1]][row.id] = row
        self.by_inbox[keys[2]][row.id] = row
        self.by_contact[keys[3]][row.id] = row
        if keys[4] is not None:
            self.by_number[keys[4]][row.id] = row

    def drop(self, row: Conversation) -> None:
        """Forget a conversation."""
        self.version += 1
        old = self.keys.pop(row.id, None)
        if old is None:
            return
        self._leave(row.id, old)
        del self.rows[row.id], self.by_display_id[row.display_id]
        self.created.remove((row.created_at, row.id))

    def _leave(self, pk: int, old: tuple[str, int | None, int, int, str | None]) -> None:
        self.by_status[old[0]].pop(pk, None)
        self.by_assignee[old[1]].pop(pk, None)
        self.by_inbox[old[2]].pop(pk, None)
        self.by_contact[old[3]].pop(pk, None)
        if old[4] is not None:
            self.by_number[old[4]].pop(pk, None)


@dataclass(slots=True)
class ContactIndex:
    """Contacts of an account by e-mail, phone and identifier."""

    by_email: dict[str, Contact] = field(default_factory=dict)
    by_phone: dict[str, Contact] = field(default_factory=dict)
    by_identifier: dict[str, Contact] = field(default_factory=dict)
    keys: dict[int, tuple[str | None, str | None, str | None]] = field(default_factory=dict)

    def put(self, row: Contact) -> None:
        """Add a contact or note its changes."""
        self.drop(row)
        self.keys[row.id] = (row.email, row.phone_number, row.identifier)
        if row.email:
            self.by_email[row.email.lower()] = row
        if row.phone_number:
            self.by_phone[row.phone_number] = row
        if row.identifier:
            self.by_identifier[row.identifier] = row

    def drop(self, row: Contact) -> None:
        """Forget a contact."""
        email, phone, identifier = self.keys.pop(row.id, (None, None, None))
        if email:
            self.by_email.pop(email.lower(), None)
        if phone:
            self.by_phone.pop(phone, None)
        if identifier:
            self.by_identifier.pop(identifier, None)


@dataclass(slots=True)
class SourceIndex:
    """Contact inboxes by (inbox, source id) and by contact."""

    by_source: dict[tuple[int, str], ContactInbox] = field(default_factory=dict)
    by_contact: dict[int, dict[int, ContactInbox]] = field(default_factory=lambda: defaultdict(dict))
    keys: dict[int, tuple[int, str, int]] = field(default_factory=dict)

    def put(self, row: ContactInbox) -> None:
        """Add a contact inbox or note that it moved to another contact."""
        self.drop(row)
        self.keys[row.id] = (row.inbox_id, row.source_id, row.contact_id)
        self.by_source[row.inbox_id, row.source_id] = row
        self.by_contact[row.contact_id][row.id] = row

    def drop(self, row: ContactInbox) -> None:
        """Forget a contact inbox."""
        old = self.keys.pop(row.id, None)
        if old is not None:
            self.by_source.pop(old[:2], None)
            self.by_contact[old[2]].pop(row.id, None)

"""Making conversations and the addresses they need (chatwoot.md §2.3.1)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import activity, model
from clobus_twins.chatwoot.call import Problem, crashed
from clobus_twins.chatwoot.seeding import new_token

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work


def address(
    work: Work, contact: model.Contact, inbox: model.Inbox, source_id: str | None, *, verified: bool = False
) -> model.ContactInbox:
    """The contact's address in the inbox, made when there is none; a random source id when none is given."""
    source_id = source_id or str(uuid.uuid4())
    found = work.store.sources.by_source.get((inbox.id, source_id))
    if found is not None:
        if found.contact_id != contact.id:
            raise Problem(422, {"error": "source_id should be unique"})
        return found
    made = model.ContactInbox(
        contact_id=contact.id,
        inbox_id=inbox.id,
        source_id=source_id,
        hmac_verified=verified,
        pubsub_token=new_token(),
    )
    return work.store.add(made)


def create(work: Work, place: model.ContactInbox, values: dict[str, Any]) -> tuple[model.Conversation, bool]:
    """A new conversation, or with `lock_to_single_conversation` the last one; True when it is new."""
    store = work.store
    inbox, contact = store.inboxes.rows[place.inbox_id], store.contacts.rows[place.contact_id]
    if inbox.lock_to_single_conversation and (last := last_of(work, place)):
        return last, False
    if values.get("status", "open") not in model.STATUSES:
        raise crashed()
    account = store.accounts.rows[inbox.account_id]
    account.last_display_id += 1
    store.put(account)
    now = store.now()
    row = model.Conversation(
        account_id=account.id,
        display_id=account.last_display_id,
        uuid=str(uuid.uuid4()),
        inbox_id=inbox.id,
        contact_id=contact.id,
        contact_inbox_id=place.id,
        created_at=now,
        last_activity_at=now,
        waiting_since=now,
    )
    for key, value in values.items():
        setattr(row, key, value)
    _settle(work, row, inbox, contact)
    store.add(row)
    work.created.add(row.id)
    work.emit("conversation_created", row)
    given = {key: (None, getattr(row, key)) for key in ("team_id", "assignee_id") if getattr(row, key)}
    activity.assigned(work, row, given)
    work.twin.run_rules(work, row, "conversation_created")
    if row.status == "open":
        work.twin.auto_assign(work, row)
    return row, True


def _settle(work: Work, row: model.Conversation, inbox: model.Inbox, contact: model.Contact) -> None:
    if contact.blocked:
        row.status = "resolved"
    elif inbox.agent_bot_id is not None:
        row.status = "pending"
    if row.status != "snoozed":
        row.snoozed_until = None
    team = work.store.teams.rows.get(row.team_id or 0)
    if team is not None:
        if row.assignee_id not in team.members:
            row.assignee_id = None
        if row.assignee_id is None and team.allow_auto_assign:
            row.assignee_id = work.twin.online_member(row, team.members)
    if row.assignee_id and work.twin.assignable(row, row.assignee_id):
        row.participants = [row.assignee_id]


def last_of(work: Work, place: model.ContactInbox) -> model.Conversation | None:
    """The last conversation of an address."""
    index = work.store.conversation_index[work.store.inboxes.rows[place.inbox_id].account_id]
    rows = [row for row in index.by_contact[place.contact_id].values() if row.contact_inbox_id == place.id]
    return max(rows, key=lambda row: row.id, default=None)

"""Bodies of webhooks (chatwoot.md §5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.times import epoch, iso

if TYPE_CHECKING:
    from clobus_twins.chatwoot.twin import Twin

Json = dict[str, Any]


def account(twin: Twin, account_id: int) -> Json:
    """The account of every payload."""
    return {"id": account_id, "name": twin.store.accounts.rows[account_id].name}


def inbox(row: model.Inbox) -> Json:
    """The inbox of a message's payload."""
    return {"id": row.id, "name": row.name}


def contact(twin: Twin, row: model.Contact) -> Json:
    """A contact's payload."""
    return {
        "account": account(twin, row.account_id),
        "additional_attributes": row.additional_attributes,
        "avatar": "",
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
    }


def user(row: model.User) -> Json:
    """An agent's payload."""
    return {"id": row.id, "name": row.name, "email": row.email, "type": "user"}


def contact_inbox(row: model.ContactInbox) -> Json:
    """The raw row of a contact's address; its pubsub_token is a secret of the customer."""
    return {
        "id": row.id,
        "contact_id": row.contact_id,
        "inbox_id": row.inbox_id,
        "source_id": row.source_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "hmac_verified": row.hmac_verified,
        "pubsub_token": row.pubsub_token,
    }


def conversation(twin: Twin, row: model.Conversation) -> Json:
    """A conversation's payload without event and changed_attributes."""
    store = twin.store
    address = store.contact_inboxes.rows[row.contact_inbox_id]
    assignee: Json | None = None
    assignee_type = None
    if bot := store.agent_bots.rows.get(row.assignee_agent_bot_id or 0):
        assignee, assignee_type = render.slim_bot(bot), "AgentBot"
    elif person := store.users.rows.get(row.assignee_id or 0):
        assignee, assignee_type = render.push_user(twin, row.account_id, person), "User"
    team = store.teams.rows.get(row.team_id or 0)
    latest = render.last_of(twin, row, activity=False, private=False)
    return {
        "additional_attributes": row.additional_attributes,
        "can_reply": render.can_reply(twin, row),
        "channel": "Channel::Api",
        "contact_inbox": contact_inbox(address),
        "id": row.display_id,
        "inbox_id": row.inbox_id,
        "messages": [render.push_message(twin, latest, row)] if latest else [],
        "labels": list(row.labels),
        "meta": {
            "sender": render.push_contact(store.contacts.rows[row.contact_id]),
            "assignee": assignee,
            "assignee_type": assignee_type,
            "team": {"id": team.id, "name": team.name} if team else None,
            "hmac_verified": address.hmac_verified,
        },
        "status": row.status,
        "custom_attributes": row.custom_attributes,
        "snoozed_until": iso(row.snoozed_until),
        "unread_count": render.unread_count(twin, row),
        "first_reply_created_at": iso(row.first_reply_created_at),
        "priority": row.priority,
        "waiting_since": epoch(row.waiting_since),
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "last_activity_at": epoch(row.last_activity_at),
        "timestamp": epoch(row.last_activity_at),
        "created_at": epoch(row.created_at),
        "updated_at": row.updated_at,
        "account": account(twin, row.account_id),
    }


def message(twin: Twin, row: model.Message) -> Json:
    """A message's payload without event."""
    store = twin.store
    parent = store.conversations.rows[row.conversation_id]
    out: Json = {
        "account": account(twin, row.account_id),
        "additional_attributes": row.additional_attributes,
        "content_attributes": row.content_attributes,
        "content_type": row.content_type,
        "content": _content(twin, row, parent),
        "conversation": conversation(twin, parent),
        "created_at": iso(row.created_at),
        "id": row.id,
        "inbox": inbox(store.inboxes.rows[row.inbox_id]),
        "message_type": model.MESSAGE_TYPE_NAMES[row.message_type],
        "private": row.private,
        "sender": _sender(twin, row),
        "source_id": row.source_id,
    }
    if row.attachments:
        out["attachments"] = [render.attachment(twin, row, one) for one in row.attachments]
    return out


def _content(twin: Twin, row: model.Message, parent: model.Conversation) -> str | None:
    if row.content_type == "input_csat":
        link = f"{twin.base_url}/survey/responses/{parent.uuid}"
        own = twin.store.inboxes.rows[row.inbox_id].csat_config.get("message")
        return f"{own} {link}" if own else f"Please rate this conversation, {link}"
    return row.content.replace("\\\n", "\n").rstrip("\n") if row.content else row.content


def _sender(twin: Twin, row: model.Message) -> Json | None:
    store = twin.store
    if row.sender_type == "User" and (person := store.users.rows.get(row.sender_id or 0)):
        return user(person)
    if row.sender_type == "Contact" and (customer := store.contacts.rows.get(row.sender_id or 0)):
        return contact(twin, customer)
    if row.sender_type == "AgentBot" and (bot := store.agent_bots.rows.get(row.sender_id or 0)):
        return {"id": bot.id, "name": bot.name, "type": "agent_bot"}
    return None

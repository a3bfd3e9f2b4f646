"""Objects as the REST interfaces show them (chatwoot.md §2.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.times import epoch, iso

if TYPE_CHECKING:
    from clobus_twins.chatwoot.twin import Twin

Json = dict[str, Any]


def presence(membership: model.AccountUser | None) -> str:
    """What `availability_status` reads: nobody has the dashboard open here, so auto_offline means offline."""
    if membership is None or membership.auto_offline:
        return "offline"
    return membership.availability


def agent(twin: Twin, account_id: int, user: model.User) -> Json:
    """An agent of an account."""
    membership = twin.store.membership_of(account_id, user.id)
    out = {
        "id": user.id,
        "account_id": account_id,
        "availability_status": presence(membership),
        "auto_offline": membership.auto_offline if membership else True,
        "confirmed": user.confirmed,
        "email": user.email,
        "provider": "email",
        "available_name": user.display_name or user.name,
        "name": user.name,
        "role": membership.role if membership else None,
        "thumbnail": "",
        "custom_role_id": None,
    }
    if user.custom_attributes:
        out["custom_attributes"] = user.custom_attributes
    return out


def slim_bot(bot: model.AgentBot) -> Json:
    """A bot where an assignee is expected."""
    return {
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "thumbnail": "",
        "outgoing_url": bot.outgoing_url if bot.account_id else None,
        "bot_type": bot.bot_type,
        "bot_config": bot.bot_config,
        "account_id": bot.account_id,
    }


def slim_inbox(inbox: model.Inbox) -> Json:
    """An inbox inside other objects."""
    return {
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.channel_id,
        "name": inbox.name,
        "channel_type": inbox.channel_type,
        "provider": None,
    }


def contact(twin: Twin, row: model.Contact, *, with_inboxes: bool = False) -> Json:
    """A contact of the Application API."""
    out: Json = {
        "additional_attributes": row.additional_attributes,
        "availability_status": "offline",
        "email": row.email,
        "id": row.id,
        "name": row.name,
        "phone_number": row.phone_number,
        "blocked": row.blocked,
        "identifier": row.identifier,
        "thumbnail": "",
        "custom_attributes": row.custom_attributes,
    }
    if row.last_activity_at is not None:
        out["last_activity_at"] = epoch(row.last_activity_at)
    out["created_at"] = epoch(row.created_at)
    if with_inboxes:
        inboxes = twin.store.inboxes.rows
        out["contact_inboxes"] = [
            {"source_id": one.source_id, "inbox": slim_inbox(inboxes[one.inbox_id])}
            for one in twin.store.sources.by_contact[row.id].values()
            if one.inbox_id in inboxes
        ]
    return out


def push_contact(row: model.Contact) -> Json:
    """A contact as a sender."""
    return {
        "additional_attributes": row.additional_attributes,
        "custom_attributes": row.custom_attributes,
        "email": row.email,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "phone_number": row.phone_number,
        "thumbnail": "",
        "blocked": row.blocked,
        "type": "contact",
    }


def raw_contact(row: model.Contact) -> Json:
    """The contact's row as the Public API leaks it."""
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "phone_number": row.phone_number,
        "account_id": row.account_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "additional_attributes": row.additional_attributes,
        "identifier": row.identifier,
        "custom_attributes": row.custom_attributes,
        "last_activity_at": iso(row.last_activity_at),
        "contact_type": row.contact_type,
        "middle_name": row.middle_name,
        "last_name": row.last_name,
        "location": row.location,
        "country_code": row.country_code,
        "blocked": row.blocked,
        "company_id": row.company_id,
        "label_list": row.labels,
    }


def push_user(twin: Twin, account_id: int, user: model.User) -> Json:
    """A user as a sender or an assignee of events."""
    return {
        "id": user.id,
        "name": user.name,
        "available_name": user.display_name or user.name,
        "avatar_url": "",
        "type": "user",
        "availability_status": presence(twin.store.membership_of(account_id, user.id)),
        "thumbnail": "",
    }


def sender(twin: Twin, row: model.Message) -> Json | None:
    """Who sent a message, None for activity and templates."""
    store = twin.store
    if row.sender_type == "User" and (user := store.users.rows.get(row.sender_id or 0)):
        return push_user(twin, row.account_id, user)
    if row.sender_type == "Contact" and (person := store.contacts.rows.get(row.sender_id or 0)):
        return push_contact(person)
    if row.sender_type == "AgentBot" and (bot := store.agent_bots.rows.get(row.sender_id or 0)):
        return {"id": bot.id, "name": bot.name, "avatar_url": "", "type": "agent_bot"}
    return None


def attachment(twin: Twin, row: model.Message, one: model.Attachment) -> Json:
    """A file of a message."""
    address = f"{twin.base_url}/rails/active_storage/blobs/redirect/{one.key}/{one.file_name}"
    return {
        "id": one.id,
        "message_id": row.id,
        "file_type": one.file_type,
        "account_id": row.account_id,
        "extension": one.file_name.rsplit(".", 1)[1] if "." in one.file_name else None,
        "content_type": one.content_type,
        "data_url": address,
        "thumb_url": address.replace("/blobs/redirect/", "/representations/redirect/", 1)
        if one.file_type == "image"
        else "",
        "file_size": one.file_size,
        "width": None,
        "height": None,
    }


def message(twin: Twin, row: model.Message, echo_id: Any = None) -> Json:
    """A message of the Application API."""
    out: Json = {"id": row.id, "content": row.content, "inbox_id": row.inbox_id}
    if echo_id is not None:
        out["echo_id"] = echo_id
    out |= {
        "conversation_id": twin.store.conversations.rows[row.conversation_id].display_id,
        "message_type": row.message_type,
        "content_type": row.content_type,
        "status": row.status,
        "content_attributes": row.content_attributes,
        "created_at": epoch(row.created_at),
        "private": row.private,
        "source_id": row.source_id,
    }
    if (who := sender(twin, row)) is not None:
        out["sender"] = who
    if row.attachments:
        out["attachments"] = [attachment(twin, row, one) for one in row.attachments]
    return out


def unread_count(twin: Twin, row: model.Conversation) -> int:
    """Incoming messages since the agents looked, ten at most."""
    count, seen = 0, row.agent_last_seen_at or 0
    for one in reversed(twin.store.messages_of.get(row.id, ())):
        if one.created_at <= seen:
            break
        if one.message_type == model.INCOMING:
            count += 1
            if count == 10:
                break
    return count


def push_message(twin: Twin, row: model.Message, conversation: model.Conversation) -> Json:
    """A message in push form: inside conversations and deliveries."""
    address = twin.store.contact_inboxes.rows[conversation.contact_inbox_id]
    out: Json = {
        "id": row.id,
        "content": row.content,
        "account_id": row.account_id,
        "inbox_id": row.inbox_id,
        "conversation_id": conversation.display_id,
        "message_type": row.message_type,
        "created_at": epoch(row.created_at),
        "updated_at": iso(row.updated_at),
        "private": row.private,
        "status": row.status,
        "source_id": row.source_id,
        "content_type": row.content_type,
        "content_attributes": row.content_attributes,
        "sender_type": row.sender_type,
        "sender_id": row.sender_id,
        "external_source_ids": {},
        "additional_attributes": row.additional_attributes,
        "processed_message_content": row.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee_id,
            "unread_count": unread_count(twin, conversation),
            "last_activity_at": epoch(conversation.last_activity_at),
            "contact_inbox": {"source_id": address.source_id},
        },
    }
    if row.attachments:
        out["attachments"] = [attachment(twin, row, one) for one in row.attachments]
    if (who := sender(twin, row)) is not None:
        out["sender"] = who
    return out


def can_reply(twin: Twin, row: model.Conversation) -> bool:
    """Whether the API channel's reply window is open (`agent_reply_time_window`, hours)."""
    window = twin.store.inboxes.rows[row.inbox_id].additional_attributes.get("agent_reply_time_window")
    if not window:
        return True
    incoming = [one for one in twin.store.messages_of.get(row.id, ()) if one.message_type == model.INCOMING]
    return bool(incoming) and incoming[-1].created_at > twin.store.now() - float(window) * 3600


def team(row: model.Team, user: model.User | None) -> Json:
    """A team."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "allow_auto_assign": row.allow_auto_assign,
        "account_id": row.account_id,
        "is_member": user is not None and user.id in row.members,
    }


def last_of(twin: Twin, row: model.Conversation, *, activity: bool, private: bool) -> model.Message | None:
    """The latest message, with or without activity lines and private notes."""
    for one in reversed(twin.store.messages_of.get(row.id, ())):
        if (activity or one.message_type != model.ACTIVITY) and (private or not one.private):
            return one
    return None


def conversation(twin: Twin, row: model.Conversation, user: model.User | None = None) -> Json:
    """A conversation of the Application API; `user` is who looks (teams say whether they are a member)."""
    store = twin.store
    address = store.contact_inboxes.rows[row.contact_inbox_id]
    meta: Json = {"sender": contact(twin, store.contacts.rows[row.contact_id]), "channel": "Channel::Api"}
    if bot := store.agent_bots.rows.get(row.assignee_agent_bot_id or 0):
        meta |= {"assignee": slim_bot(bot), "assignee_type": "AgentBot"}
    elif assignee := store.users.rows.get(row.assignee_id or 0):
        meta |= {"assignee": agent(twin, row.account_id, assignee), "assignee_type": "User"}
    if group := store.teams.rows.get(row.team_id or 0):
        meta["team"] = team(group, user)
    meta["hmac_verified"] = address.hmac_verified
    latest = last_of(twin, row, activity=True, private=True)
    spoken = last_of(twin, row, activity=False, private=True)
    return {
        "meta": meta,
        "id": row.display_id,
        "messages": [push_message(twin, latest, row)] if latest else [],
        "account_id": row.account_id,
        "uuid": row.uuid,
        "additional_attributes": row.additional_attributes,
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "assignee_last_seen_at": epoch(row.assignee_last_seen_at),
        "can_reply": can_reply(twin, row),
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "custom_attributes": row.custom_attributes,
        "inbox_id": row.inbox_id,
        "labels": row.labels,
        "muted": store.contacts.rows[row.contact_id].blocked,
        "snoozed_until": iso(row.snoozed_until),
        "status": row.status,
        "created_at": epoch(row.created_at),
        "updated_at": row.updated_at,
        "timestamp": epoch(row.last_activity_at),
        "first_reply_created_at": epoch(row.first_reply_created_at),
        "unread_count": unread_count(twin, row),
        "last_non_activity_message": push_message(twin, spoken, row) if spoken else None,
        "last_activity_at": epoch(row.last_activity_at),
        "priority": row.priority,
        "waiting_since": epoch(row.waiting_since),
        "sla_policy_id": None,
    }

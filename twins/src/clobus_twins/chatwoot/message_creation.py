"""What happens when a message is written (chatwoot.md §2.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clobus_twins.chatwoot import model, reporting
from clobus_twins.chatwoot.call import unprocessable

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work

CONTENT_TYPES = frozenset(
    [
        "text",
        "input_text",
        "input_textarea",
        "input_email",
        "input_select",
        "cards",
        "form",
        "article",
        "incoming_email",
        "input_csat",
        "integrations",
        "sticker",
        "voice_call",
    ]
)
LONGEST = 150_000
_ITEM_KEYS = {
    "input_select": ("title", "value"),
    "cards": ("title", "description", "media_url", "actions"),
    "form": tuple(
        ["type", "placeholder", "label", "name", "options", "default", "required", "pattern", "title", "pattern_error"]
    ),
    "article": ("title", "description", "link"),
}
_ACTION_KEYS = ("text", "type", "payload", "uri")


def ruby(value: Any) -> str:
    """A value as Ruby 3.4 inspects it: what becomes of an object where a text was expected."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{ruby(key)} => {ruby(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(ruby(one) for one in value) + "]"
    if value is None:
        return "nil"
    return json.dumps(value, ensure_ascii=False)


def text(value: Any) -> str | None:
    """The content of a message out of whatever JSON was given."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    return ruby(value) if isinstance(value, dict | list) else str(value)


def check(message: model.Message) -> None:
    """Model validations; 422 with `error`, as all errors of this endpoint."""
    if message.content is not None and len(message.content) > LONGEST:
        raise unprocessable(f"Validation failed: Content is too long (maximum is {LONGEST} characters)")
    keys = _ITEM_KEYS.get(message.content_type)
    if keys is None:
        return
    items = message.content_attributes.get("items")
    if not items:
        raise unprocessable("Validation failed: Content attributes At least one item is required.")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unprocessable("Validation failed: Content attributes Items should be a hash.")
    if wrong := _foreign(items, keys):
        raise unprocessable(f"Validation failed: Content attributes contains invalid keys for items : {wrong}")
    if message.content_type == "cards":
        _check_actions(items)


def _check_actions(items: list[dict[str, Any]]) -> None:
    if any(not item.get("actions") for item in items):
        raise unprocessable("Validation failed: Content attributes contains items missing actions")
    actions = [action for item in items for action in item["actions"] if isinstance(action, dict)]
    if wrong := _foreign(actions, _ACTION_KEYS):
        raise unprocessable(f"Validation failed: Content attributes contains invalid keys for actions:  {wrong}")


def _foreign(items: Iterable[dict[str, Any]], keys: tuple[str, ...]) -> str:
    wrong = [key for item in items for key in item if key not in keys]
    return "[" + ", ".join(f":{key}" for key in wrong) + "]" if wrong else ""


def create(work: Work, row: model.Conversation, message: model.Message) -> model.Message:
    """Write a message with everything that follows from it, in the order of the original."""
    check(message)
    limit = work.twin.settings.messages_per_minute
    since = work.store.now() - 60
    recent = work.store.messages_of[row.id][-limit:]
    if len(recent) >= limit and recent[0].created_at > since:
        raise unprocessable("Validation failed: Too many messages")
    _link_reply(work, message)
    work.store.add(message)
    _reopen(work, row, message)
    row.last_activity_at = message.created_at
    work.store.touch(row)
    work.freeze()
    work.emit("message_created", message)
    _bookkeeping(work, row, message)
    work.twin.run_rules(work, row, "message_created", message=message)
    work.defer(lambda: _templates(work, row, message))
    if message.sender_type == "Contact" and (person := work.store.contacts.rows.get(message.sender_id or 0)):
        work.change_contact(person, last_activity_at=work.store.now())
    return message


def _link_reply(work: Work, message: model.Message) -> None:
    wanted = message.content_attributes.get("in_reply_to")
    external = message.content_attributes.get("in_reply_to_external_id")
    if not wanted and not external:
        return
    rows = work.store.messages_of.get(message.conversation_id, ())
    found = next((one for one in rows if (str(one.id) == str(wanted) if wanted else one.source_id == external)), None)
    message.content_attributes = message.content_attributes | {
        "in_reply_to": found.id if found else None,
        "in_reply_to_external_id": found.source_id if found else None,
    }


def _reopen(work: Work, row: model.Conversation, message: model.Message) -> None:
    """An incoming message opens a resolved or snoozed conversation unless the contact is blocked (§2.3.3)."""
    if message.message_type != model.INCOMING or work.store.contacts.rows[row.contact_id].blocked:
        return
    inbox = work.store.inboxes.rows[row.inbox_id]
    if row.status == "snoozed":
        work.change(row, status="open")
    elif row.status == "resolved" and inbox.agent_bot_id:
        work.change(row, status="pending")
    elif row.status == "resolved":
        work.reopened_by_contact = True  # of all three only this line names the system
        work.change(row, status="open")
        work.reopened_by_contact = False


def _human(message: model.Message) -> bool:
    return (
        message.message_type == model.OUTGOING
        and message.sender_type == "User"
        and not message.content_attributes.get("automation_rule_id")
        and not message.additional_attributes.get("campaign_id")
    )


def _bookkeeping(work: Work, row: model.Conversation, message: model.Message) -> None:
    """First reply, waiting_since."""
    if message.private and message.message_type == model.OUTGOING:
        return
    human, now = _human(message), message.created_at
    if human and row.first_reply_created_at is None:
        reporting.note(work, row, "first_response", now - row.created_at, message.sender_id)
        work.change(row, first_reply_created_at=now, waiting_since=None)
    elif human and row.waiting_since is not None:
        reporting.note(work, row, "reply_time", now - row.waiting_since, message.sender_id)
        work.change(row, waiting_since=None)
    elif message.message_type == model.OUTGOING and message.sender_type == "AgentBot":
        work.change(row, waiting_since=None)
    elif message.message_type == model.INCOMING and row.waiting_since is None:
        work.change(row, waiting_since=now)


def _templates(work: Work, row: model.Conversation, message: model.Message) -> None:
    """Out-of-office answer and greeting."""
    inbox = work.store.inboxes.rows[row.inbox_id]
    messages = work.store.messages_of[row.id]
    if not any(one.message_type == model.INCOMING for one in messages):
        return
    spoken = [one for one in messages if one.message_type in (model.OUTGOING, model.TEMPLATE)]
    if message.message_type == model.INCOMING and _office_is_closed(work, inbox, spoken):
        _template(work, row, inbox.out_of_office_message or "")
    if not spoken and inbox.greeting_enabled and inbox.greeting_message:
        _template(work, row, inbox.greeting_message)


def _template(work: Work, row: model.Conversation, content: str) -> None:
    line = model.Message(
        account_id=row.account_id,
        inbox_id=row.inbox_id,
        conversation_id=row.id,
        content=content,
        message_type=model.TEMPLATE,
    )
    work.store.add(line)
    row.last_activity_at = line.created_at
    work.store.touch(row)
    work.emit("message_created", line)


def _office_is_closed(work: Work, inbox: model.Inbox, spoken: list[model.Message]) -> bool:
    if not inbox.working_hours_enabled or not inbox.out_of_office_message:
        return False
    now = work.store.now()
    try:
        local = datetime.fromtimestamp(now, ZoneInfo(inbox.timezone))
    except ZoneInfoNotFoundError:
        local = datetime.fromtimestamp(now, UTC)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    if any(one.message_type == model.TEMPLATE and one.created_at >= midnight for one in spoken):
        return False
    if any(one.sender_type == "User" and not one.private and one.created_at > now - 300 for one in spoken):
        return False
    return not open_now(inbox, local)


def open_now(inbox: model.Inbox, local: datetime) -> bool:
    """True within the working hours of the inbox; Sunday = 0."""
    day = next((one for one in inbox.working_hours if one["day_of_week"] == local.isoweekday() % 7), None)
    if day is None or day.get("open_all_day"):
        return True
    if day.get("closed_all_day"):
        return False
    minute = local.hour * 60 + local.minute
    opens = int(day["open_hour"] or 0) * 60 + int(day["open_minutes"] or 0)
    closes = int(day["close_hour"] or 0) * 60 + int(day["close_minutes"] or 0)
    return opens <= minute <= closes

"""Messages of the Application API (chatwoot.md §2.4)."""

from __future__ import annotations

import json
from typing import Any

from clobus_twins.chatwoot import blobs, message_creation, model, render
from clobus_twins.chatwoot.call import Call, File, Problem, missing, truthy, unprocessable
from clobus_twins.chatwoot.times import iso

STATUSES = ("sent", "delivered", "read", "failed")
_SEVERAL = 15


def index(call: Call) -> Any:
    """`GET messages`: 20 newest, or by `before` and `after`."""
    row = call.conversation()
    contact = call.store.contacts.rows[row.contact_id]
    meta: dict[str, Any] = {
        "labels": row.labels,
        "additional_attributes": row.additional_attributes,
        "contact": render.push_contact(contact),
    }
    if assignee := call.store.users.rows.get(row.assignee_id or 0):
        meta["assignee"] = render.push_user(call.twin, row.account_id, assignee)
    meta["agent_last_seen_at"] = iso(row.agent_last_seen_at)
    meta["assignee_last_seen_at"] = iso(row.assignee_last_seen_at)
    rows = call.store.messages_of.get(row.id, [])
    if truthy(call.params.get("filter_internal_messages")):
        rows = [one for one in rows if not one.private and one.message_type != model.ACTIVITY]
    return {"meta": meta, "payload": [render.message(call.twin, one) for one in window(call, rows)]}


def window(call: Call, rows: list[model.Message]) -> list[model.Message]:
    """The part of the messages that was asked for (chatwoot.md §1.4)."""
    before, after = call.number("before"), call.number("after")
    if after is not None and before is not None:
        return [one for one in rows if after <= one.id < before][:1000]
    if before is not None:
        return [one for one in rows if one.id < before][-20:]
    if after is not None:
        return [one for one in rows if one.id > after][:100]
    return rows[-20:]


def build(call: Call, row: model.Conversation, params: dict[str, Any]) -> model.Message:
    """A message out of the parameters of a request; 422 with `error` when they are wrong."""
    kind = str(params.get("message_type") or "outgoing")
    if kind not in model.MESSAGE_TYPES:
        raise unprocessable(f"'{kind}' is not a valid message_type")
    content_type = str(params.get("content_type") or "text")
    if content_type not in message_creation.CONTENT_TYPES:
        raise unprocessable(f"'{content_type}' is not a valid content_type")
    attributes = _attributes(params.get("content_attributes"))
    if params.get("external_created_at") is not None:
        attributes["external_created_at"] = params["external_created_at"]
    message = model.Message(
        account_id=row.account_id,
        inbox_id=row.inbox_id,
        conversation_id=row.id,
        content=message_creation.text(params.get("content")),
        message_type=model.MESSAGE_TYPES[kind],
        content_type=content_type,
        content_attributes=attributes,
        private=truthy(params.get("private")),
        source_id=None if params.get("source_id") is None else str(params["source_id"]),
    )
    if params.get("campaign_id"):
        message.additional_attributes = {"campaign_id": params["campaign_id"]}
    if params.get("template_params"):
        message.additional_attributes = message.additional_attributes | {"template_params": params["template_params"]}
    message.sender_type, message.sender_id = _sender(call, row, message, params)
    message.attachments = attachments(call, params)
    return message


def _attributes(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return {}
    return dict(given) if isinstance(given, dict) else {}


def _sender(
    call: Call, row: model.Conversation, message: model.Message, params: dict[str, Any]
) -> tuple[str | None, int | None]:
    if message.message_type != model.OUTGOING:
        return "Contact", row.contact_id
    if params.get("sender_type") == "AgentBot":
        bot = call.store.agent_bots.get(params.get("sender_id"))
        if bot is not None and bot.account_id in (None, row.account_id):
            return "AgentBot", bot.id
    if call.bot is not None:
        return "AgentBot", call.bot.id
    return ("User", call.user.id) if call.user else (None, None)


def attachments(call: Call, params: dict[str, Any]) -> list[model.Attachment]:
    """The files of a request: uploaded now, or before (signed ids)."""
    given = params.get("attachments")
    items = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else []
    if len(items) > _SEVERAL:
        raise unprocessable(f"Validation failed: Attachments exceeded maximum allowed ({_SEVERAL})")
    out = []
    for item in items:
        if isinstance(item, File):
            out.append(blobs.keep(call.store, item))
        elif isinstance(item, str) and item:
            out.append(blobs.by_key(call.store, item))
    return out


def create(call: Call) -> Any:
    """`POST messages`."""
    row = call.conversation()
    message = message_creation.create(call.work, row, build(call, row, call.params))
    return render.message(call.twin, message, call.params.get("echo_id"))


def _message(call: Call) -> tuple[model.Conversation, model.Message]:
    row = call.conversation()
    message = call.store.messages.get(call.path["id"])
    if message is None or message.conversation_id != row.id:
        raise missing()
    return row, message


def update(call: Call) -> Any:
    """`PATCH messages/{id}`: delivery status, API inboxes only; read does not go back to delivered."""
    row, message = _message(call)
    if call.store.inboxes.rows[row.inbox_id].channel_type != "Channel::Api":
        raise Problem(403, {"error": "Message status update is only allowed for API inboxes"})
    status = call.params.get("status")
    if status not in STATUSES or (message.status == "read" and status == "delivered"):
        return render.message(call.twin, message)
    _deliver(call, message, str(status), call.params.get("external_error"))
    return render.message(call.twin, message)


def _deliver(call: Call, message: model.Message, status: str, error: Any = None) -> None:
    """Set the delivery status; the error of a failure is kept, and null once there was one (it is no key before)."""
    error = error if status == "failed" else None
    attributes = message.content_attributes
    if attributes.get("external_error") != error:
        attributes = attributes | {"external_error": error}
    save(call, message, status=status, content_attributes=attributes)


def save(call: Call, message: model.Message, **values: Any) -> None:
    """Change a message and announce it when something changed."""
    if all(getattr(message, key) == value for key, value in values.items()):
        return
    for key, value in values.items():
        setattr(message, key, value)
    call.store.touch(message)
    call.work.emit("message_updated", message)


def delete(call: Call) -> Any:
    """`DELETE messages/{id}`: the text goes, the row stays."""
    _, message = _message(call)
    for one in message.attachments:
        (call.store.blobs / one.key).unlink(missing_ok=True)
    save(
        call,
        message,
        content="This message was deleted",
        content_type="text",
        content_attributes={"deleted": True},
        attachments=[],
    )
    return render.message(call.twin, message)


def retry(call: Call) -> Any:
    """`POST messages/{id}/retry`: status sent, attributes wiped; an API inbox is sent nothing anew (#15918)."""
    _, message = _message(call)
    _deliver(call, message, "sent")
    save(call, message, content_attributes={})
    return render.message(call.twin, message)


def translate(call: Call) -> Any:
    """`POST messages/{id}/translate`: no translation service is connected."""
    _message(call)
    return {"content": None}

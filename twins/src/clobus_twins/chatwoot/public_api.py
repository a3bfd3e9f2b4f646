"""The Public API: what a customer's side may do, knowing inbox identifier and source id (chatwoot.md §3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from clobus_twins.chatwoot import (
    conversation_creation,
    csat,
    message_creation,
    messages,
    model,
    payload,
    people,
    render,
)
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed
from clobus_twins.chatwoot.conversations import checked
from clobus_twins.chatwoot.times import epoch


def _not_found() -> Problem:
    return Problem(404, {"status": 404, "error": "Not Found"})


def _inbox(call: Call) -> model.Inbox:
    wanted = call.path["inbox_identifier"]
    row = next((one for one in call.store.inboxes.rows.values() if one.identifier == wanted), None)
    if row is None:
        raise _not_found()
    return row


def _place(call: Call) -> tuple[model.Inbox, model.ContactInbox, model.Contact]:
    inbox = _inbox(call)
    place = call.store.sources.by_source.get((inbox.id, call.path["source_id"]))
    if place is None:
        raise _not_found()
    contact = call.store.contacts.rows[place.contact_id]
    call.work.contact = contact
    return inbox, place, contact


def _conversation(call: Call) -> tuple[model.Conversation, model.Contact]:
    inbox, place, contact = _place(call)
    row = call.store.conversation(inbox.account_id, call.path["conversation_id"])
    if row is None:
        raise _not_found()
    own = row.contact_inbox_id == place.id or (place.hmac_verified and row.contact_id == contact.id)
    if not own:
        raise _not_found()
    return row, contact


def show_inbox(call: Call) -> Any:
    """`GET /public/api/v1/inboxes/{identifier}`."""
    row = _inbox(call)
    return {
        "identifier": row.identifier,
        "identity_validation_enabled": row.hmac_mandatory,
        "name": row.name,
        "timezone": row.timezone,
        "working_hours": row.working_hours,
        "working_hours_enabled": row.working_hours_enabled,
        "csat_survey_enabled": row.csat_survey_enabled,
        "greeting_enabled": row.greeting_enabled,
    }


def _contact_shown(place: model.ContactInbox, row: model.Contact) -> dict[str, Any]:
    return {
        "source_id": place.source_id,
        "pubsub_token": place.pubsub_token,
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "phone_number": row.phone_number,
    }


def _verified(call: Call, inbox: model.Inbox) -> bool:
    """Check the identity hash; a wrong one crashes the real server, so it does here."""
    given = call.params.get("identifier_hash")
    if not given and not inbox.hmac_mandatory:
        return False
    message = str(call.params.get("identifier") or "").encode()
    wanted = hmac.new(inbox.hmac_token.encode(), message, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, str(given or "")):
        raise crashed()
    return True


def create_contact(call: Call) -> Any:
    """`POST contacts`: idempotent on source_id."""
    inbox = _inbox(call)
    verified = _verified(call, inbox)
    source_id = call.params.get("source_id")
    place = call.store.sources.by_source.get((inbox.id, str(source_id))) if source_id else None
    if place is None:
        contact = people.identify(call.work, inbox.account_id, call.params)
        place = conversation_creation.address(
            call.work, contact, inbox, str(source_id) if source_id else None, verified=verified
        )
    return _contact_shown(place, call.store.contacts.rows[place.contact_id])


def show_contact(call: Call) -> Any:
    """`GET contacts/{source_id}`."""
    _, place, row = _place(call)
    return _contact_shown(place, row)


def update_contact(call: Call) -> Any:
    """`PATCH contacts/{source_id}`: the raw row; merges with a contact of the same e-mail or phone."""
    inbox, place, row = _place(call)
    if _verified(call, inbox):
        place.hmac_verified = True
        call.store.put(place)
    given = {key: value for key, value in call.params.items() if key != "identifier"}
    index = call.store.contact_index[row.account_id]
    values = people.cleaned(call.params)
    for found in (
        index.by_identifier.get(values.get("identifier") or ""),
        index.by_email.get(values.get("email") or ""),
        index.by_phone.get(values.get("phone_number") or ""),
    ):
        if found is not None and found.id != row.id:
            people.merge(call.work, found, row)
            row = found
    people.update(call.work, row, {key: value for key, value in given.items() if value not in (None, "")})
    return render.raw_contact(row)


def _message_shown(call: Call, row: model.Message) -> dict[str, Any]:
    parent = call.store.conversations.rows[row.conversation_id]
    out: dict[str, Any] = {
        "id": row.id,
        "content": row.content,
        "message_type": row.message_type,
        "content_type": row.content_type,
        "content_attributes": row.content_attributes,
        "created_at": epoch(row.created_at),
        "conversation_id": parent.display_id,
    }
    if row.attachments:
        out["attachments"] = [render.attachment(call.twin, row, one) for one in row.attachments]
    if (who := render.sender(call.twin, row)) is not None:
        out["sender"] = who
    return out


def _spoken(call: Call, row: model.Conversation) -> list[model.Message]:
    rows = call.store.messages_of.get(row.id, [])
    return [one for one in rows if one.message_type != model.ACTIVITY and not one.private]


def _shown(call: Call, row: model.Conversation) -> dict[str, Any]:
    return {
        "id": row.display_id,
        "uuid": row.uuid,
        "inbox_id": row.inbox_id,
        "contact_last_seen_at": epoch(row.contact_last_seen_at),
        "status": row.status,
        "agent_last_seen_at": epoch(row.agent_last_seen_at),
        "messages": [_message_shown(call, one) for one in _spoken(call, row)],
        "contact": render.raw_contact(call.store.contacts.rows[row.contact_id]),
    }


def conversations(call: Call) -> Any:
    """`GET conversations`: of this address, or of the contact once their identity is verified."""
    inbox, place, contact = _place(call)
    rows = call.store.conversation_index[inbox.account_id].by_contact[contact.id].values()
    return [_shown(call, row) for row in rows if place.hmac_verified or row.contact_inbox_id == place.id]


def create_conversation(call: Call) -> Any:
    """`POST conversations`."""
    _, place, _ = _place(call)
    given = call.params.get("custom_attributes")
    values = {"custom_attributes": checked(given, "custom_attributes")} if isinstance(given, dict) else {}
    row, _ = conversation_creation.create(call.work, place, values)
    return _shown(call, row)


def show_conversation(call: Call) -> Any:
    """`GET conversations/{id}`."""
    return _shown(call, _conversation(call)[0])


def toggle_status(call: Call) -> Any:
    """`POST toggle_status`: only resolves."""
    row, _ = _conversation(call)
    if row.status != "resolved":
        call.work.change(row, status="resolved")
    return _shown(call, row)


def toggle_typing(call: Call) -> Any:
    """`POST toggle_typing`."""
    row, contact = _conversation(call)
    state = call.params.get("typing_status")
    if state in ("on", "off"):
        call.work.typing(row, f"conversation_typing_{state}", payload.contact(call.twin, contact), private=False)
    return EMPTY


def update_last_seen(call: Call) -> Any:
    """`POST update_last_seen`: outgoing messages become read, without events."""
    row, _ = _conversation(call)
    row.contact_last_seen_at = call.store.now()
    call.store.touch(row)

    def job() -> None:
        for one in call.store.messages_of.get(row.id, []):
            if one.message_type == model.OUTGOING and one.status in ("sent", "delivered"):
                one.status = "read"
                call.store.put(one)

    call.work.defer(job)
    return EMPTY


def list_messages(call: Call) -> Any:
    """`GET messages?before=`."""
    row, _ = _conversation(call)
    before = call.number("before")
    rows = [one for one in _spoken(call, row) if before is None or one.id < before]
    return [_message_shown(call, one) for one in rows[-20:]]


def create_message(call: Call) -> Any:
    """`POST messages`: always incoming."""
    row, contact = _conversation(call)
    message = model.Message(
        account_id=row.account_id,
        inbox_id=row.inbox_id,
        conversation_id=row.id,
        content=message_creation.text(call.params.get("content")),
        message_type=model.INCOMING,
        sender_type="Contact",
        sender_id=contact.id,
        attachments=messages.attachments(call, call.params),
    )
    return _message_shown(call, message_creation.create(call.work, row, message))


_ANSWER_KEYS = ("name", "title", "value")


def _permitted(values: Any) -> Any:
    """What may be submitted: names, titles and values, and the survey's rating and text."""
    if isinstance(values, list):
        return [{key: one[key] for key in _ANSWER_KEYS if key in one} for one in values if isinstance(one, dict)]
    if not isinstance(values, dict):
        return None
    out: dict[str, Any] = {key: values[key] for key in _ANSWER_KEYS if key in values}
    survey = values.get("csat_survey_response")
    if isinstance(survey, dict):
        out["csat_survey_response"] = {key: survey[key] for key in ("feedback_message", "rating") if key in survey}
    return out


def update_message(call: Call) -> Any:
    """`PATCH messages/{id}`: answers to forms, choices and the survey."""
    row, _ = _conversation(call)
    message = call.store.messages.get(call.path["id"])
    if message is None or message.conversation_id != row.id:
        raise _not_found()
    values = _permitted(call.params.get("submitted_values"))
    if message.content_type == "input_csat":
        if csat.locked(call.store.now(), message):
            raise Problem(422, {"error": "You cannot update the CSAT survey after 14 days"})
        csat.answer(call.work, message, values if isinstance(values, dict) else {})
    elif values is not None:
        messages.save(call, message, content_attributes=message.content_attributes | {"submitted_values": values})
    return _message_shown(call, message)

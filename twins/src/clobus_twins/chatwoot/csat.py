"""The satisfaction survey: sent once a conversation, answered in public, read by administrators (chatwoot.md §2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import Call, Problem
from clobus_twins.chatwoot.times import epoch, iso, parse_instant

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work

OPEN_DAYS = 14
PAGE = 25


def offer(work: Work, row: model.Conversation) -> None:
    """Send the survey of a resolved conversation, once for ever."""

    def job() -> None:
        inbox = work.store.inboxes.rows[row.inbox_id]
        messages = work.store.messages_of[row.id]
        if not inbox.csat_survey_enabled or any(one.content_type == "input_csat" for one in messages):
            return
        if not _labels_pass(inbox, row) or not render.can_reply(work.twin, row):
            return
        survey = work.store.add(
            model.Message(
                account_id=row.account_id,
                inbox_id=row.inbox_id,
                conversation_id=row.id,
                content=inbox.csat_config.get("message") or "Please rate the conversation",
                message_type=model.TEMPLATE,
                content_type="input_csat",
                content_attributes={"display_type": inbox.csat_config.get("display_type") or "emoji"},
            )
        )
        row.last_activity_at = survey.created_at
        work.store.touch(row)
        work.emit("message_created", survey)

    work.defer(job)


def _labels_pass(inbox: model.Inbox, row: model.Conversation) -> bool:
    rules = inbox.csat_config.get("survey_rules") or {}
    values = rules.get("values") or []
    if not values:
        return True
    touched = any(label in row.labels for label in values)
    return touched if rules.get("operator", "contains") == "contains" else not touched


def answer(work: Work, survey: model.Message, values: dict[str, Any]) -> None:
    """Keep what the customer gave; the row for the reports follows later."""
    survey.content_attributes = survey.content_attributes | {"submitted_values": values}
    work.store.touch(survey)
    work.emit("message_updated", survey)
    work.defer(lambda: _record(work, survey, values.get("csat_survey_response") or {}))


def _record(work: Work, survey: model.Message, given: dict[str, Any]) -> None:
    row = work.store.conversations.rows[survey.conversation_id]
    rating = given.get("rating")
    if survey.content_type != "input_csat" or not isinstance(rating, int) or not 1 <= rating <= 5:
        return
    known = next((one for one in work.store.csat_responses.of(row.account_id) if one.message_id == survey.id), None)
    if known is None:
        known = work.store.add(
            model.CsatResponse(
                account_id=row.account_id,
                conversation_id=row.id,
                message_id=survey.id,
                contact_id=row.contact_id,
                rating=rating,
                assigned_agent_id=row.assignee_id,
            )
        )
    known.rating, known.feedback_message = rating, given.get("feedback_message")
    work.store.touch(known)


def locked(now: float, survey: model.Message) -> bool:
    """True when more than 14 calendar days (UTC) have passed since the survey was sent."""
    return now // 86400 - survey.created_at // 86400 > OPEN_DAYS


def _survey(call: Call) -> tuple[model.Conversation, model.Message]:
    row = next((one for one in call.store.conversations.rows.values() if one.uuid == call.path["uuid"]), None)
    messages = call.store.messages_of[row.id] if row else []
    survey = next((one for one in reversed(messages) if one.content_type == "input_csat"), None)
    if row is None or survey is None:
        raise Problem(404, {"status": 404, "error": "Not Found"})
    return row, survey


def _shown(call: Call, row: model.Conversation, survey: model.Message) -> dict[str, Any]:
    inbox = call.store.inboxes.rows[row.inbox_id]
    kept = next((one for one in call.store.csat_responses.of(row.account_id) if one.message_id == survey.id), None)
    return {
        "id": survey.id,
        "csat_survey_response": _raw(kept) if kept else None,
        "display_type": survey.content_attributes.get("display_type"),
        "content": inbox.csat_config.get("message"),
        "inbox_avatar_url": "",
        "inbox_name": inbox.name,
        "locale": call.store.accounts.rows[row.account_id].locale,
        "conversation_id": row.id,
        "created_at": iso(survey.created_at),
    }


def _raw(kept: model.CsatResponse) -> dict[str, Any]:
    return {
        "id": kept.id,
        "account_id": kept.account_id,
        "conversation_id": kept.conversation_id,
        "message_id": kept.message_id,
        "rating": kept.rating,
        "feedback_message": kept.feedback_message,
        "contact_id": kept.contact_id,
        "assigned_agent_id": kept.assigned_agent_id,
        "created_at": iso(kept.created_at),
        "updated_at": iso(kept.updated_at),
    }


def public_show(call: Call) -> Any:
    """`GET /public/api/v1/csat_survey/{uuid}`."""
    return _shown(call, *_survey(call))


def public_update(call: Call) -> Any:
    """`PUT /public/api/v1/csat_survey/{uuid}`; locked 14 days after sending."""
    row, survey = _survey(call)
    if locked(call.store.now(), survey):
        raise Problem(422, {"error": "You cannot update the CSAT survey after 14 days"})
    message = call.params.get("message")
    values = (message if isinstance(message, dict) else {}).get("submitted_values")
    given = (values if isinstance(values, dict) else {}).get("csat_survey_response") or {}
    before = _shown(call, row, survey)
    kept = {key: given[key] for key in ("feedback_message", "rating") if key in given}
    answer(call.work, survey, {"csat_survey_response": kept})
    return before


def _selected(call: Call) -> list[model.CsatResponse]:
    params = call.params
    since, until = parse_instant(params.get("since")), parse_instant(params.get("until"))
    rows = call.store.csat_responses.of(call.account.id)
    if since is not None and until is not None:
        rows = [one for one in rows if since <= one.created_at < until]
    if (rating := call.number("rating")) is not None:
        rows = [one for one in rows if one.rating == rating]
    if users := call.listed("user_ids"):
        rows = [one for one in rows if str(one.assigned_agent_id) in {str(user) for user in users}]
    conversations = call.store.conversations.rows
    for key in ("inbox_id", "team_id"):
        if (wanted := call.number(key)) is not None:
            rows = [
                one
                for one in rows
                if (of := conversations.get(one.conversation_id)) is not None and getattr(of, key) == wanted
            ]
    return sorted(rows, key=lambda one: one.created_at, reverse=str(params.get("sort", "")).startswith("-"))


def index(call: Call) -> Any:
    """`GET csat_survey_responses`: a bare array, 25 a page."""
    start = (call.page - 1) * PAGE
    return [_listed(call, one) for one in _selected(call)[start : start + PAGE]]


def _listed(call: Call, one: model.CsatResponse) -> dict[str, Any]:
    store = call.store
    person, row = store.contacts.rows.get(one.contact_id), store.conversations.rows.get(one.conversation_id)
    out: dict[str, Any] = {
        "id": one.id,
        "rating": one.rating,
        "feedback_message": one.feedback_message,
        "csat_review_notes": one.csat_review_notes,
        "review_notes_updated_at": None,
        "account_id": one.account_id,
        "message_id": one.message_id,
    }
    if person is not None:
        out["contact"] = render.contact(call.twin, person)
    out["conversation_id"] = row.display_id if row else None
    if user := store.users.rows.get(one.assigned_agent_id or 0):
        out["assigned_agent"] = render.agent(call.twin, one.account_id, user)
    out["created_at"] = epoch(one.created_at)
    return out


def metrics(call: Call) -> Any:
    """`GET csat_survey_responses/metrics`."""
    rows = _selected(call)
    ratings: dict[str, int] = {}
    for one in rows:
        ratings[str(one.rating)] = ratings.get(str(one.rating), 0) + 1
    since, until = parse_instant(call.params.get("since")), parse_instant(call.params.get("until"))
    whole = since is None or until is None
    sent = sum(
        one.content_type == "input_csat" and (whole or (since or 0) <= one.created_at < (until or 0))
        for one in call.store.messages.by_account.get(call.account.id, {}).values()
    )
    return {"total_count": len(rows), "ratings_count": ratings, "total_sent_messages_count": sent}

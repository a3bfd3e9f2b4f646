"""The facts behind the reports, of a conversation and of the account."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import Call
from clobus_twins.chatwoot.times import iso, parse_instant

PAGE = 25


def _shown(call: Call, one: model.ReportingEvent) -> dict[str, Any]:
    row = call.store.conversations.rows.get(one.conversation_id or 0)
    return {
        "id": one.id,
        "name": one.name,
        "value": one.value,
        "value_in_business_hours": one.value,
        "event_start_time": iso(one.created_at - one.value),
        "event_end_time": iso(one.created_at),
        "account_id": one.account_id,
        "conversation_id": row.display_id if row else None,
        "inbox_id": one.inbox_id,
        "user_id": one.user_id,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }


def of_conversation(call: Call) -> Any:
    """`GET conversations/{id}/reporting_events`: a bare array, oldest first."""
    row = call.conversation()
    rows = call.store.reporting_events.of(call.account.id)
    return [_shown(call, one) for one in rows if one.conversation_id == row.id]


def index(call: Call) -> Any:
    """`GET reporting_events`: newest first, 25 a page; `since` and `until` count only together."""
    params, rows = call.params, call.store.reporting_events.of(call.account.id)
    since, until = parse_instant(params.get("since")), parse_instant(params.get("until"))
    if since is not None and until is not None:
        rows = [one for one in rows if since <= one.created_at < until]
    for key in ("inbox_id", "user_id"):
        if (wanted := call.number(key)) is not None:
            rows = [one for one in rows if getattr(one, key) == wanted]
    if name := params.get("name"):
        rows = [one for one in rows if one.name == name]
    rows = sorted(rows, key=lambda one: (one.created_at, one.id), reverse=True)
    meta = {"count": len(rows), "current_page": call.page, "total_pages": -(-len(rows) // PAGE)}
    return {"meta": meta, "payload": [_shown(call, one) for one in rows[(call.page - 1) * PAGE : call.page * PAGE]]}

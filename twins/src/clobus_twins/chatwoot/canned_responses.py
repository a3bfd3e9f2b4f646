"""Canned responses: raw rows (chatwoot.md §2.6)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, Call, missing, refuse
from clobus_twins.chatwoot.times import iso

FIELDS = ("short_code", "content")


def _shown(row: model.CannedResponse) -> dict[str, Any]:
    return {
        "id": row.id,
        "account_id": row.account_id,
        "short_code": row.short_code,
        "content": row.content,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def index(call: Call) -> Any:
    """`GET canned_responses?search=`: a bare array."""
    wanted = str(call.params.get("search") or "").lower()
    rows = call.store.canned_responses.of(call.account.id)
    if wanted:
        rows = sorted((row for row in rows if _rank(row, wanted)), key=lambda row: _rank(row, wanted), reverse=True)
    return [_shown(row) for row in rows]


def _rank(row: model.CannedResponse, wanted: str) -> int:
    """How well a search fits: a short code that begins so, one that holds it, a text that holds it."""
    if row.short_code.lower().startswith(wanted):
        return 3
    if wanted in row.short_code.lower():
        return 2
    return 1 if wanted in row.content.lower() else 0


def _check(call: Call, given: dict[str, Any], own: model.CannedResponse | None) -> None:
    errors = []
    for key, label in (("content", "Content"), ("short_code", "Short code")):
        if key in given and not given[key]:
            errors.append((f"{label} can't be blank", key))
    rows = call.store.canned_responses.of(call.account.id)
    if any(row.short_code == given.get("short_code") and row is not own for row in rows):
        errors.append(("Short code has already been taken", "short_code"))
    refuse(errors)


def create(call: Call) -> Any:
    """`POST canned_responses`."""
    given = {"short_code": None, "content": None} | call.root("canned_response", FIELDS)
    _check(call, given, None)
    return _shown(call.store.add(model.CannedResponse(account_id=call.account.id, **given)))


def one(call: Call) -> Any:
    """`PATCH`, `DELETE canned_responses/{id}`."""
    row = call.store.canned_responses.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return EMPTY
    given = call.root("canned_response", FIELDS)
    _check(call, given, row)
    for key, value in given.items():
        setattr(row, key, value)
    call.store.touch(row)
    return _shown(row)

"""Assignment policies and their inboxes (chatwoot.md §2.9): kept and shown; the twin's assigner asks none of them."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed, invalid, missing, truthy
from clobus_twins.chatwoot.times import epoch

FIELDS = (
    "name",
    "description",
    "assignment_order",
    "conversation_priority",
    "fair_distribution_limit",
    "fair_distribution_window",
    "enabled",
)
PRIORITIES = ("earliest_created", "longest_waiting")


def _shown(call: Call, row: model.AssignmentPolicy) -> dict[str, Any]:
    inboxes = [inbox for inbox in call.store.inboxes.of(call.account.id) if inbox.assignment_policy_id == row.id]
    out: dict[str, Any] = {"id": row.id} | {key: getattr(row, key) for key in FIELDS}
    return out | {
        "assigned_inbox_count": len(inboxes),
        "created_at": epoch(row.created_at),
        "updated_at": epoch(row.updated_at),
    }


def index(call: Call) -> Any:
    """`GET assignment_policies`: a bare array."""
    return [_shown(call, row) for row in call.store.assignment_policies.of(call.account.id)]


def _write(call: Call, row: model.AssignmentPolicy) -> None:
    for key, value in call.root("assignment_policy", FIELDS).items():
        setattr(row, key, truthy(value) if key == "enabled" else value)
    if row.assignment_order != "round_robin" or row.conversation_priority not in PRIORITIES:
        raise crashed()
    if not row.name:
        raise invalid("Name can't be blank", "name")
    rows = call.store.assignment_policies.of(call.account.id)
    if any(one.name == row.name and one is not row for one in rows):
        raise invalid("Name has already been taken", "name")


def create(call: Call) -> Any:
    """`POST assignment_policies`."""
    row = model.AssignmentPolicy(account_id=call.account.id, name="")
    _write(call, row)
    return _shown(call, call.store.add(row))


def _not_found() -> Problem:
    return Problem(404, {"error": "Assignment policy not found"})


def one(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE assignment_policies/{id}`."""
    row = call.store.assignment_policies.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    if call.request.method == "DELETE":
        for inbox in call.store.inboxes.of(call.account.id):
            if inbox.assignment_policy_id == row.id:
                inbox.assignment_policy_id = None
                call.store.put(inbox)
        call.store.remove(row)
        return EMPTY
    if call.request.method != "GET":
        _write(call, row)
        call.store.touch(row)
    return _shown(call, row)


def of_inbox(call: Call) -> Any:
    """`GET`, `POST`, `DELETE inboxes/{id}/assignment_policy`."""
    inbox = call.store.inboxes.get(call.path["id"], call.account.id)
    if inbox is None:
        raise missing()
    if call.request.method == "POST":
        wanted = call.store.assignment_policies.get(call.params.get("assignment_policy_id"), call.account.id)
        if wanted is None:
            raise _not_found()
        inbox.assignment_policy_id = wanted.id
        call.store.put(inbox)
    row = call.store.assignment_policies.get(inbox.assignment_policy_id, call.account.id)
    if row is None:
        raise _not_found()
    if call.request.method == "DELETE":
        inbox.assignment_policy_id = None
        call.store.put(inbox)
        return EMPTY
    return _shown(call, row)

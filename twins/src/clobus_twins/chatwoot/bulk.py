"""`POST bulk_actions`: many conversations or contacts at once, after the answer (chatwoot.md §2.3.3)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, Call, Problem
from clobus_twins.chatwoot.times import parse_instant


def run(call: Call) -> Any:
    """200 at once, the work after it; unknown conversations are skipped."""
    kind = str(call.params.get("type") or "")
    if kind not in ("Conversation", "Contact"):
        raise Problem(422, {"success": False})
    call.work.defer(lambda: _conversations(call) if kind == "Conversation" else _contacts(call))
    return EMPTY


def _labels(call: Call, row: model.Conversation | model.Contact) -> list[str]:
    given = call.params.get("labels")
    given = given if isinstance(given, dict) else {}
    labels = [label for label in row.labels if label not in (given.get("remove") or [])]
    return list(dict.fromkeys([*labels, *(given.get("add") or [])]))


def _conversations(call: Call) -> None:
    given = call.params.get("fields")
    fields: dict[str, Any] = given if isinstance(given, dict) else {}
    for display_id in call.listed("ids"):
        row = call.store.conversation(call.account.id, display_id)
        if row is None:
            continue
        call.work.change(row, labels=_labels(call, row))
        values: dict[str, Any] = {}
        if fields.get("status") in model.STATUSES:
            values["status"] = fields["status"]
            values["snoozed_until"] = parse_instant(call.params.get("snoozed_until"))
        if "assignee_id" in fields:
            known = call.store.membership_of(call.account.id, _number(fields["assignee_id"]))
            values["assignee_id"] = known.user_id if known else None
        if "team_id" in fields:
            team = call.store.teams.get(fields["team_id"], call.account.id)
            values["team_id"] = team.id if team else None
        call.work.change(row, **values)


def _contacts(call: Call) -> None:
    for contact_id in call.listed("ids"):
        row = call.store.contacts.get(contact_id, call.account.id)
        if row is None:
            continue
        if call.params.get("action_name") == "delete" and call.admin:
            call.twin.delete_contact(row)
        else:
            call.work.change_contact(row, labels=_labels(call, row))


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None

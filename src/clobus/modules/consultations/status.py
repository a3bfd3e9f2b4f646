"""How the news of 1C change a request: pure decisions over a row and a snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.modules.consultations.types import TERMINAL, ConsultationSnapshot, Row, Status

OWNED_BY_ONEC = (
    "number", "status", "denied", "deleted", "client_key", "manager", "author", "create_date", "changed_date",
    "start_date", "end_date", "lang", "topic", "comment", "online_question_cat", "online_question", "con_blocks",
    "importance",
)  # fmt: skip
UNSEEN = frozenset({"changed_date"})
"""Columns whose change alone is no news for anybody."""


def plain(value: Any) -> Any:
    """A value as JSON keeps it, so that wanted values and columns can be compared."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    return value


def differences(row: Row, snapshot: ConsultationSnapshot) -> dict[str, tuple[Any, Any]]:
    """Columns in which 1C and we differ: ours and theirs; what we want 1C to show is ours until it confirms."""
    found = {}
    for name in OWNED_BY_ONEC:
        ours, theirs = getattr(row, name), getattr(snapshot, name)
        if ours != theirs:
            found[name] = (ours, theirs)
    return found


def decide(row: Row, snapshot: ConsultationSnapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """What to write: changed columns, and what is left of `wanted`.

    1C owns what it shows, but for columns that we asked it to change and it has not. An end in 1C always stands.
    """
    wanted = {
        name: value for name, value in row.wanted.items() if plain(getattr(snapshot, name, None)) != value
    }  # fmt: skip
    if snapshot.status in TERMINAL:
        wanted = {}
    changes = {
        name: theirs for name, (_, theirs) in differences(row, snapshot).items() if name not in wanted
    }  # fmt: skip
    if "status" in wanted:
        changes.pop("end_date", None)
        changes.pop("denied", None)
    return changes, wanted


def name_of(row: Row, changes: dict[str, Any]) -> str | None:
    """The event that a change deserves; None when nobody need know."""
    new = changes.get("status")
    if new is not None:
        if new is Status.CANCELLED:
            return "Cancelled"
        if new in TERMINAL:
            return "Closed"
        if row.status in TERMINAL:
            return "Reopened"
    if "manager" in changes:
        return "Assigned"
    if "start_date" in changes and not row.is_terminal and row.start_date is not None:
        return "Rescheduled"
    return "Changed" if changes.keys() - UNSEEN else None

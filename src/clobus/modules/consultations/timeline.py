"""The story of a request in words: what happened, who called, what was said. Clients are told what is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import i18n
from clobus.core.db import Connection, rows
from clobus.core.nobody import UNDEFINED_MANAGER

LIMIT = 2_000
"""More than any request has; a story is given whole."""

FOR_CLIENTS = frozenset(
    {"Opened", "Assigned", "Rescheduled", "Closed", "Cancelled", "Reopened", "Rated", "Attached", "Called", "Said"}
)
_EVENTS = (
    "select e.at, e.name, e.origin, e.actor, e.changes, u.description as manager_name from log.events e"
    " left join cons.users u on e.name in ('Assigned', 'Opened')"
    " and u.cl_ref_key::text = e.changes -> 'manager' ->> 1 and u.cl_ref_key <> %(nobody)s"
    " where e.cons_id = %(id)s order by e.id limit %(limit)s"
)
_CALLS = (
    "select l.period as at, u.description as manager_name, l.manager::text as actor from cons.cons c"
    " join cons.calls l on l.cons_key = c.cl_ref_key"
    " left join cons.users u on u.cl_ref_key = l.manager and u.cl_ref_key <> %(nobody)s"
    " where c.cons_id = %(id)s order by l.period limit %(limit)s"
)
_MOVES = (
    "select m.period as at, m.old_date, m.new_date, m.comment, m.actor, m.redate_id is not null as ours,"
    " u.description as manager_name from cons.cons c"
    " join cons.cons_redate m on m.cons_id = c.cons_id or m.cons_key = c.cl_ref_key"
    " left join cons.users u on u.cl_ref_key = m.manager_key and u.cl_ref_key <> %(nobody)s"
    " where c.cons_id = %(id)s order by m.period limit %(limit)s"
)
_SAID = (
    "select coalesce(n.sent_at, n.created_at) as at, n.notification_type as type, n.audience, n.channel, n.state,"
    " n.body from log.notification_log n where n.entity_id = %(id)s and (%(staff)s or (n.audience = 'client'"
    " and n.state = 'sent' and n.body is not null)) order by n.id limit %(limit)s"
)
_FILES = "select attachment_id::text as id, name from cons.attachments where cons_id = %(id)s"


async def of_request(
    connection: Connection, cons_id: UUID, *, staff: bool, language: str, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """What happened to a request, oldest first, in words of `language`."""
    params = {"id": cons_id, "limit": LIMIT, "staff": staff, "nobody": UNDEFINED_MANAGER}
    events = await rows(connection, _EVENTS, params)
    moves = await rows(connection, _MOVES, params)
    files = {row["id"]: row["name"] for row in await rows(connection, _FILES, params)}
    teller = _Teller(language, zone, files)
    # A register's row has more to tell of a move or a call than the event that it caused.
    told = {row["new_date"] for row in moves}
    items = [
        teller.event(row)
        for row in events
        if row["name"] != "Called" and not (row["name"] == "Rescheduled" and _moved_to(row["changes"]) in told)
    ]
    items += [teller.move(row) for row in moves]
    items += [teller.call(row) for row in await rows(connection, _CALLS, params)]
    items += [teller.message(row) for row in await rows(connection, _SAID, params)]
    items.sort(key=lambda item: item["at"])
    if staff:
        return items
    hidden = {"why": None, "origin": None, "actor": None, "details": None}
    return [item | hidden for item in items if item["kind"] in FOR_CLIENTS]


class _Teller:
    """Puts things that happened into words."""

    def __init__(self, language: str, zone: ZoneInfo, files: Mapping[str, str]) -> None:
        self.language = language
        self.zone = zone
        self.files = files

    def event(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """An event of the log."""
        changes: dict[str, Any] = row["changes"]
        tell = _TELLING.get(row["name"])
        key, params = tell(self, changes, row["manager_name"]) if tell else _plain(row["name"])
        return _item(
            row["at"], row["name"], self._text(key, params), manager=row["manager_name"], origin=row["origin"],
            actor=row["actor"], details=changes or None, why=why(self.language, changes, self.zone),
        )  # fmt: skip

    def move(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the register of moves."""
        key = "timeline.Rescheduled" if row["old_date"] else "timeline.Rescheduled.first"
        text = self._text(key, {"old": self._moment(row["old_date"]), "new": self._moment(row["new_date"])})
        if row["comment"]:
            text = self._text("timeline.with_comment", {"text": text, "comment": row["comment"]})
        return _item(
            row["at"], "Rescheduled", text, manager=row["manager_name"], origin="api" if row["ours"] else "onec",
            actor=row["actor"],
        )  # fmt: skip

    def call(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A call."""
        name = row["manager_name"]
        text = self._text("timeline.Called.by", {"manager": name}) if name else self._text("timeline.Called", {})
        return _item(row["at"], "Called", text, manager=name, origin="onec", actor=row["actor"])

    def message(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A message to people."""
        key = "timeline.Said" if row["audience"] == "client" else "timeline.Said.manager"
        details = {"type": row["type"], "channel": row["channel"], "state": row["state"]}
        return _item(
            row["at"], "Said" if row["audience"] == "client" else "Noted",
            self._text(key, {"text": row["body"] or row["type"]}), origin="platform", details=details,
        )  # fmt: skip

    def _text(self, key: str, params: Mapping[str, Any]) -> str:
        return i18n.text(self.language, key, params)

    def _moment(self, instant: datetime | None) -> str:
        return i18n.moment(self.language, instant, self.zone) if instant else ""

    def moved(self, changes: dict[str, Any], name: str | None) -> tuple[str, dict[str, Any]]:
        """A new date."""
        del name
        new, old = _moved_to(changes), _instant((changes.get("start_date") or changes.get("redate") or [None])[0])
        if new is None:
            return _plain("Changed")
        key = "timeline.Rescheduled" if old else "timeline.Rescheduled.first"
        return key, {"old": self._moment(old), "new": self._moment(new)}

    def assigned(self, changes: dict[str, Any], name: str | None) -> tuple[str, dict[str, Any]]:
        """A manager, or none."""
        del changes
        return ("timeline.Assigned", {"manager": name}) if name else ("timeline.Assigned.nobody", {})

    def rated(self, changes: dict[str, Any], name: str | None) -> tuple[str, dict[str, Any]]:
        """A mark."""
        del name
        average = (changes.get("average") or [None, None])[1]
        return ("timeline.Rated.average", {"average": average}) if average is not None else _plain("Rated")

    def attached(self, changes: dict[str, Any], name: str | None) -> tuple[str, dict[str, Any]]:
        """A file."""
        del name
        file = self.files.get(str((changes.get("file") or [None, None])[1]))
        return ("timeline.Attached", {"file": file}) if file else _plain("Changed")


def why(language: str, changes: Mapping[str, Any], zone: ZoneInfo) -> str | None:
    """Why a manager was chosen, in words: an event's `why` is a code and its values; None when there is no text."""
    given = (changes.get("why") or [None, None])[1]
    key = f"why.{given.get('code')}" if isinstance(given, dict) else ""
    if not isinstance(given, dict) or key not in i18n.catalogue(i18n.DEFAULT):
        return None
    values = dict(given)
    if isinstance(values.get("moment"), str):
        values["moment"] = i18n.moment(language, datetime.fromisoformat(values["moment"]), zone)
    return i18n.text(language, key, values)


_Tell = Callable[[_Teller, dict[str, Any], str | None], tuple[str, dict[str, Any]]]
_TELLING: Mapping[str, _Tell] = {
    "Rescheduled": _Teller.moved, "Assigned": _Teller.assigned, "Rated": _Teller.rated, "Attached": _Teller.attached,
}  # fmt: skip


def _plain(name: str) -> tuple[str, dict[str, Any]]:
    """The text of an event that needs nothing put in; one that has no text is only named."""
    key = f"timeline.{name}"
    return (key, {}) if key in i18n.catalogue(i18n.DEFAULT) else ("timeline.other", {"name": name})


def _moved_to(changes: Mapping[str, Any]) -> datetime | None:
    return _instant((changes.get("start_date") or changes.get("redate") or [None, None])[1])


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _item(
    at: datetime, kind: str, text: str, *, manager: str | None = None, origin: str | None = None,
    actor: str | None = None, details: dict[str, Any] | None = None, why: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "at": at, "kind": kind, "text": text, "manager_name": manager, "why": why, "origin": origin, "actor": actor,
        "details": details,
    }  # fmt: skip

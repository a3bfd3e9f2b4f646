"""What must be told of what happened: event by event, with a key that makes the same news one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.rows import DictRow

from clobus.core import clock
from clobus.core.events import Event
from clobus.modules.notifications.catalogue import TYPES
from clobus.modules.notifications.recipients import Person

ZONE = ZoneInfo("Asia/Tashkent")
ENDED = ("closed", "resolved", "cancelled")
SILENCE = {"client_answered": 120.0, "answered": 1800.0, "manager_rated": 600.0}
"""Seconds after such a message in which the next one would only repeat it."""
IN_A_CHAT = "telegram:"
"""How those are noted who act by the bot or its app."""
BECAME_HIS = ("manager_new", "manager_given")
"""By what a manager hears that a request is his."""
# A request brings its question with it: who has just heard of the one has heard of the other.
SAYS_IT_TOO = {"client_answered": ("client_answered", *BECAME_HIS), "answered": ("answered",),
               "manager_rated": ("manager_rated",)}  # fmt: skip

Staff = Mapping[UUID, Person]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell; `manager` is who is told when it is for the staff, `until` when it is too late for it."""

    type: str
    params: dict[str, Any]
    key: str
    manager: UUID | None = None
    until: datetime | None = None


def of(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    """What must be told of one event; `request` as `queries.requests` gives it."""
    build = _NEWS.get(event.name)
    return build(event, request, staff) if build else []


def keys(event: Event, request: DictRow) -> set[UUID]:
    """The managers who are named in what may be told of an event."""
    old = event.changes.get("manager", (None, None))[0]
    called = (request["last_call"] or {}).get("manager")
    found = {request["manager"], *(UUID(str(key)) for key in (old, called) if key)}
    return {key for key in found if key is not None}


def _opened(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    if request["status"] in ENDED:
        return []
    return [Message("accepted", {}, ""), *_to_manager(request, None, staff)]


def _assigned(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    """Told when it is somebody else than was told last, so that A, B, A are three messages and A, A is one."""
    moved = _rescheduled(event, request, staff) if _first(event, "start_date") else []
    old = event.changes.get("manager", (None, None))[0]
    previous = staff.get(UUID(str(old))) if old else None
    if request["status"] in ENDED:
        return moved
    if request["manager_name"] is None:
        return [*_taken(request, previous), *moved]
    said, times, _ = request["told"].get("assigned", ({}, 0, None))
    manager = str(request["manager"])
    found = _to_manager(request, previous, staff)
    if said.get("manager_key") != manager:
        params = {"manager": request["manager_name"], "manager_key": manager}
        if previous is not None and str(previous.key) != manager:
            params["previous"] = previous.name
        found.insert(0, Message("assigned", params, f"{manager}#{times}"))
    return [*found, *moved]


def _handed(request: DictRow) -> int:
    """How many times managers were told of a request that became theirs."""
    return sum(request["told"].get(type_, ({}, 0, None))[1] for type_ in BECAME_HIS)


def _taken(request: DictRow, previous: Person | None) -> list[Message]:
    """Nobody has it now: no news for the client, but for who had it."""
    if previous is None:
        return []
    return [Message("manager_taken", {"previous": previous.name}, f"nobody#{_handed(request)}", previous.key)]


def _to_manager(request: DictRow, previous: Person | None, staff: Staff) -> list[Message]:
    """A manager hears of a request that became his, and who had it, that it is his no more."""
    now = staff.get(request["manager"])
    if now is None:
        return []
    told = [request["told"].get(type_, ({}, 0, None)) for type_ in BECAME_HIS]
    times = _handed(request)
    last = told[1] if told[1][1] else told[0]
    taken, _, taken_age = request["told"].get("manager_taken", ({"manager": ""}, 0, None))
    nobody_since = "manager" not in taken and taken_age <= last[2]
    if last[0].get("manager_key") == str(now.key) and not nobody_since:
        return []
    key, params = f"{now.key}#{times}", {"manager": now.name, "manager_key": str(now.key)}
    if previous is None or previous.key == now.key:
        return [Message("manager_new" if not times else "manager_given", {**params, "previous": "—"}, key, now.key)]
    params["previous"] = previous.name
    return [Message("manager_given", params, key, now.key), Message("manager_taken", params, key, previous.key)]


def _rescheduled(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    new, old = _planned(event, request), _instant(_first(event, "start_date") or _first(event, "redate"))
    said, times, _ = request["told"].get("rescheduled", ({}, 0, None))
    if new is None or said.get("new") == new or request["status"] in ENDED:
        return []
    params = {"new": new} | ({"old": old} if old and old != new else {})
    return [Message("rescheduled", params, f"{new}#{times}")]


def _first(event: Event, name: str) -> Any:
    return event.changes.get(name, (None, None))[0]


def _planned(event: Event, request: DictRow) -> str | None:
    """The new moment as ISO text: of the event, or of the register of moves (local), or of the request."""
    new = event.changes.get("start_date", (None, None))[1] or event.changes.get("redate", (None, None))[1]
    if new is None and request["redate"] is not None and request["redate_time"] is not None:
        new = datetime.combine(request["redate"], request["redate_time"], tzinfo=ZONE)
    return _instant(new or request["start_date"])


def _instant(value: Any) -> str | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(ZONE).isoformat() if isinstance(value, datetime) else None


def _called(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    call = request["last_call"] or {}
    at = _instant(call.get("period"))
    if at is None or request["status"] in ENDED:
        return []
    if clock.now() - datetime.fromisoformat(at) > TYPES["called"].lifetime:
        return []  # a call of long ago that came to us only now is no news
    who = staff.get(UUID(str(call["manager"]))) if call.get("manager") else None
    return [Message("called", {"at": at, "manager": who.name if who else None}, at)]


def _queue_closed(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    day, manager = event.changes["day"][1], request["manager"]
    if request["manager_name"] is None or request["status"] in ENDED:
        return []
    return [Message("queue_closed", {"manager": request["manager_name"], "day": str(day)}, f"{manager}#{day}")]


def _ended(type_: str) -> Callable[[Event, DictRow, Staff], list[Message]]:
    def message(event: Event, request: DictRow, staff: Staff) -> list[Message]:
        """Once for each time that the request was open."""
        return [Message(type_, {}, str(request["reopened"]))]

    return message


def _rating_asked(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    if "link" in event.changes:
        return []  # who asked has queued the message himself
    given: dict[str, Any] = {name: event.changes[name][1] for name in ("url", "buttons") if name in event.changes}
    return [Message("rating_ask", given, str(request["reopened"]))]


def _rated(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    rates = request["con_rates"] or {}
    if rates.get("average") is None or not rates.get("count"):
        return []
    params = {"average": float(rates["average"]), "answers": int(rates["count"])}
    # The bot thanks at once whoever answers there: a second thanks would only be in his way.
    thanked = (event.actor or "").startswith(IN_A_CHAT)
    thanks = [] if thanked else [Message("rating_thanks", params, str(request["reopened"]))]
    who = staff.get(request["manager"])
    if who is None or _fresh(request, "manager_rated"):
        return thanks  # marks come one by one from a chat: each would be a message
    return [*thanks, Message("manager_rated", params, f"{params['average']}/{params['answers']}", who.key)]


def _messaged(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    """The other side is told that there is something to read, not what; not again while it is fresh."""
    side, via, id_ = (event.changes.get(name, (None, None))[1] for name in ("direction", "via", "message"))
    type_ = {"in": "client_answered", "out": "answered"}.get(str(side))
    if type_ is None or via == "platform" or (side == "out" and via != "chatwoot") or request["status"] in ENDED:
        return []
    if _fresh(request, type_):
        return []
    if side == "in" and request["manager"] not in staff:
        return []
    return [Message(type_, {}, str(id_), request["manager"] if side == "in" else None)]


def _fresh(request: DictRow, type_: str) -> bool:
    ages = [request["told"][name][2] for name in SAYS_IT_TOO[type_] if name in request["told"]]
    return bool(min(ages, default=SILENCE[type_]) < SILENCE[type_])


def _refused(event: Event, request: DictRow, staff: Staff) -> list[Message]:
    return [Message("close_refused", {}, str(request["refused"]), request["manager"])]


_NEWS: dict[str, Callable[[Event, DictRow, Staff], list[Message]]] = {
    "Opened": _opened,
    "Assigned": _assigned,
    "Rescheduled": _rescheduled,
    "Called": _called,
    "QueueClosed": _queue_closed,
    "Closed": _ended("closed"),
    "Cancelled": _ended("cancelled"),
    "RatingAsked": _rating_asked,
    "Rated": _rated,
    "Messaged": _messaged,
    "CloseRefused": _refused,
}
NAMES = frozenset(_NEWS)
MOVES = ("start_date", "redate")


def moves(event: Event) -> bool:
    """Whether reminders of the request that wait would tell something that holds no more."""
    return event.name in ("Closed", "Cancelled", "Rescheduled") or any(name in event.changes for name in MOVES)

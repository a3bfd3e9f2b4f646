"""What people are told: types, how long each may wait to be sent, and the texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clobus.core import clock, i18n

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Type:
    """What holds for all messages of one type."""

    lifetime: timedelta
    """A message that could not be sent within this time would only confuse."""
    numbered: bool = False
    """The text names the number that 1C gives, so that it waits for it."""
    waits: bool = False
    """It is not sent in quiet hours, and what comes after it does not wait for it."""
    overtaken: bool = False
    """News that the end of a request makes old."""
    base: bool = True
    """The conversation gets it: clients read it there as a message, managers as a private note."""
    staff: bool = False
    """Managers are told, not the client."""


TYPES: Mapping[str, Type] = {
    "accepted": Type(24 * HOUR, numbered=True, overtaken=True),
    "assigned": Type(6 * HOUR, numbered=True, overtaken=True),
    "rescheduled": Type(24 * HOUR, numbered=True, overtaken=True),
    "called": Type(6 * HOUR, numbered=True, overtaken=True),
    "queue_closed": Type(12 * HOUR, numbered=True, overtaken=True),
    "closed": Type(24 * HOUR, numbered=True),
    "cancelled": Type(24 * HOUR),
    "closed_reply": Type(HOUR / 4),
    "rating_ask": Type(48 * HOUR, numbered=True, waits=True),
    "rating_thanks": Type(24 * HOUR),
    "reminder_day": Type(24 * HOUR, numbered=True, waits=True, overtaken=True),
    "reminder_hour": Type(HOUR, numbered=True, waits=True, overtaken=True),
    "answered": Type(12 * HOUR, numbered=True, waits=True, base=False),
    "manager_new": Type(6 * HOUR, overtaken=True, staff=True),
    "manager_given": Type(6 * HOUR, overtaken=True, staff=True),
    "manager_taken": Type(6 * HOUR, overtaken=True, staff=True, base=False),
    "client_answered": Type(2 * HOUR, staff=True, base=False),
    "manager_rated": Type(24 * HOUR, waits=True, staff=True),
    "close_refused": Type(HOUR, staff=True),
}

REMINDERS = ("reminder_day", "reminder_hour")
WAITING = [name for name, type_ in TYPES.items() if type_.waits]
OVERTAKEN = [name for name, type_ in TYPES.items() if type_.overtaken]
NUMBERED = [name for name, type_ in TYPES.items() if type_.numbered]
NAMES = ("manager", "previous")
_STEP = 5


def kinds_without_number(type_: str) -> list[str]:
    """Kinds of request whose text of this type needs no 1C number: those with a text of their own."""
    prefix = f"{type_}."
    return [key.removeprefix(prefix) for key in i18n.catalogue(i18n.DEFAULT) if key.startswith(prefix)]


EXEMPT = [f"{name}.{kind}" for name in NUMBERED for kind in kinds_without_number(name)]
"""`type.kind` of what needs no number although others of the type do."""


def render(
    type_: str, language: str, params: Mapping[str, Any], facts: Mapping[str, Any], zone: ZoneInfo,
    escape: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """The text of a message: `params` were true when it happened, `facts` (kind, number, start_date) are true now.

    `escape` makes the name of a person harmless in the channel. KeyError when the text needs what is not given.
    """
    spoken = i18n.language_of(language)
    planned = facts["start_date"]
    values: dict[str, Any] = {"number": i18n.short_number(facts["number"]), **params}
    if isinstance(planned, datetime):
        values.setdefault("planned", planned.isoformat())
    if type_ == "reminder_hour":
        left = (datetime.fromisoformat(values["planned"]) - clock.now()).total_seconds() / 60
        values["minutes"] = i18n.plural(spoken, "count.minutes", max(_STEP, math.ceil(left / _STEP) * _STEP))
    for name in ("planned", "old", "new", "at"):
        if values.get(name):
            values[name] = i18n.moment(spoken, datetime.fromisoformat(values[name]), zone)
    if "day" in values:
        values["day"] = i18n.day(spoken, date.fromisoformat(values["day"]))
    if "answers" in values:
        values["answers"] = i18n.plural(spoken, "count.answers", int(values["answers"]))
        values["average"] = i18n.number(spoken, float(values["average"]))
    for name in NAMES:
        if values.get(name):
            values[name] = escape(clean(str(values[name])))
    return i18n.text(spoken, _key(type_, facts["kind"], values, i18n.catalogue(spoken)), values)


def _key(type_: str, kind: str, values: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """The text that fits best: of the kind and the case, of the case, of the kind, of the type."""
    case = _case(type_, values)
    wanted = (f"{type_}.{kind}.{case}", f"{type_}.{kind}", f"{type_}.{case}")
    return next((key for key in wanted if key in texts), type_)


def _case(type_: str, values: Mapping[str, Any]) -> str | None:
    if type_ in ("accepted", "manager_new"):
        return None if values.get("planned") else "undated"
    if type_ == "cancelled":
        return None if values["number"] else "unnumbered"
    if type_ == "assigned":
        return "again" if values.get("previous") else None
    if type_ == "rescheduled":
        return "from" if values.get("old") else None
    if type_ in ("called", "manager_taken"):
        return None if values.get("manager") else "nobody"
    if type_ == "rating_ask":
        return None if values.get("url") else "plain"
    return None


def clean(name: str) -> str:
    """A name as one line of printable letters, 100 at most: no breaks, no marks that turn the direction of writing."""
    line = " ".join(name.split())
    return "".join(letter for letter in line if letter.isprintable())[:100]

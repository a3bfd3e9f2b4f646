"""What people are told: types, how long each may wait to be sent, and the texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clobus.core import i18n

LIFETIME: Mapping[str, timedelta] = {
    "accepted": timedelta(hours=24),
    "assigned": timedelta(hours=6),
    "rescheduled": timedelta(hours=24),
    "closed": timedelta(hours=24),
    "cancelled": timedelta(hours=24),
    "closed_reply": timedelta(minutes=15),
    "close_refused": timedelta(hours=1),
}
"""A message that could not be sent within this time would only confuse."""

_NUMBERED = ("accepted", "assigned", "rescheduled", "closed")


def kinds_without_number(type_: str) -> list[str]:
    """Kinds of request whose text of this type needs no 1C number: those with a text of their own."""
    prefix = f"{type_}."
    return [key.removeprefix(prefix) for key in i18n.catalogue(i18n.DEFAULT) if key.startswith(prefix)]


def needs_number(type_: str) -> bool:
    """Whether the text names the number that 1C gives, so that it has to wait for it."""
    return type_ in _NUMBERED


def render(type_: str, language: str, params: Mapping[str, Any], facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The text of a message: `params` were true when it happened, `facts` (kind, number, start_date) are true now."""
    texts = i18n.catalogue(i18n.language_of(language))
    planned = facts["start_date"]
    values: dict[str, Any] = {"number": facts["number"] or "", **params}
    if isinstance(planned, datetime):
        values["planned"] = i18n.moment(language, planned, zone)
    if "new" in values:
        values["new"] = i18n.moment(language, datetime.fromisoformat(values["new"]), zone)
    key = f"{type_}.{facts['kind']}"
    if key not in texts:
        key = type_
        if type_ == "accepted" and planned is None:
            key = "accepted.undated"
        elif type_ == "cancelled" and not facts["number"]:
            key = "cancelled.unnumbered"
    return i18n.text(language, key, values)

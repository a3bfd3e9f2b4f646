"""Moments as callers write them: every form that the site has ever sent (domain.md §5.1), and one rule for the zone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema

_SUPERFLUOUS = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?):\d\d(?=$|Z|[+-]\d\d)", re.IGNORECASE)
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


def _plain(value: Any) -> Any:
    """Mend what is not ISO 8601: a superfluous `:00` before the zone, a plus that an address turned into a space."""
    if not isinstance(value, str):
        return value
    text = _SUPERFLUOUS.sub(r"\1", value.strip())
    head, rest = text[:11], text[11:]
    return head + _LOST_PLUS.sub("+", rest)


Moment = Annotated[
    datetime,
    BeforeValidator(_plain),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "Without a zone it is Tashkent time."}),
]
"""A moment of a request; see `in_zone` for one without a zone."""


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """An instant: what has no zone is the wall clock of the business."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment

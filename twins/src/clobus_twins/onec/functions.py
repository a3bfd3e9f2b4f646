"""Functions that the filters of 1C have and SQLite lacks (onec.md §1.6)."""

from __future__ import annotations

import calendar
import re
import sqlite3
from datetime import datetime, timedelta
from functools import lru_cache

_STEPS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
UNITS = frozenset(_STEPS) | frozenset(_MONTHS)


def register_functions(db: sqlite3.Connection) -> None:
    """Make `c1_like`, `c1_dateadd` and `c1_datediff` known to a connection."""
    db.create_function("c1_like", 2, like, deterministic=True)
    db.create_function("c1_dateadd", 3, dateadd, deterministic=True)
    db.create_function("c1_datediff", 3, datedifference, deterministic=True)


def like(value: str | None, template: str) -> int | None:
    """ПОДОБНО of the query language: `%`, `_`, `[a-z]`, `[^k]`."""
    return None if value is None else int(_pattern(template).fullmatch(value) is not None)


@lru_cache(maxsize=256)
def _pattern(template: str) -> re.Pattern[str]:
    out, index = [], 0
    while index < len(template):
        char = template[index]
        end = template.find("]", index + 1) if char == "[" else -1
        if char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif end > index + 1:
            inside = template[index + 1 : end]
            negated = inside.startswith("^")
            body = (inside[1:] if negated else inside).replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            out.append(f"[{'^' if negated else ''}{body}]")
            index = end
        else:
            out.append(re.escape(char))
        index += 1
    return re.compile("".join(out), re.DOTALL)


def dateadd(value: str | None, unit: str, amount: float) -> str | None:
    """A date moved by `amount` units; the day of a month is cut to the month's last."""
    if value is None:
        return None
    start, whole = datetime.fromisoformat(value), int(amount)
    try:
        if unit in _STEPS:
            moved = start + timedelta(seconds=whole * _STEPS[unit])
        else:
            months = start.year * 12 + start.month - 1 + whole * _MONTHS[unit]
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            moved = start.replace(year=year, month=month + 1, day=min(start.day, last))
    except (OverflowError, ValueError):
        return None
    return moved.isoformat(timespec="seconds")


def datedifference(first: str | None, second: str | None, unit: str) -> int | None:
    """Borders of the unit crossed from `first` to `second`, as РАЗНОСТЬДАТ counts."""
    if first is None or second is None:
        return None
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(second)
    if unit in _MONTHS:
        size = _MONTHS[unit]
        return (end.year * 12 + end.month - 1) // size - (start.year * 12 + start.month - 1) // size
    size = _STEPS[unit]
    zero = datetime(1, 1, 1)  # noqa: DTZ001 - 1C dates are naive
    return int((end - zero).total_seconds() // size - (start - zero).total_seconds() // size)

"""How Chatwoot writes instants: epoch seconds, 0 for none, or ISO 8601 with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def epoch(stamp: float | None) -> int:
    """Whole epoch seconds, 0 when there is none."""
    return int(stamp) if stamp else 0


def iso(stamp: float | None) -> str | None:
    """ISO 8601 in UTC with milliseconds cut, not rounded; None when there is none."""
    if stamp is None:
        return None
    moment = datetime.fromtimestamp(stamp, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def iso_seconds(stamp: float) -> str:
    """ISO 8601 in UTC to the second."""
    return f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_instant(value: object) -> float | None:
    """An instant from epoch seconds (number or text) or ISO 8601; None when it is empty or makes no sense."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return float(str(value))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

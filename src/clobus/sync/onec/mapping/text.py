"""Texts of 1C as our columns take them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from clobus.gateways.onec.wire import local_to_instant
from clobus.sync.onec.feed import InvalidRecord


def text(value: str | None, limit: int = 20_000) -> str | None:
    """Clean and cut; PostgreSQL can't hold a zero character. Empty is None."""
    if not value:
        return None
    return value.replace("\x00", "").strip()[:limit] or None


def instant(value: str | None, zone: ZoneInfo, what: str) -> datetime | None:
    """Local wall clock as an instant; InvalidRecord when it is no date of 2000 to 2100."""
    try:
        found = local_to_instant(value, zone)
    except (ValueError, OverflowError):
        raise InvalidRecord(f"{what} is no date") from None
    if found is not None and not 2000 <= found.year < 2100:
        raise InvalidRecord(f"{what} lies outside of 2000 to 2100")
    return found

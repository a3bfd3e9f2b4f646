"""The only source of time: instants are aware and in UTC, tests freeze them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class Frozen:
    """A stopped clock; `move` lets time pass by hand, for `monotonic` too."""

    def __init__(self, instant: datetime) -> None:
        self.instant = _aware(instant)
        self.passed = 0.0
        self.started = time.monotonic()

    def move(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.instant += timedelta(seconds=seconds)
        self.passed += seconds


_frozen: Frozen | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _frozen.instant if _frozen is not None else datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only grow, for measuring and time-outs; stands still while frozen."""
    return _frozen.started + _frozen.passed if _frozen is not None else time.monotonic()


def business_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant where the business is; raises ValueError for a naive time."""
    return _aware(instant).astimezone(zone).date()


@contextmanager
def freeze(instant: datetime) -> Iterator[Frozen]:
    """Stop the clock at `instant` (tests only); nests, and yields a handle that moves it."""
    global _frozen  # one process, one clock: a context variable would not reach tasks already running
    before, _frozen = _frozen, Frozen(instant)
    try:
        yield _frozen
    finally:
        _frozen = before


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)

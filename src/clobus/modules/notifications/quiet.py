"""Quiet hours: local time in which only what can't wait is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one local time to another, across midnight when the first is the later one; none when they are equal."""

    start: time = time(21)
    end: time = time(8)

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The instant at which the quiet hours of `now` end; None when it is not quiet."""
        local = now.astimezone(zone)
        at, today = local.timetz().replace(tzinfo=None), local.date()
        if self.start == self.end:
            return None
        if self.start < self.end:
            inside, ends = self.start <= at < self.end, today
        else:
            inside = at >= self.start or at < self.end
            ends = today + timedelta(days=1) if at >= self.start else today
        return datetime.combine(ends, self.end, tzinfo=zone) if inside else None

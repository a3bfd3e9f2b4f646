"""When the desk works: pure, over a calendar that settings give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo


class Calendar(Protocol):
    """Working days and the hours of the desk, by the wall clock of its zone."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the desk is."""

    @property
    def opens(self) -> time:
        """When a working day begins."""

    @property
    def closes(self) -> time:
        """When it ends."""

    def works(self, day: date) -> bool:
        """Whether people work on this day."""


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """Monday to Friday, without holidays."""

    zone: ZoneInfo
    opens: time = time(9)
    closes: time = time(18)

    def works(self, day: date) -> bool:
        """Whether people work on this day."""
        return day.isoweekday() < 6


def is_working(moment: datetime, calendar: Calendar) -> bool:
    """Whether the desk works at an instant; the moment of closing is no more working time."""
    local = moment.astimezone(calendar.zone)
    return calendar.works(local.date()) and calendar.opens <= local.time() < calendar.closes

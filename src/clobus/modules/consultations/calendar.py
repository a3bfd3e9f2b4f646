"""When the desk works: days by the calendar of the settings, hours of the centre and of each manager; local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and the centre's hours; `holidays` holds dates and, for every year, (month, day)."""

    zone: ZoneInfo
    weekend: frozenset[int] = frozenset({6, 7})
    holidays: frozenset[date | tuple[int, int]] = frozenset()
    working_days: frozenset[date] = frozenset()
    opens: time = time(9)
    closes: time = time(18)
    days_ahead: int = field(default=21)

    def works(self, day: date) -> bool:
        """Whether people work on this day."""
        if day in self.working_days:
            return True
        return (
            day.isoweekday() not in self.weekend
            and day not in self.holidays
            and (day.month, day.day) not in self.holidays
        )

    def days(self, start: date) -> Iterator[date]:
        """Working days from `start` on, within the look ahead."""
        for number in range(self.days_ahead):
            if self.works(day := start + timedelta(days=number)):
                yield day

    def next_opening(self, moment: datetime) -> datetime:
        """The moment itself within the centre's hours, else when the centre opens next; an instant.

        When no day works within the look ahead, the moment stays as it is.
        """
        local = moment.astimezone(self.zone)
        for day in self.days(local.date()):
            start, end = shift(day, self.opens, self.closes, self.zone)
            if local < end:
                return max(local, start)
        return moment


def shift(day: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The hours that begin on a day; those that cross midnight end on the next."""
    first = datetime.combine(day, start, zone)
    last = datetime.combine(day + timedelta(days=1) if end <= start else day, end, zone)
    return first, last

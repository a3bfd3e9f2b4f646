"""Days on which the desk works by the settings' own calendar, whatever day the tests run."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.settings import Hours

ZONE = ZoneInfo("Asia/Tashkent")
CALENDAR = Hours().of(ZONE)


def working(days: int = 1, hour: int = 10) -> datetime:
    """A moment at which the desk works, the given number of working days ahead."""
    day = clock.now().astimezone(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    while days:
        day += timedelta(days=1)
        days -= CALENDAR.works(day.date())
    return day


def next_monday() -> datetime:
    """The start of a Monday that comes, with no holiday until the one after it."""
    now = clock.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = now + timedelta(days=7 - now.weekday())
    while not all(CALENDAR.works((monday + timedelta(days=day)).date()) for day in (0, 1, 2, 3, 4, 7)):
        monday += timedelta(days=7)
    return monday

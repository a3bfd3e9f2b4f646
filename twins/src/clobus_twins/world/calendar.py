"""When things happen: working days and hours, peaks before the dates of reports, growth over the years."""

import random
from datetime import UTC, datetime, timedelta

FIRST_DAY = datetime(2023, 1, 9)  # noqa: DTZ001 - 1C keeps local wall clock without a zone (domain.md §2.9)
LOCAL = timedelta(hours=5)  # Asia/Tashkent, no daylight saving
_HOURS = (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20)
_HOUR_WEIGHTS = (3, 12, 16, 16, 9, 7, 14, 15, 13, 9, 3, 1)


def _weight(day: datetime, total: int, index: int) -> float:
    weight = 0.7 + 0.6 * index / total
    if day.weekday() == 5:
        weight *= 0.2
    elif day.weekday() == 6:
        weight *= 0.03
    if 10 <= day.day <= 20:  # 15: НДФЛ and social tax, 20: НДС
        weight *= 1.7
    if (day.month, day.day) in {(1, 1), (1, 2), (3, 8), (3, 21), (5, 9), (9, 1), (10, 1), (12, 8)}:
        weight *= 0.02
    return weight * (1.5 if day.month in (1, 2, 3) else 1.0)


def creation_times(rng: random.Random, count: int, today: datetime) -> list[datetime]:
    """Return `count` moments in ascending order from the first day of the world to the evening before `today`."""
    total = (today - FIRST_DAY).days
    days = [FIRST_DAY + timedelta(days=number) for number in range(total)]
    drawn = rng.choices(days, [_weight(day, total, index) for index, day in enumerate(days)], k=count)
    return sorted(at_work(rng, day) for day in drawn)


def at_work(rng: random.Random, day: datetime) -> datetime:
    """Return a moment of `day` (midnight), mostly in working hours, never after 21:00."""
    hour = rng.choices(_HOURS, _HOUR_WEIGHTS)[0]
    return day + timedelta(seconds=hour * 3600 + rng.randrange(3600))


def on_slot(rng: random.Random, day: datetime) -> datetime:
    """Return a moment of `day` (midnight) that people agree on: from 09:00 to 17:30 by half hours."""
    return day + timedelta(minutes=540 + 30 * rng.randrange(18))


def next_working(day: datetime) -> datetime:
    """Return `day`, or the Monday after it when it is a week-end."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def midnight(moment: datetime) -> datetime:
    """Return the start of a moment's day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def epoch(local: datetime) -> float:
    """Return the epoch seconds of a local wall clock."""
    return (local - LOCAL).replace(tzinfo=UTC).timestamp()

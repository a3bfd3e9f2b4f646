"""A month as buttons: only days with a free hour can be chosen."""

from __future__ import annotations

import calendar
from collections.abc import Collection
from datetime import date, timedelta

from babel.dates import format_date

from clobus.bot.buttons import Button
from clobus.bot.talk import Talk


def month(talk: Talk, first: date, free: Collection[date]) -> list[list[Button]]:
    """The rows of a month: its name with arrows, the weekdays, its weeks; weeks without a free day are left out."""
    nothing = talk.tap("n.no")
    before = first - timedelta(days=1)
    after = (first + timedelta(days=32)).replace(day=1)
    name = str(format_date(first, "LLLL y", locale=talk.language))
    back = any(day < first for day in free)
    forth = any(day >= after for day in free)
    rows: list[list[Button]] = [
        [("‹" if back else "·", talk.tap("n.month", f"{before:%Y-%m}") if back else nothing),
         (name, nothing),
         ("›" if forth else "·", talk.tap("n.month", f"{after:%Y-%m}") if forth else nothing)]
    ]  # fmt: skip
    week = [first - timedelta(days=first.weekday()) + timedelta(days=n) for n in range(7)]
    rows.append([(str(format_date(day, "EEEEEE", locale=talk.language)), nothing) for day in week])
    for days in calendar.Calendar().monthdatescalendar(first.year, first.month):
        if any(day in free and day.month == first.month for day in days):
            rows.append(
                [
                    (str(day.day), talk.tap("n.day", day.isoformat()))
                    if day in free and day.month == first.month
                    else ("·", nothing)
                    for day in days
                ]
            )
    return rows


def day_name(talk: Talk, day: date) -> str:
    """A day as he writes it."""
    return str(format_date(day, "EEEE, d MMMM", locale=talk.language))

"""Who takes an accounting request, and when (domain.md §8.1, §8.3): pure rules over a picture of the staff.

Right for the planned moment: works then by his hours and the calendar, his queue is open that day, has the category's
skill, speaks the languages. Among these the least loaded within a tenth of the best, the fewest recent requests (by
his limit as well, or those of small limits would get more than their share), then chance. The limit of a manager is no
cap: it is what he is measured by.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import i18n
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations.calendar import Calendar, shift

NEAR = 0.1
"""Loads within this of the best one are alike."""


@dataclass(slots=True)
class Manager:
    """One who may take requests; `waiting` and `recent` change as requests are given to him."""

    key: UUID
    name: str
    limit: int
    start: time
    end: time
    languages: frozenset[str]
    skills: frozenset[UUID]
    closed: frozenset[date]
    waiting: int = 0
    recent: int = 0

    @property
    def load(self) -> float:
        """Requests that wait, by the limit."""
        return self.waiting / self.limit

    def working(self, moment: datetime, calendar: Calendar) -> date | None:
        """The day whose shift holds a local moment; None outside of his hours."""
        today = moment.date()
        for day in (today, today - timedelta(days=1)):
            start, end = shift(day, self.start, self.end, calendar.zone)
            if start <= moment < end and calendar.works(day):
                return day
        return None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request needs of its manager; `spoken` is the category's own language."""

    category: UUID | None
    language: str
    spoken: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a request goes to, when, and why: a code and numbers, told by `explain`."""

    manager: UUID
    name: str | None
    moment: datetime
    why: dict[str, Any]


@dataclass(slots=True)
class Fit:
    """Who suits a wish at a moment, and how many fell out for what."""

    able: list[Manager]
    fell: dict[str, int] = field(default_factory=dict)


def suits(manager: Manager, wish: Wish) -> str | None:
    """Why a manager can't take such a request whatever the hour; None when he can."""
    if wish.category is not None:
        if wish.category not in manager.skills:
            return "skill"
        needed = {wish.language, wish.spoken} & {"uz", "ru"}
        if not needed <= manager.languages:
            return "language"
    return None


def fit(staff: Sequence[Manager], wish: Wish, moment: datetime, calendar: Calendar) -> Fit:
    """Sort the staff out for a wish at a moment; each who falls out is counted under the first reason."""
    local = moment.astimezone(calendar.zone)
    found = Fit([], dict.fromkeys(("hours", "closed", "skill", "language"), 0))
    for manager in staff:
        day = manager.working(local, calendar)
        reason = "hours" if day is None else "closed" if day in manager.closed else suits(manager, wish)
        if reason is None:
            found.able.append(manager)
        else:
            found.fell[reason] += 1
    return found


def working_moment(staff: Sequence[Manager], wish: Wish, moment: datetime, calendar: Calendar) -> datetime:
    """The moment itself when one who suits works then, else the first at which one does; the centre's hours when none.

    Staff of whom nobody suits is as good as none: the request then waits for a person to hand it out.
    """
    local = moment.astimezone(calendar.zone)
    suited = [manager for manager in staff if suits(manager, wish) is None]
    for day in calendar.days(local.date() - timedelta(days=1)):
        starts = [
            max(local, start)
            for manager in suited
            if day not in manager.closed
            for start, end in (shift(day, manager.start, manager.end, calendar.zone),)
            if local < end
        ]
        if starts:
            return min(starts)
    return calendar.next_opening(moment)


def best(able: Sequence[Manager], chance: random.Random) -> tuple[Manager, int]:
    """The one of them who gets it, and how many were as little loaded."""
    least = min(manager.load for manager in able) + NEAR
    near = [manager for manager in able if manager.load <= least]
    fewest = min(manager.recent / manager.limit for manager in near)
    return chance.choice([manager for manager in near if manager.recent / manager.limit == fewest]), len(near)


def choose(
    staff: Sequence[Manager], found: Fit, moment: datetime, chance: random.Random, *, without: UUID | None = None
) -> Choice:
    """Give a request to one who suits and count it to him; to the undefined manager when nobody does."""
    able = [manager for manager in found.able if manager.key != without]
    numbers = {"staff": len(staff), **found.fell, "candidates": len(able), "moment": moment.isoformat()}
    if not able:
        return Choice(UNDEFINED_MANAGER, None, moment, {"code": "nobody", **numbers})
    taken, near = best(able, chance)
    numbers |= {"near": near, "waiting": taken.waiting, "limit": taken.limit, "recent": taken.recent}
    taken.waiting += 1
    taken.recent += 1
    code = "only" if len(able) == 1 else "least_loaded"
    return Choice(taken.key, taken.name, moment, {"code": code, "manager": taken.name, **numbers})


def explain(language: str, why: dict[str, Any], zone: ZoneInfo) -> str:
    """The reason of a choice (`changes["why"][1]` of Opened and Assigned) as a person reads it."""
    values = {key: value for key, value in why.items() if key != "code"}
    values["moment"] = i18n.moment(language, datetime.fromisoformat(why["moment"]), zone)
    return i18n.text(language, f"why.{why['code']}", values)

"""What a process knows of the staff and the dictionaries, at most a second old: enough for choosing, cheap to ask.

What it gives away itself it counts at once; what others do meanwhile it sees with the next picture. Limits never rest
on it: they are counted in the transaction of the request.
"""

from __future__ import annotations

import asyncio
import random
from datetime import date, datetime
from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.core.errors import Invalid
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import selection
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.schemas import ConsultationIn
from clobus.modules.consultations.selection import Choice, Fit, Manager, Wish
from clobus.modules.notifications import service as notifications
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT

KEEP_SECONDS = 1.0

STAFF = """
select u.cl_ref_key as key, u.description as name, u.con_limit as "limit", u.start_hour, u.end_hour, u.uz, u.ru,
       array(select s.category_key from cons.users_skill s where s.user_key = u.cl_ref_key) as skills,
       array(select (q.period at time zone %(zone)s)::date from cons.queue_closing q where q.manager_key = u.cl_ref_key
             and q.period > %(now)s - interval '2 days') as closed,
       coalesce(w.waiting, 0) as waiting, coalesce(w.recent, 0) as recent
from cons.users u left join (
    select c.manager, count(*) as waiting, count(*) filter (where c.create_date > %(now)s - interval '1 hour') as recent
    from cons.cons c where c.status in ('open', 'pending') and not c.denied group by 1
) w on w.manager = u.cl_ref_key
where not u.deletion_mark and not u.invalid and u.consultation_enabled and u.con_limit > 0
  and u.cl_ref_key <> %(undefined)s and u.department = %(department)s
  and u.start_hour is not null and u.end_hour is not null
order by u.cl_ref_key
"""
WORDS = "select ref_key, language from dict.online_question_cat where not deleted"
QUESTION = "select 1 from dict.online_question where ref_key = %s and not deleted"


class Roster:
    """The picture of one process; `chance` breaks ties."""

    def __init__(self, calendar: Calendar, chance: random.Random | None = None) -> None:
        self.calendar = calendar
        self.staff: list[Manager] = []
        self.people: notifications.Everybody = {}
        self._chance = chance or random.Random()  # noqa: S311 - spreads work, guards nothing
        self._categories: dict[UUID, str] = {}
        self._questions: set[UUID] = set()
        self._undefined: str | None = None
        self._fits: dict[tuple[Wish, datetime], tuple[datetime, Fit]] = {}
        self._until = float("-inf")
        self._lock = asyncio.Lock()

    async def refresh(self, connection: Connection, *, force: bool = False) -> None:
        """Look anew when the picture is too old. Not for a pipeline: its statements are waited for."""
        async with self._lock:
            if not force and clock.monotonic() < self._until:
                return
            params = {"zone": self.calendar.zone.key, "now": clock.now(), "undefined": UNDEFINED_MANAGER,
                      "department": ACCOUNTING_DEPARTMENT}  # fmt: skip
            self.staff = [_manager(row) for row in await rows(connection, STAFF, params)]
            self.people = await notifications.everybody(connection)
            self._categories = {row["ref_key"]: row["language"] for row in await rows(connection, WORDS)}
            name = await one(
                connection, "select description from cons.users where cl_ref_key = %s", (UNDEFINED_MANAGER,)
            )
            self._undefined = name["description"] if name else None
            self._questions.clear()
            self._fits.clear()
            self._until = clock.monotonic() + KEEP_SECONDS

    @property
    def fresh(self) -> bool:
        """Whether the picture may still be used."""
        return clock.monotonic() < self._until

    async def knows(self, connection: Connection, question: UUID) -> bool:
        """Whether the dictionary has the question; what it has is remembered as long as the picture."""
        if question not in self._questions and await one(connection, QUESTION, (question,)):
            self._questions.add(question)
        return question in self._questions

    def wish(self, asked: ConsultationIn) -> Wish:
        """What a request needs; Invalid for a category that the dictionary lacks."""
        category = asked.online_question_cat
        if category is not None and category not in self._categories:
            raise Invalid("dictionary.unknown", {"field": "online_question_cat"})
        return self.wish_of(category, asked.lang)

    def wish_of(self, category: UUID | None, language: str) -> Wish:
        """What a request that stands already needs; a category that is gone from the dictionary has no language."""
        return Wish(category, language, self._categories.get(category) if category else None)

    def moment(self, wish: Wish, moment: datetime) -> datetime:
        """The moment, moved to when one who suits works."""
        return self._fit(wish, moment)[0]

    def choose(self, wish: Wish, moment: datetime, *, without: UUID | None = None) -> Choice:
        """Give a request for (about) this moment to somebody."""
        at, found = self._fit(wish, moment)
        choice = selection.choose(self.staff, found, at, self._chance, without=without)
        if choice.name is None:
            return Choice(choice.manager, self._undefined, choice.moment, choice.why)
        return choice

    def _fit(self, wish: Wish, moment: datetime) -> tuple[datetime, Fit]:
        """Who suits when, computed once for a minute of the picture."""
        minute = moment.replace(second=0, microsecond=0)
        known = self._fits.get((wish, minute))
        if known is None:
            at = selection.working_moment(self.staff, wish, moment, self.calendar)
            known = (at, selection.fit(self.staff, wish, at, self.calendar))
            self._fits[wish, minute] = known
        at, found = known
        return (moment if at <= moment or at.replace(second=0, microsecond=0) == minute else at), found


def _manager(row: dict[str, Any]) -> Manager:
    closed: frozenset[date] = frozenset(row["closed"])
    languages = frozenset(name for name in ("uz", "ru") if row[name])
    return Manager(row["key"], row["name"], row["limit"], row["start_hour"], row["end_hour"], languages,
                   frozenset(row["skills"]), closed, row["waiting"], row["recent"])  # fmt: skip

"""A desk with random requests, and what reports should tell of it, reckoned slowly: request by request, day by day."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core.db import Connection, run
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.types import Kind

ZONE = ZoneInfo("Asia/Tashkent")
CALENDAR = Calendar(ZONE, holidays=frozenset({(3, 8), (3, 21)}), opens=time(9), closes=time(18))
NOW = datetime(2026, 4, 20, 7, 30, tzinfo=UTC)
NONE = UUID(int=0)
PROMISES = {("accounting", None): (4 * 3600, 27 * 3600), ("support", None): (1800, 9 * 3600),
            ("support", 3): (900, 4 * 3600)}  # fmt: skip


def worked(since: datetime, until: datetime) -> int:
    """Working seconds between two instants, day by day."""
    total, day = 0, since.astimezone(ZONE).date()
    while day <= until.astimezone(ZONE).date():
        if CALENDAR.works(day):
            start, end = (datetime.combine(day, at, ZONE) for at in (CALENDAR.opens, CALENDAR.closes))
            total += max(0, int((min(end, until) - max(start, since)).total_seconds()))
        day += timedelta(days=1)
    return total


@dataclass
class Request:
    """One request with all that reports look at."""

    cons_id: UUID
    key: UUID | None
    kind: str
    status: str
    created: datetime
    ended: datetime | None
    manager: UUID | None
    category: UUID | None
    channel: str
    language: str | None
    client: UUID | None
    importance: int | None
    messages: list[tuple[datetime, str, str]] = field(default_factory=list)
    marks: list[int | None] = field(default_factory=list)
    redates: int = 0

    @property
    def promise(self) -> tuple[int, int]:
        return PROMISES.get((self.kind, self.importance), PROMISES[self.kind, None])

    def times(self) -> tuple[int | None, int | None, int | None]:
        """First response, answer and closing."""
        spoken = [m for m in self.messages if m[1] != "note" and m[2] != "platform"]
        first = next((worked(self.created, at) for at, way, _ in spoken if way == "out"), None)
        waits, asked = [], None
        for at, way, _ in spoken:
            if way == "in" and asked is None:
                asked = at
            elif way == "out" and asked is not None:
                waits.append(worked(asked, at))
                asked = None
        answer = sum(waits) // len(waits) if waits else None
        closed = self.status in ("closed", "resolved") and self.ended is not None
        return first, answer, worked(self.created, self.ended) if closed and self.ended else None

    def promises(self, now: datetime) -> tuple[int, int, int, int]:
        """Promises kept and broken: of the first answer, of closing."""
        first, _, closing = self.times()
        ended = self.status in ("closed", "resolved", "cancelled")
        age = worked(self.created, now)
        limits = self.promise
        answered = age if first is None and not ended else first
        done = age if not ended else closing
        kept = (first is not None and first <= limits[0], closing is not None and closing <= limits[1])
        return (int(kept[0]), int(answered is not None and answered > limits[0]),
                int(kept[1]), int(done is not None and done > limits[1]))  # fmt: skip

    def fact(self, others: Sequence[Request], now: datetime) -> dict[str, Any]:
        """What plain SQL adds up."""
        local = self.created.astimezone(ZONE)
        first, answer, closing = self.times()
        marks = [mark for mark in self.marks if mark is not None]
        week = self.created - timedelta(days=7)
        again = self.client is not None and any(
            one.client == self.client and week <= one.created
            and (one.created, one.cons_id) < (self.created, self.cons_id) for one in others
        )  # fmt: skip
        kept = self.promises(now)
        manager = NONE if self.manager in (None, UNDEFINED_MANAGER) else self.manager
        return {
            "cons_id": self.cons_id, "day": local.date(), "hour": local.hour, "kind": self.kind,
            "channel": self.channel, "language": self.language or "", "category": self.category or NONE,
            "manager": manager, "status": self.status, "first": first, "answer": answer,
            "closing": closing, "marks_sum": sum(marks), "marks_n": len(marks), "redates": self.redates,
            "again": again, "first_met": kept[0], "first_missed": kept[1], "closing_met": kept[2],
            "closing_missed": kept[3],
        }  # fmt: skip


class Desk:
    """Random requests, and changes of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.managers = [new_id() for _ in range(4)]
        self.categories = [new_id() for _ in range(5)]
        self.clients = [new_id() for _ in range(25)]
        self.requests: list[Request] = []
        self._message = 0

    def moment(self, first: date = date(2026, 1, 5), days: int = 104) -> datetime:
        """Any second, mostly of the working day."""
        hour = self.chance.choice([*range(8, 20), self.chance.randrange(24)])
        local = datetime.combine(first, time(hour), ZONE) + timedelta(
            days=self.chance.randrange(days), seconds=self.chance.randrange(3600)
        )
        return local.astimezone(UTC)

    def request(self) -> Request:
        """One more."""
        pick = self.chance.choice
        kind = pick(["accounting", "accounting", "support"])
        created = self.moment()
        done = {"accounting": "closed", "support": "resolved"}[kind]
        status = pick([done, done, done, "cancelled", "open", "pending"])
        ended = min(NOW, created + timedelta(seconds=int(self.chance.expovariate(1 / 200_000))))
        made = Request(
            new_id(), new_id() if kind == "accounting" and self.chance.random() < 0.8 else None, kind, status, created,
            ended if status in (done, "cancelled") else None, pick([None, UNDEFINED_MANAGER, *self.managers]),
            pick([None, *self.categories]), pick(["1C_CL", "SITE", "TELEGRAM"]) if kind == "accounting" else "CHATWOOT",
            pick([None, "ru", "uz"]), pick([None, *self.clients]), pick([None, 1, 2, 3]),
        )  # fmt: skip
        at = created
        for _ in range(self.chance.choice([0, 0, 1, 2, 5, 9])):
            at += timedelta(seconds=int(self.chance.expovariate(1 / 9000)))
            made.messages.append((at, pick(["in", "in", "out", "note"]), pick(["chatwoot", "chatwoot", "platform"])))
        if status == done and self.chance.random() < 0.5:
            made.marks = [pick([None, 1, 2, 3, 4, 5]) for _ in range(pick([1, 3]))]
        made.redates = pick([0, 0, 0, 1, 2])
        return made

    async def open(self, connection: Connection, count: int) -> None:
        """Bring clients in, then so many requests."""
        await run(
            connection,
            "insert into cons.clients (client_id, code) select g.id, 'c' from unnest(%s::uuid[]) as g (id)"
            " on conflict do nothing",
            (self.clients,),
        )
        for _ in range(count):
            await self.add(connection, self.request())

    async def add(self, connection: Connection, one: Request) -> None:
        """Store one with all that belongs to it."""
        self.requests.append(one)
        kind = Kind.SUPPORT if one.kind == "support" else Kind.ACCOUNTING
        await run(
            connection,
            "insert into cons.cons (cons_id, cl_ref_key, consultation_type, status, create_date, end_date, manager,"
            " online_question_cat, source, lang, client_id, importance)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (one.cons_id, one.key, kind.value, one.status, one.created, one.ended, one.manager, one.category,
             one.channel, one.language, one.client, one.importance),
        )  # fmt: skip
        for at, direction, via in one.messages:
            await self.say(connection, one, at, direction, via)
        for number, mark in enumerate(one.marks):
            await run(
                connection,
                "insert into cons.cons_rating_answers (cons_key, manager_key, question_number, rating)"
                " values (%s, %s, %s, %s)",
                (one.key or one.cons_id, one.manager, number, mark),
            )
        for number in range(one.redates):
            await self.redate(connection, one, number)

    async def say(self, connection: Connection, one: Request, at: datetime, direction: str, via: str) -> None:
        """A message of the conversation."""
        self._message += 1
        await run(
            connection,
            "insert into cons.messages (message_id, cons_id, conversation_id, direction, via, created_at)"
            " values (%s, %s, 1, %s, %s, %s)",
            (self._message, one.cons_id, direction, via, at),
        )

    @staticmethod
    async def redate(connection: Connection, one: Request, number: int) -> None:
        """A move to another day."""
        at = one.created + timedelta(hours=number)
        await run(
            connection,
            "insert into cons.cons_redate (cons_key, period, new_date) values (%s, %s, %s)",
            (one.key or one.cons_id, at, at),
        )

    async def change(self, connection: Connection) -> None:
        """Something happens to a request."""
        one = self.chance.choice(self.requests)
        what = self.chance.randrange(6)
        if what == 0:
            one.status, one.ended = ("closed" if one.kind == "accounting" else "resolved"), NOW - timedelta(minutes=5)
        elif what == 1:
            one.manager = self.chance.choice([None, UNDEFINED_MANAGER, *self.managers])
        elif what == 2:
            one.client, one.created = self.chance.choice([None, *self.clients]), self.moment()
            one.messages = [(max(at, one.created), way, via) for at, way, via in one.messages]
            await run(connection, "update cons.messages set created_at = greatest(created_at, %s) where cons_id = %s",
                      (one.created, one.cons_id))  # fmt: skip
        elif what == 3:
            self.requests.remove(one)
            verb = self.chance.choice(["delete from cons.cons", "update cons.cons set deleted = true"])
            await run(connection, f"{verb} where cons_id = %s", (one.cons_id,))
            return
        elif what == 4:
            one.redates += 1
            await self.redate(connection, one, one.redates + 5)
        else:
            last = one.messages[-1][0] if one.messages else one.created
            said = (last + timedelta(minutes=7), "out", "chatwoot")
            one.messages.append(said)
            await self.say(connection, one, *said)
        await run(
            connection,
            "update cons.cons set status = %s, end_date = %s, manager = %s, client_id = %s, create_date = %s"
            " where cons_id = %s",
            (one.status, one.ended, one.manager, one.client, one.created, one.cons_id),
        )

"""Live pages: who listens to which topic in this process, and what the database tells of changes.

A page is told only "this topic changed, event N" and reads anew through the API with its own rights, so nothing leaks
by a socket. Whatever process made a change, it is told after the commit (`core.events`, `core.signals`); what was lost
on the way is found by a look at the newest events each second, and a process that lost its ear for a moment tells all
its pages to read anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from clobus.core import clock
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.events import CHANNEL
from clobus.core.metrics import LIVE_MESSAGES, LIVE_PAGES

log = structlog.get_logger()

DESK = "desk"
CLIENT = "client:"
PRESENT_SECONDS = 45.0
LOOK_SECONDS = 1.0
BEAT_SECONDS = 15.0
T = TypeVar("T")
MOST = 5000
AWAY = (OperationalError, PoolTimeout)


class Page(Protocol):
    """One listener. No method may wait: a slow one must cost the others nothing."""

    who: str
    """The caller behind it: one may have so many pages only."""

    def tell(self, topic: str, event: int, frame: bytes) -> None:
        """A topic changed; `frame` is the ready WebSocket frame of the same news."""

    def renew(self) -> None:
        """Something may have been missed: read everything anew."""

    def beat(self, now: float) -> None:
        """Called every `BEAT_SECONDS` with the monotonic time."""

    def dismiss(self) -> None:
        """Its person may listen no more."""

    def end(self) -> None:
        """The process stops."""


@dataclass(frozen=True, slots=True)
class Change:
    """The newest event of a request, and the clients whom it concerns."""

    request: UUID
    event: int
    clients: Sequence[UUID]


Newest = Callable[[Connection, Sequence[UUID]], Awaitable[Sequence[Change]]]
"""What is new about these requests."""
Fallen = Callable[[Connection, Sequence[Page]], Awaitable[Sequence[Page]]]
"""Which of these pages are of people who may listen no more."""


def news(topic: str, event: int) -> bytes:
    """What a page is told, as JSON."""
    return b'{"type":"changed","topic":%s,"event":%d}' % (msgspec.json.encode(topic), event)


def framed(text: bytes) -> bytes:
    """A text frame of a server as it goes over the wire (RFC 6455 §5.2): built once for all who get it."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


@dataclass
class Hub:
    """The topics of one process."""

    db: Database
    newest: Newest
    fallen: Fallen
    last: int = 0
    topics: dict[str, set[Page]] = field(default_factory=dict)
    pages: dict[Page, set[str]] = field(default_factory=dict)
    people: Counter[str] = field(default_factory=Counter)
    present: Counter[UUID] = field(default_factory=Counter)
    _heard: set[UUID] = field(default_factory=set)
    _telling: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def enter(self, page: Page, clients: Iterable[UUID] = ()) -> None:
        """A page is open; `clients` are those whom its person speaks for."""
        self.pages[page] = set()
        self.people[page.who] += 1
        fresh = [client for client in clients if not self.present[client]]
        self.present.update(clients)
        LIVE_PAGES.set(len(self.pages))
        if fresh:
            self._soon(self._note_present(fresh))

    def leave(self, page: Page, clients: Iterable[UUID] = ()) -> None:
        """A page is closed."""
        for topic in self.pages.pop(page, ()):
            self._drop(page, topic)
        _less(self.people, (page.who,))
        _less(self.present, clients)
        LIVE_PAGES.set(len(self.pages))

    def watch(self, page: Page, topics: Iterable[str]) -> None:
        """Let an open page hear of these topics; rights were checked before."""
        for topic in topics:
            self.topics.setdefault(topic, set()).add(page)
            self.pages[page].add(topic)

    def unwatch(self, page: Page, topics: Iterable[str]) -> None:
        """Let it hear of them no more."""
        for topic in topics:
            self.pages[page].discard(topic)
            self._drop(page, topic)

    def _drop(self, page: Page, topic: str) -> None:
        watching = self.topics.get(topic)
        if watching is not None:
            watching.discard(page)
            if not watching:
                del self.topics[topic]

    def tell(self, changed: Mapping[str, int]) -> None:
        """Tell everybody who watches these topics; one frame a topic, no waiting."""
        for topic, event in changed.items():
            watching = self.topics.get(topic)
            if not watching:
                continue
            frame = framed(news(topic, event))
            for page in watching:
                page.tell(topic, event, frame)
            LIVE_MESSAGES.inc(len(watching))

    def hear(self, requests: Iterable[UUID]) -> None:
        """Something happened to these requests; those that come while one look is taken share the next."""
        if not self.topics:
            return
        self._heard.update(requests)
        if self._heard and not self._telling:
            self._telling = True
            self._soon(self._tell_heard())

    async def _tell_heard(self) -> None:
        try:
            while self._heard:
                asked = list(self._heard)[:MOST]
                self._heard.difference_update(asked)
                async with self.db.read() as connection:
                    found = await self.newest(connection, asked)
                changed: dict[str, int] = {}
                for change in found:
                    self.last = max(self.last, change.event)
                    changed[f"consultation:{change.request}"] = change.event
                    for client in change.clients:
                        changed[f"{CLIENT}{client}"] = max(change.event, changed.get(f"{CLIENT}{client}", 0))
                if found:
                    changed[DESK] = max(change.event for change in found)
                self.tell(changed)
        except AWAY:
            self._renew_all()
        finally:
            self._telling = False

    async def run(self) -> None:
        """Listen until cancelled; survives a database that is away for a while."""
        beating = [asyncio.create_task(self._beat()), asyncio.create_task(self._look())]
        heard = False
        try:
            while True:
                try:
                    await self._listen(renew=heard)
                except AWAY as error:
                    log.warning("live.database_away", error=type(error).__name__)
                heard = True
                await asyncio.sleep(0.5)
        finally:
            for task in beating:
                task.cancel()

    async def _listen(self, *, renew: bool) -> None:
        async with self.db.dedicated() as connection:
            await connection.execute(f"listen {CHANNEL}")
            row = await one(connection, "select coalesce(max(id), 0) as last from log.events")
            self.last = row["last"] if row else 0
            if renew:
                self._renew_all()
            await self._ear(connection)

    async def _ear(self, connection: Connection) -> None:
        """Hear until the line breaks, which raises; straight from libpq, since the driver's generator costs 0.3 ms."""
        loop, pgconn = asyncio.get_running_loop(), connection.pgconn
        broken: asyncio.Future[None] = loop.create_future()

        def readable() -> None:
            try:
                pgconn.consume_input()
            except OperationalError as error:
                if not broken.done():
                    broken.set_exception(error)
                return
            heard = []
            while (note := pgconn.notifies()) is not None:
                heard.append(UUID(note.extra.decode()))
            self.hear(heard)

        loop.add_reader(pgconn.socket, readable)
        try:
            await broken
        finally:
            loop.remove_reader(pgconn.socket)

    def end(self) -> None:
        """Tell every page that the process stops."""
        for page in list(self.pages):
            page.end()

    def _renew_all(self) -> None:
        for page in list(self.pages):
            page.renew()

    async def _look(self) -> None:
        """Find events of which no word came: their process died between commit and telling."""
        before = None
        while True:
            with contextlib.suppress(*AWAY):
                async with self.db.read() as connection:
                    row = await one(connection, "select coalesce(max(id), 0) as id from log.events")
                    newest = row["id"] if row else 0
                    if not self.topics:
                        self.last = max(self.last, newest)
                    elif before is not None and before > self.last:  # untold for a whole second
                        found = await rows(
                            connection,
                            "select distinct cons_id from log.events where id > %s and id <= %s"
                            " and cons_id is not null limit %s",
                            (self.last, before, MOST),
                        )
                        self.last = before
                        self.hear(row["cons_id"] for row in found)
                before = newest
            await asyncio.sleep(LOOK_SECONDS)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = clock.monotonic()
            for at, page in enumerate(list(self.pages)):
                page.beat(now)
                if at % 500 == 499:
                    await asyncio.sleep(0)
            await self.dismiss_fallen()
            if self.present:
                await self._note_present(list(self.present))

    async def dismiss_fallen(self) -> None:
        """Send away whose session or key ended, or who left, since his page was opened."""
        pages = list(self.pages)
        if pages:
            with contextlib.suppress(*AWAY):
                async with self.db.read() as connection:
                    gone = await self.fallen(connection, pages)
                for page in gone:
                    page.dismiss()

    async def _note_present(self, clients: Sequence[UUID]) -> None:
        with contextlib.suppress(*AWAY):
            async with self.db.read() as connection:
                await run(
                    connection,
                    "insert into sys.presence (client_id, until) select id, now() + make_interval(secs => %s)"
                    " from unnest(%s::uuid[]) as id order by id"
                    " on conflict (client_id) do update set until = excluded.until",
                    (PRESENT_SECONDS, sorted(clients)),
                )

    def _soon(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _less(counted: Counter[T], keys: Iterable[T]) -> None:
    for key in keys:
        counted[key] -= 1
        if counted[key] <= 0:
            del counted[key]


async def is_present(connection: Connection, client_id: UUID) -> bool:
    """Whether somebody who speaks for this client has a page open, in whatever process."""
    return bool(
        await one(connection, "select 1 from sys.presence where client_id = %s and until > now()", (client_id,))
    )

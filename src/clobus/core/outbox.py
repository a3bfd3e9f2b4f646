"""Pushes are level-triggered: one row for each subject that a partner may show wrongly, and a dispatcher of such rows.

A row says only "look at this one"; what the partner is told is computed when it is looked at. So ten changes are one
push, order is free, and a partner that was away is told the present and not the history.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from psycopg import OperationalError

from clobus.core import clock, signals
from clobus.core.db import Connection, Database, rows, run
from clobus.core.errors import GatewayDown, GatewayError, Permanent, Transient
from clobus.core.metrics import PUSHES

log = structlog.get_logger()

CHANNEL = "clobus_outbox"
LEASE_SECONDS = 30
"""How long the rows of a dead worker wait; one that lives renews, since a slow partner may take longer than that."""
PUSH_SECONDS = 300
"""The longest that one push may take: whatever hangs for longer is tried again."""
GIVE_UP_SECONDS = 24 * 3600
BUG_ATTEMPTS = 5
REFUSALS = 3
REFUSED_SECONDS = 60.0
"""A rule still says no after so long; a partner in trouble may say the same for a while."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One claimed row: the kind and id of what may differ, and the version that was wanted when it was claimed."""

    kind: str
    id: UUID
    version: int
    attempts: int
    age: float
    refused: float


Handler = Callable[[str, UUID], Awaitable[None]]


async def touch(connection: Connection, system: str, kind: str, ids: Sequence[UUID]) -> None:
    """Note in the caller's transaction that `system` may show these subjects wrongly, and wake the dispatcher."""
    await touch_each(connection, kind, {system: ids})


async def touch_each(connection: Connection, kind: str, ids_of: Mapping[str, Sequence[UUID]]) -> None:
    """The same for several systems in one statement."""
    pairs = sorted({(system, id_) for system, ids in ids_of.items() for id_ in ids})
    if not pairs:
        return
    await connection.execute(
        "insert into sys.outbox as o (system, subject, subject_id)"
        " select n.system, %s, n.id from unnest(%s::text[], %s::uuid[]) as n (system, id) order by 1, 3"
        " on conflict (system, subject, subject_id) do update set wanted_version = o.wanted_version + 1,"
        " state = case o.state when 'claimed' then 'claimed' else 'pending' end,"
        " attempts = case o.state when 'claimed' then o.attempts else 0 end, next_at = now(),"
        " first_at = case o.state when 'dead' then now() else o.first_at end,"
        " refused_at = case o.state when 'claimed' then o.refused_at end",
        (kind, [system for system, _ in pairs], [id_ for _, id_ in pairs]),
    )
    for system in sorted({system for system, _ in pairs}):
        await signals.tell(connection, CHANNEL, system)


class Dispatcher:
    """Works off the rows of one system, several at a time, one subject never twice at once."""

    def __init__(
        self, db: Database, system: str, handler: Handler, *, concurrency: int = 4, batch: int = 50,
        lease: float = LEASE_SECONDS,
    ) -> None:  # fmt: skip
        self.db = db
        self.lease = lease
        self.system = system
        self.handler = handler
        self.concurrency = concurrency
        self.batch = batch
        self._wake = asyncio.Event()
        self._done: list[Subject] = []
        self._held_until = 0.0

    def wake(self) -> None:
        """Look for rows at once."""
        self._wake.set()

    async def run(self, stop: asyncio.Event, *, poll_seconds: float = 1.0) -> None:
        """Dispatch until `stop` is set; survives a database that is away for a while."""
        while not stop.is_set():
            self._wake.clear()
            try:
                claimed = await self.drain_once()
            except OperationalError as error:
                log.warning("outbox.database_away", system=self.system, error=type(error).__name__)
                claimed = 0
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), poll_seconds)

    async def drain_once(self) -> int:
        """Claim one batch, push all of it, acknowledge; returns how many were claimed."""
        queue = await self._claim()
        if not queue:
            return 0
        pending = iter(queue)

        async def work() -> None:
            for subject in pending:
                if clock.monotonic() > self._held_until:
                    return  # the lease ran out unrenewed: the rest may be another worker's by now
                try:
                    await self._push(subject)
                    if len(self._done) >= 10:
                        await self._acknowledge()
                except OperationalError:
                    # Siblings in the middle of a write are not cancelled for it; the row is claimed again in time.
                    await asyncio.sleep(0.2)

        renewing = asyncio.create_task(self._renew(queue))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.concurrency, len(queue))):
                    group.create_task(work())
        finally:
            renewing.cancel()
        await self._acknowledge()
        return len(queue)

    async def _renew(self, queue: Sequence[Subject]) -> None:
        """Keep the claimed rows ours while they are worked off."""
        keys = ([s.kind for s in queue], [s.id for s in queue], [s.attempts for s in queue])
        while True:
            await asyncio.sleep(self.lease / 3)
            asked = clock.monotonic()
            with contextlib.suppress(OperationalError):
                async with self.db.transaction() as connection:
                    await run(
                        connection,
                        "update sys.outbox o set lease_until = now() + make_interval(secs => %s)"
                        " from unnest(%s::text[], %s::uuid[], %s::int[]) as d (subject, id, attempts)"
                        " where o.system = %s and o.subject = d.subject and o.subject_id = d.id"
                        " and o.state = 'claimed' and o.attempts = d.attempts and o.lease_until > now()",
                        (self.lease, *keys, self.system),
                    )
                self._held_until = asked + self.lease

    async def _claim(self) -> list[Subject]:
        asked = clock.monotonic()
        async with self.db.transaction() as connection:
            found = await rows(
                connection,
                "update sys.outbox o set state = 'claimed', lease_until = now() + make_interval(secs => %s),"
                " attempts = o.attempts + 1 from (select system, subject, subject_id from sys.outbox where system = %s"
                " and ((state = 'pending' and next_at <= now()) or (state = 'claimed' and lease_until < now()))"
                " order by next_at limit %s for update skip locked) c where o.system = c.system"
                " and o.subject = c.subject and o.subject_id = c.subject_id returning o.subject, o.subject_id,"
                " o.wanted_version, o.attempts, extract(epoch from now() - o.first_at)::float8 as age,"
                " coalesce(extract(epoch from now() - o.refused_at), 0)::float8 as refused",
                (self.lease, self.system, self.batch),
            )
        self._held_until = asked + self.lease
        return [
            Subject(r["subject"], r["subject_id"], r["wanted_version"], r["attempts"], r["age"], r["refused"])
            for r in found
        ]  # fmt: skip

    async def _push(self, subject: Subject) -> None:
        try:
            async with asyncio.timeout(PUSH_SECONDS):
                await self.handler(subject.kind, subject.id)
        except TimeoutError as error:
            PUSHES.labels(self.system, "slow").inc()
            await self._postpone(subject, error, _delay(subject.attempts, None), dead=False)
        except Transient as error:
            PUSHES.labels(self.system, error.kind).inc()
            down = isinstance(error, GatewayDown)
            dead = subject.age > GIVE_UP_SECONDS and not down
            await self._postpone(subject, error, _delay(subject.attempts, error.retry_after), dead=dead)
        except Permanent as error:
            PUSHES.labels(self.system, error.kind).inc()
            # A 500 of 1C may be its rule or its trouble: what it still answers after a while is a rule. What we refuse
            # ourselves has no status.
            dead = subject.attempts >= REFUSALS and (error.status is None or subject.refused >= REFUSED_SECONDS)
            await self._postpone(subject, error, 0 if dead else _delay(subject.attempts, None), dead=dead)
        except OperationalError:
            # The database is away, not the partner: the lease runs out and the row is claimed again.
            PUSHES.labels(self.system, "database").inc()
            await asyncio.sleep(0.2)
        except Exception as error:  # a bug must not stop the dispatcher; it ends as a dead letter with its trace
            log.exception("outbox.bug", system=self.system, subject=subject.kind, id=str(subject.id))
            PUSHES.labels(self.system, "bug").inc()
            dead = subject.attempts >= BUG_ATTEMPTS
            await self._postpone(subject, error, _delay(subject.attempts, None), dead=dead)
        else:
            PUSHES.labels(self.system, "done").inc()
            self._done.append(subject)

    async def _acknowledge(self) -> None:
        done, self._done = self._done, []
        if not done:
            return
        try:
            await self._acknowledged(done)
        except OperationalError:
            self._done += done  # told at the next occasion
            raise

    async def _acknowledged(self, done: Sequence[Subject]) -> None:
        async with self.db.transaction() as connection:
            keys = ([s.kind for s in done], [s.id for s in done], [s.version for s in done], self.system)
            # Pieces of our own text are put together, no values.
            source = " from unnest(%s::text[], %s::uuid[], %s::bigint[]) as d (subject, id, version)"
            same = " o.system = %s and o.subject = d.subject and o.subject_id = d.id and o.state = 'claimed'"
            # The delete goes first: it waits for a transaction that wants the row anew, then leaves it to the update.
            # The other way round neither would see such a row, and it would stay claimed until its lease is over.
            await run(
                connection,
                "delete from sys.outbox o using unnest(%s::text[], %s::uuid[], %s::bigint[])"  # noqa: S608 - names of ours, values are parameters
                " as d (subject, id, version)"
                f" where{same} and o.wanted_version = d.version",
                keys,
            )
            await run(
                connection,
                "update sys.outbox o set state = 'pending', attempts = 0, next_at = now(), first_at = now(),"  # noqa: S608 - as above
                f" refused_at = null{source} where{same} and o.wanted_version > d.version",
                keys,
            )

    async def _postpone(self, subject: Subject, error: Exception, delay: float, *, dead: bool) -> None:
        text = str(error) if isinstance(error, GatewayError) else f"{type(error).__name__}: {error}"
        vendor = error.vendor_text if isinstance(error, GatewayError) else ""
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update sys.outbox set state = case when wanted_version > %s then 'pending' else %s end,"
                " next_at = now() + make_interval(secs => %s), error_class = %s, last_error = %s,"
                " refused_at = case when %s then coalesce(refused_at, now()) end"
                " where system = %s and subject = %s and subject_id = %s and state = 'claimed'",
                (subject.version, "dead" if dead else "pending", delay, type(error).__name__,
                 f"{text} {vendor}".strip()[:1000], isinstance(error, Permanent), self.system, subject.kind,
                 subject.id),
            )  # fmt: skip
        log.warning(
            "outbox.postponed", system=self.system, error=type(error).__name__, dead=dead, delay=round(delay, 1)
        )


def _delay(attempts: int, retry_after: float | None) -> float:
    """Seconds until the next try: exponential with full jitter up to five minutes, or what the partner asked for."""
    if retry_after is not None:
        return retry_after + random.uniform(0, 1)  # noqa: S311 - spreads load, guards nothing
    return random.uniform(0.5, 1.0) * min(300.0, 0.5 * float(2 ** min(attempts, 12)))  # noqa: S311 - as above


async def listen(db: Database, dispatchers: Sequence[Dispatcher], stop: asyncio.Event) -> None:
    """Wake dispatchers when a transaction with work for them commits; polling covers what is missed."""
    by_system = {d.system: d for d in dispatchers}
    while not stop.is_set():
        try:
            async with db.dedicated() as connection:
                await connection.execute(f"listen {CHANNEL}")
                while not stop.is_set():
                    async for note in connection.notifies(timeout=1.0):
                        if note.payload in by_system:
                            by_system[note.payload].wake()
        except OperationalError:
            await asyncio.sleep(1)

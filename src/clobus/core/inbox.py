"""A foreign message is stored before it is answered, and handled once.

Messages of one subject (a conversation) are handled together and never by two at once; different subjects in parallel.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import OperationalError
from psycopg.types.json import Jsonb

from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.errors import ClobusError, Transient
from clobus.core.metrics import INBOX

log = structlog.get_logger()

LEASE_SECONDS = 30
"""How long the messages of a dead worker wait; one that lives renews, since a slow partner may take longer."""
MAX_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message as its handler gets it."""

    id: int
    event: str
    subject: str | None
    payload: dict[str, Any]


Handler = Callable[[str | None, Sequence[Message]], Awaitable[str]]
"""Handles all waiting messages of one subject; returns `handled` or `ignored`."""


async def store(
    connection: Connection, source: str, delivery_id: str, event: str, subject: str | None, payload: dict[str, Any]
) -> int | None:
    """Store a message once by (source, delivery id); returns its id, or None when it was there already."""
    row = await one(
        connection,
        "insert into log.webhook_log (source, delivery_id, event, subject, payload) values (%s, %s, %s, %s, %s)"
        " on conflict (source, delivery_id) do nothing returning id",
        (source, delivery_id, event, subject, Jsonb(payload)),
    )
    INBOX.labels(source, "stored" if row else "doubled").inc()
    return row["id"] if row else None


class Processor:
    """Hands stored messages of one source to their handler."""

    def __init__(
        self, db: Database, source: str, handler: Handler, *, concurrency: int = 4, lease: float = LEASE_SECONDS,
        ordered: bool = False,
    ) -> None:  # fmt: skip
        """`ordered`: what comes after a message of the same subject that has to wait waits too."""
        self.db = db
        self.lease = lease
        self.source = source
        self.handler = handler
        self.concurrency = concurrency
        self.ordered = ordered

    async def run(self, stop: asyncio.Event, *, poll_seconds: float = 0.2) -> None:
        """Handle until `stop` is set; survives a database that is away for a while."""
        while not stop.is_set():
            try:
                count = await self.drain_once()
            except OperationalError as error:
                log.warning("inbox.database_away", error=type(error).__name__)
                count = 0
            if not count:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), poll_seconds)

    async def drain_once(self) -> int:
        """Claim what waits, by subject, and handle it; returns how many messages were claimed."""
        claimed = await self._claim()
        groups: dict[str | None, list[Message]] = {}
        for message in claimed:
            groups.setdefault(message.subject, []).append(message)
        pending = iter(groups.items())

        async def work() -> None:
            for subject, messages in pending:
                # What the database could not be told is claimed again; siblings are not cancelled for it.
                with contextlib.suppress(OperationalError):
                    await self._handle(subject, messages)

        renewing = asyncio.create_task(self._renew([message.id for message in claimed]))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.concurrency, len(groups))):
                    group.create_task(work())
        finally:
            renewing.cancel()
        return len(claimed)

    async def _renew(self, ids: list[int]) -> None:
        """Keep the claimed messages ours while they are handled."""
        while True:
            await asyncio.sleep(self.lease / 3)
            with contextlib.suppress(OperationalError):
                async with self.db.transaction() as connection:
                    await run(
                        connection,
                        "update log.webhook_log set lease_until = now() + make_interval(secs => %s)"
                        " where id = any(%s) and state = 'claimed' and lease_until > now()",
                        (self.lease, ids),
                    )

    async def _claim(self, limit: int = 200) -> list[Message]:
        async with self.db.transaction() as connection:
            # One claimer at a time, so that two workers never take messages of the same subject.
            await connection.execute(
                "select pg_advisory_xact_lock(hashtextextended('inbox:' || %s, 0))", (self.source,)
            )
            found = await rows(
                connection,
                "update log.webhook_log w set state = 'claimed', attempts = w.attempts + 1,"
                " lease_until = now() + make_interval(secs => %s) from (select id from log.webhook_log n"
                " where n.source = %s and ((n.state = 'new' and n.next_at <= now())"
                " or (n.state = 'claimed' and n.lease_until < now())) and not exists (select 1 from log.webhook_log b"
                " where b.source = n.source and b.subject = n.subject and b.state = 'claimed'"
                " and b.lease_until >= now()) and (not %s or not exists (select 1 from log.webhook_log b"
                " where b.source = n.source and b.subject = n.subject and b.state = 'new' and b.next_at > now()"
                " and b.id < n.id))"
                " order by n.id limit %s) c where w.id = c.id"
                " returning w.id, w.event, w.subject, w.payload",
                (self.lease, self.source, self.ordered, limit),
            )
        return sorted(
            (Message(r["id"], r["event"], r["subject"], r["payload"]) for r in found), key=lambda message: message.id
        )

    async def _handle(self, subject: str | None, messages: Sequence[Message]) -> None:
        ids = [m.id for m in messages]
        try:
            outcome = await self.handler(subject, messages)
        except OperationalError:
            return  # the lease runs out and the messages are claimed again
        except Exception as error:  # whatever it is: the message stays, with its error, and is tried again
            transient = isinstance(error, Transient)
            if not isinstance(error, ClobusError):
                log.exception("inbox.bug", source=self.source)
            await self._again(ids, error, transient=transient)
            return
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update log.webhook_log set state = %s, handled_at = now(), error_message = null where id = any(%s)",
                (outcome, ids),
            )
        INBOX.labels(self.source, outcome).inc(len(ids))

    async def _again(self, ids: list[int], error: Exception, *, transient: bool) -> None:
        INBOX.labels(self.source, "failed").inc(len(ids))
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update log.webhook_log set error_message = %s, next_at = now() + make_interval(secs =>"
                " least(300, 0.5 * power(2, least(attempts, 10)))), state = case when attempts >= %s and not %s"
                " then 'dead' else 'new' end where id = any(%s)",
                (f"{type(error).__name__}: {error}"[:1000], MAX_ATTEMPTS, transient, ids),
            )

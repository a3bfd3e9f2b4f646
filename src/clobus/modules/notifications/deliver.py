"""Send queued messages into their conversations: each at most once, those of one request in order.

A message is marked `sending` (committed) before it is sent. When the answer is lost, or the sender dies, it is looked
for once by its `source_id`; one that is not found is `unknown` and never repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from psycopg import OperationalError
from psycopg.rows import DictRow

from clobus.core.db import Database
from clobus.core.errors import GatewayDown, GatewayError, Permanent, Transient
from clobus.core.metrics import MESSAGES
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.modules.notifications import catalogue, queries

log = structlog.get_logger()

SEND_SECONDS = 40.0
"""Shorter than the lease, so that nobody looks for a message that is still being sent."""

_NUMBERED = [type_ for type_ in catalogue.LIFETIME if catalogue.needs_number(type_)]
_EXEMPT = [f"{type_}.{kind}" for type_ in _NUMBERED for kind in catalogue.kinds_without_number(type_)]


def source_id(id_: UUID) -> str:
    """The mark by which a message of ours is found in Chatwoot."""
    return f"note-{id_}"


class Deliverer:
    """Sends what is queued; several may run, a request's messages are never sent by two at once."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, zone: ZoneInfo, *, concurrency: int = 4) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.zone = zone
        self.concurrency = concurrency

    async def run(self, stop: asyncio.Event, *, poll_seconds: float = 0.5) -> None:
        """Deliver until `stop` is set; survives a database that is away for a while."""
        while not stop.is_set():
            try:
                count = await self.drain_once()
            except OperationalError as error:
                log.warning("notifications.database_away", error=type(error).__name__)
                count = 0
            if not count:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), poll_seconds)

    async def drain_once(self) -> int:
        """Send one batch and look for lost ones; returns how many messages were handled."""
        limit = self.concurrency  # what is claimed is sent at once, well within its lease
        async with self.db.transaction() as connection:
            await queries.give_up(connection)
            lost = await queries.claim_lost(connection, limit)
            claimed = await queries.claim(connection, _NUMBERED, _EXEMPT, limit)
        for row in lost:
            await self._look_for(row, "the sender ended in the middle")
        pending = iter(claimed)

        async def work() -> None:
            for row in pending:
                await self._send(row)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.concurrency, len(claimed))):
                group.create_task(work())
        return len(lost) + len(claimed)

    async def _send(self, row: DictRow) -> None:
        body = catalogue.render(row["type"], row["language"], row["params"], row, self.zone)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                message = await self.chatwoot.create_message(
                    row["conversation_id"], body, private=row["audience"] == "manager", source_id=source_id(row["id"])
                )
        except TimeoutError:
            await self._look_for(row, "sending took too long")
        except Permanent as error:
            await self._finish(row, "failed", error=str(error))
        except Transient as error:
            if isinstance(error, GatewayDown) or error.not_done:
                await self._postpone(row, "queued", error)
            else:
                await self._look_for(row, str(error))
        else:
            await self._finish(row, "sent", message_id=message.id, body=body)

    async def _look_for(self, row: DictRow, why: str) -> None:
        try:
            message = await self.chatwoot.find_message(row["conversation_id"], source_id(row["id"]))
        except Permanent as error:
            await self._finish(row, "unknown", error=f"{why}; {error}")
        except GatewayError as error:
            await self._postpone(row, "sending", error)
        else:
            state = "sent" if message else "unknown"
            await self._finish(row, state, message_id=message.id if message else None, error=None if message else why)

    async def _finish(
        self, row: DictRow, state: str, *, message_id: int | None = None, body: str | None = None,
        error: str | None = None,
    ) -> None:  # fmt: skip
        async with self.db.transaction() as connection:
            await queries.finish(connection, row["id"], state, message_id=message_id, body=body, error=error)
        MESSAGES.labels(row["type"], state).inc()
        if state != "sent":
            log.warning("notifications.not_sent", type=row["type"], state=state, id=str(row["id"]), error=error)

    async def _postpone(self, row: DictRow, state: str, error: GatewayError) -> None:
        told = error.retry_after if isinstance(error, Transient) else None
        delay = max(told or 0.0, random.uniform(1, 5))  # noqa: S311 - a jitter, not a secret
        async with self.db.transaction() as connection:
            await queries.postpone(connection, row["id"], state, delay, str(error))

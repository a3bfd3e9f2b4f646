"""Send queued messages: each at most once, those of one request to one recipient in order.

A message is marked `sending` (committed) before it is sent. A channel that refuses it for sure hands it to the next of
its route. When the answer is lost, or the sender dies, it is looked for where that is possible (in Chatwoot by its
`source_id`); one that is not found is `unknown` and never repeated, over no channel.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import structlog
from psycopg import OperationalError
from psycopg.rows import DictRow

from clobus.core import clock
from clobus.core.db import Database
from clobus.core.errors import GatewayDown, GatewayError, Permanent, Transient
from clobus.core.metrics import MESSAGES
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.mail.smtp import Mailer
from clobus.gateways.telegram.sender import TelegramSender
from clobus.modules.notifications import channels, queries
from clobus.modules.notifications.catalogue import TYPES
from clobus.modules.notifications.channels import Channel, IsPresent, Sent, source_id
from clobus.modules.notifications.quiet import Quiet
from clobus.modules.notifications.recipients import BASE

__all__ = ["Deliverer", "source_id"]

log = structlog.get_logger()

SEND_SECONDS = 40.0
"""Shorter than the lease, so that nobody looks for a message that is still being sent."""


class Deliverer:
    """Sends what is queued; several may run, what goes to one recipient of a request is never sent by two at once."""

    def __init__(
        self, db: Database, chatwoot: ChatwootClient, zone: ZoneInfo, *, telegram: TelegramSender | None = None,
        mailer: Mailer | None = None, site: str | None = None, is_present: IsPresent | None = None,
        quiet: Quiet | None = None, concurrency: int = 4,
    ) -> None:  # fmt: skip
        self.db = db
        self.zone = zone
        self.quiet = quiet or Quiet()
        self.concurrency = concurrency
        self.channels: Mapping[str, Channel] = {
            "chatwoot": channels.Conversation(chatwoot, zone),
            "telegram": channels.Telegram(db, telegram, zone),
            "email": channels.Email(mailer, zone, site),
            "live": channels.Live(db, is_present, zone),
        }

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
            claimed = await queries.claim(connection, limit)
        for row in lost:
            await self._look_for(row, "the sender ended in the middle")
        pending = iter(claimed)

        async def work() -> None:
            for row in pending:
                # What the database could not be told is looked for later; siblings in mid-sending go on.
                with contextlib.suppress(OperationalError):
                    await self._send(row)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.concurrency, len(claimed))):
                group.create_task(work())
        return len(lost) + len(claimed)

    async def _send(self, row: DictRow) -> None:
        if TYPES[row["type"]].waits and await self._held(row):
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await self.channels[row["channel"]].send(row)
        except TimeoutError:
            await self._look_for(row, "sending took too long")
        except Permanent as error:
            await self._refused(row, error)
        except Transient as error:
            if isinstance(error, GatewayDown) or error.not_done:
                await self._postpone(row, "queued", error)
            else:
                await self._look_for(row, str(error))
        except (KeyError, ValueError) as error:  # a text that can't be made must not hold the others up
            await self._finish(row, "failed", error=f"the text can't be made: {error!r}")
        else:
            await self._finish(row, "sent", sent=sent)

    async def _held(self, row: DictRow) -> bool:
        """Whether it is quiet where the message goes; one that would come too late then is dropped."""
        own = Quiet(row["quiet_from"], row["quiet_to"]) if row["quiet_from"] and row["audience"] == "client" else None
        until = (own or self.quiet).until(clock.now(), self.zone)
        if until is None:
            return False
        if until >= row["expires_at"]:
            await self._finish(row, "expired", error="too late after the quiet hours")
        else:
            async with self.db.transaction() as connection:
                await queries.hold(connection, row["id"], until)
        return True

    async def _look_for(self, row: DictRow, why: str) -> None:
        try:
            message_id = await self.channels[row["channel"]].find(row)
        except Permanent as error:
            await self._finish(row, "unknown", error=f"{why}; {error}")
        except GatewayError as error:
            await self._postpone(row, "sending", error)
        else:
            if message_id is not None:
                await self._finish(row, "sent", sent=Sent("", message_id))
            else:
                await self._finish(row, "unknown", error=why)

    async def _refused(self, row: DictRow, error: Permanent) -> None:
        """Hand a message on to the next channel; when none is left, the conversation may still have a copy."""
        route, channel = list(row["route"]), row["channel"]
        left = route[route.index(channel) + 1 :] if channel in route else []
        if not left:
            await self._finish(row, "failed" if row["recipient"] == BASE else "refused", error=str(error))
            return
        async with self.db.transaction() as connection:
            await queries.note(connection, row["id"], channel, "refused", str(error))
            await queries.pass_on(connection, row["id"], left[0], str(error))

    async def _finish(self, row: DictRow, state: str, *, sent: Sent | None = None, error: str | None = None) -> None:
        body = sent.body if sent and sent.body else None
        if body and row["params"].get("url"):
            body = body.replace(row["params"]["url"], "…")  # a link of one use is for one reader
        async with self.db.transaction() as connection:
            await queries.finish(
                connection, row["id"], state, message_id=sent.message_id if sent else None, body=body, error=error
            )
            if state != "expired":
                await queries.note(connection, row["id"], row["channel"], state, error)
        MESSAGES.labels(row["type"], state).inc()
        if state not in ("sent", "refused"):
            log.warning("notifications.not_sent", type=row["type"], state=state, id=str(row["id"]), error=error)

    async def _postpone(self, row: DictRow, state: str, error: GatewayError) -> None:
        told = error.retry_after if isinstance(error, Transient) else None
        delay = max(told or 0.0, random.uniform(1, 5))  # noqa: S311 - a jitter, not a secret
        async with self.db.transaction() as connection:
            await queries.note(connection, row["id"], row["channel"], "later", str(error))
            await queries.postpone(connection, row["id"], state, delay, str(error))

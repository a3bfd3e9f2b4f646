"""How updates come: asked for by one process alone, or delivered to the API's door; who else takes them is told."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import structlog
from psycopg import OperationalError

from clobus.core import clock, runs
from clobus.core.db import Database, advisory_lock
from clobus.core.errors import GatewayError, Refused
from clobus.gateways.telegram.client import TelegramClient
from clobus.modules.ops import alerts
from clobus.sync.telegram.door import ALLOWED, store

log = structlog.get_logger()

PROCESS = "bot"
CONFLICT, FOREIGN = "telegram:conflict", "telegram:webhook"
POLL_SECONDS = 25
BEAT_SECONDS = 30.0


class Beat:
    """A row in log.etl_runs every half minute: how many updates came, or why none could."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.read = 0
        self.new = 0
        self._next = clock.monotonic()

    async def tick(self, *, force: bool = False) -> None:
        """Write the row when it is due."""
        if not force and clock.monotonic() < self._next:
            return
        self._next = clock.monotonic() + BEAT_SECONDS
        async with runs.record(self.db, PROCESS) as this:
            this.read, this.created = self.read, self.new
        self.read = self.new = 0

    async def failed(self, error: GatewayError) -> None:
        """Write a failed row, at the same beat."""
        if clock.monotonic() < self._next:
            return
        self._next = clock.monotonic() + BEAT_SECONDS
        with contextlib.suppress(GatewayError):
            async with runs.record(self.db, PROCESS):
                raise error


class Poller:
    """Long polling: one process holds the lock and asks, others wait for it."""

    def __init__(self, db: Database, telegram: TelegramClient, hook: str, *, seconds: int = POLL_SECONDS) -> None:
        self.db = db
        self.telegram = telegram
        self.hook = hook
        self.seconds = seconds
        self.beat = Beat(db)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop` is set."""
        while not stop.is_set():
            try:
                async with advisory_lock(self.db, "telegram:poller") as got:
                    if got:
                        await self._poll(stop)
            except OperationalError as error:
                log.warning("bot.database_away", error=type(error).__name__)
            except Exception:  # a bug must not end the bot: nothing was confirmed, it is asked for again
                log.exception("bot.poller_fell")
            await pause(stop, 1.0)

    async def _poll(self, stop: asyncio.Event) -> None:
        offset: int | None = None
        wait = 0.5
        while not stop.is_set():
            try:
                if offset is None:
                    await self._free_the_way()
                found = await self._asked(offset, stop)
            except Refused as error:
                await self._refused(error)
                offset = None  # whose webhook is it? What is not confirmed comes again and is known
                await self.beat.failed(error)
                await pause(stop, 5.0)
            except GatewayError as error:
                log.warning("bot.no_updates", error=str(error))
                await self.beat.failed(error)
                asked = getattr(error, "retry_after", None) or 0.0
                await pause(stop, max(asked, random.uniform(0.2, wait)))  # noqa: S311 - a jitter
                wait = min(30.0, wait * 2)
            else:
                wait = 0.5
                if found:
                    # Committed before the next question confirms them.
                    async with self.db.transaction() as connection:
                        self.beat.new += await store(connection, found)
                    self.beat.read += len(found)
                    offset = max(update["update_id"] for update in found) + 1
                elif offset is None:
                    offset = 0
                await clear(self.db, CONFLICT, FOREIGN)
                await self.beat.tick()

    async def _asked(self, offset: int | None, stop: asyncio.Event) -> list[dict[str, Any]]:
        """The next updates; given up when the process ends meanwhile, which confirms nothing."""
        asking = asyncio.create_task(self.telegram.updates(offset or None, ALLOWED, self.seconds))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not asking.done():
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
            return []
        return await asking

    async def _free_the_way(self) -> None:
        """A webhook of ours, from an earlier mode, is taken away; one of somebody else's is not ours to take."""
        info = await self.telegram.webhook_info()
        if not info.url:
            return
        if info.url == self.hook:
            await self.telegram.delete_webhook()
            return
        raise Refused("telegram", "another program's webhook takes the updates", code="telegram.foreign_webhook")

    async def _refused(self, error: Refused) -> None:
        log.error("bot.conflict", error=str(error), code=error.code)
        if error.code == "telegram.foreign_webhook":
            await tell(self.db, FOREIGN, "alert.telegram_webhook")
        elif error.code == "telegram.conflict":
            await tell(self.db, CONFLICT, "alert.telegram_conflict")


class Hook:
    """The webhook: set at start, looked after for as long as the process lives."""

    def __init__(
        self, db: Database, telegram: TelegramClient, url: str, secret: str, *, seconds: float = 10.0
    ) -> None:  # fmt: skip
        self.db = db
        self.telegram = telegram
        self.seconds = seconds
        self.url = url
        self.secret = secret
        self.beat = Beat(db)

    async def run(self, stop: asyncio.Event) -> None:
        """Set it, then see that it stays ours."""
        ours = False
        while not stop.is_set():
            try:
                info = await self.telegram.webhook_info()
                if info.url != self.url and (ours or info.url):
                    # It was ours, or is somebody's: another program uses the same token. Told, not fought over.
                    log.error("bot.webhook_taken")
                    await tell(self.db, FOREIGN, "alert.telegram_webhook")
                if not info.url:
                    await self.telegram.set_webhook(self.url, self.secret, ALLOWED)
                    ours = True
                elif info.url == self.url:
                    if not ours:
                        await self.telegram.set_webhook(self.url, self.secret, ALLOWED)
                    ours = True
                    await clear(self.db, CONFLICT, FOREIGN)
                await self.beat.tick()
            except GatewayError as error:
                log.warning("bot.no_webhook", error=str(error))
                await self.beat.failed(error)
            except OperationalError as error:
                log.warning("bot.database_away", error=type(error).__name__)
            await pause(stop, self.seconds)


async def tell(db: Database, key: str, text: str) -> None:
    """Let people know of a trouble until it is over."""
    async with db.transaction() as connection:
        await alerts.note_trouble(connection, key, text)


async def clear(db: Database, *keys: str) -> None:
    """These troubles are over."""
    async with db.read() as connection:
        await alerts.forget_trouble(connection, keys)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, or until the process is to end."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)

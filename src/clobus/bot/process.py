"""`clobus bot`: takes updates, handles them, tells what the bot can do; ends at any moment without losing anything."""

from __future__ import annotations

import asyncio

import structlog
from aiogram import Bot
from psycopg import OperationalError

from clobus.bot import menu, rules
from clobus.bot.handling import Handler
from clobus.bot.updates import Hook, Poller, pause
from clobus.core import inbox
from clobus.core.errors import GatewayError, Unavailable
from clobus.gateways.telegram.client import TelegramClient
from clobus.gateways.telegram.session import HouseSession
from clobus.runtime import Runtime
from clobus.sync.telegram.door import PATH, SOURCE, webhook_secret

log = structlog.get_logger()


async def run_bot(runtime: Runtime, stop: asyncio.Event) -> None:
    """Work until `stop` is set; Unavailable when no bot is set up."""
    given = runtime.settings.telegram
    if runtime.telegram is None or given is None or given.mode == "off":
        raise Unavailable("telegram.not_set")
    telegram = TelegramClient.over(runtime.telegram)
    bot = Bot(given.bot_token.get_secret_value(), session=HouseSession(telegram))
    handler = Handler(runtime.db, bot, rules.of(runtime.settings))
    processor = inbox.Processor(
        runtime.db, SOURCE, handler.handle, lease=runtime.settings.lease_seconds, ordered=True, concurrency=8
    )
    tasks = [
        asyncio.create_task(processor.run(stop, poll_seconds=0.1)),
        asyncio.create_task(_source(runtime, telegram).run(stop)),
        asyncio.create_task(_install(bot, runtime, stop)),
        asyncio.create_task(_left_over(handler, stop)),
    ]
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, *tasks[:2]}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        _, late = await asyncio.wait(tasks, timeout=6)
        for task in [*late, waiting]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def hook_address(runtime: Runtime) -> str:
    """Where Telegram would deliver."""
    settings = runtime.settings
    return str(settings.webhook_url or settings.public_url).rstrip("/") + PATH


def _source(runtime: Runtime, telegram: TelegramClient) -> Poller | Hook:
    given = runtime.settings.telegram
    address = hook_address(runtime)
    if given is not None and given.mode == "webhook":
        secret = webhook_secret(runtime.settings.secret_key.get_secret_value())
        return Hook(runtime.db, telegram, address, secret)
    return Poller(runtime.db, telegram, address)


async def _install(bot: Bot, runtime: Runtime, stop: asyncio.Event) -> None:
    """Tell what the bot can do, as soon as Telegram answers."""
    webapp = runtime.settings.telegram.webapp_url if runtime.settings.telegram else None
    while not stop.is_set():
        try:
            await menu.install(bot, str(webapp) if webapp else None)
        except GatewayError as error:
            log.warning("bot.no_menu", error=str(error))
            await pause(stop, 10.0)
        else:
            return


async def _left_over(handler: Handler, stop: asyncio.Event) -> None:
    """Do what an earlier process left undone."""
    while not stop.is_set():
        try:
            await handler.left_over()
        except (GatewayError, OperationalError) as error:
            log.warning("bot.left_over", error=type(error).__name__)
        await pause(stop, 15.0)

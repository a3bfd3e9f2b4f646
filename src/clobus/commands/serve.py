"""`clobus worker`, `clobus api` and `clobus bot`: the processes of the platform."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Annotated

import typer
import uvloop

from clobus.api.app import create_app
from clobus.api.server import make_server
from clobus.bot.process import run_bot
from clobus.commands import session
from clobus.core import logging
from clobus.runtime import open_runtime
from clobus.schedule import expected
from clobus.settings import Settings
from clobus.worker import run_worker


def worker() -> None:
    """Sync, push, handle webhooks, deliver messages, watch: all that goes on by itself. SIGTERM stops it."""
    with session.words():
        given = session.settings()
        logging.configure(given.log_level)
        uvloop.run(_work(given))


async def _work(given: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_runtime(given, pool_size=12) as runtime:
        gc.freeze()  # what stays for good is not looked through again
        await run_worker(runtime, stop)


def bot() -> None:
    """Speak with clients in Telegram. One process asks for updates, further ones stand by. SIGTERM stops it."""
    with session.words():
        given = session.settings()
        logging.configure(given.log_level)
        uvloop.run(_talk(given))


async def _talk(given: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_runtime(given, pool_size=8) as runtime:
        gc.freeze()  # as above
        await run_bot(runtime, stop)


def api(
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
) -> None:
    """Serve the API, the operations page, health and metrics. SIGTERM stops it."""
    with session.words():
        given = session.settings()
        logging.configure(given.log_level)
        uvloop.run(_serve(given, host, port))


async def _serve(given: Settings, host: str, port: int) -> None:
    async with open_runtime(given, pool_size=16) as runtime:
        app = create_app(runtime, intervals=expected(given))
        gc.freeze()  # as above
        gc.set_threshold(20_000, 20, 20)  # requests make garbage without cycles
        await make_server(app, host, port).serve()

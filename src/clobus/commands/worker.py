"""`clobus worker`: all that goes on by itself."""

from __future__ import annotations

import gc

import uvloop

from clobus.commands import session
from clobus.core import logging
from clobus.runtime import open_runtime
from clobus.settings import Settings
from clobus.worker import run_worker


def worker() -> None:
    """Sync, push, handle webhooks, deliver messages, watch: all that goes on by itself. SIGTERM stops it."""
    with session.words():
        given = session.settings()
        logging.configure(given.log_level)
        uvloop.run(_work(given))


async def _work(given: Settings) -> None:
    stop = session.told_to_stop()
    async with open_runtime(given, pool_size=12) as runtime:
        gc.freeze()  # what stays for good is not looked through again
        await run_worker(runtime, stop)

"""`clobus bot`: the bot in Telegram."""

from __future__ import annotations

import gc

import uvloop

from clobus.bot import aiogram_types as aiogram_types  # before anything that imports aiogram
from clobus.bot.process import run_bot
from clobus.commands import session
from clobus.core import logging
from clobus.runtime import open_runtime
from clobus.settings import Settings


def bot() -> None:
    """Speak with clients in Telegram. One process asks for updates, further ones stand by. SIGTERM stops it."""
    with session.words():
        given = session.settings()
        logging.configure(given.log_level)
        uvloop.run(_talk(given))


async def _talk(given: Settings) -> None:
    stop = session.told_to_stop()
    async with open_runtime(given, pool_size=8) as runtime:
        gc.freeze()  # what stays for good is not looked through again
        await run_bot(runtime, stop)

"""`clobus api`: the API's process."""

from __future__ import annotations

import gc
from typing import Annotated

import typer
import uvloop

from clobus.api.app import create_app
from clobus.api.server import make_server
from clobus.commands import session
from clobus.core import logging
from clobus.runtime import open_runtime
from clobus.schedule import expected
from clobus.settings import Settings


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
        gc.freeze()  # what stays for good is not looked through again
        gc.set_threshold(20_000, 20, 20)  # requests make garbage without cycles
        await make_server(app, host, port).serve()

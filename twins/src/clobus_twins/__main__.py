"""Run twins: `python -m clobus_twins onec|chatwoot|telegram|all --port PORT --data DIR`.

A twin whose directory under DATA is empty is seeded first. When it answers, one line `ready http://127.0.0.1:PORT`
is printed for each; `all` takes PORT, PORT+1 and PORT+2.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

NAMES = ("onec", "chatwoot", "telegram")
HOST = "127.0.0.1"


def build(name: str, data: Path, size: str) -> ASGIApp:
    """The application of one twin over `data`, seeded with `size` when its directory is empty."""
    data.mkdir(parents=True, exist_ok=True)
    fresh = not any(data.iterdir())
    app: ASGIApp = importlib.import_module(f"clobus_twins.{name}.app").create_app(data)
    seeder = _seeder(name)
    if fresh and size != "empty" and seeder is not None:
        seeder.seed(app.store, size)  # type: ignore[attr-defined] - every twin's application carries its store
    return app


def _seeder(name: str) -> object:
    wanted = f"clobus_twins.{name}.seed"
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        if error.name != wanted:
            raise
        return None


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override] - sockets unused
        """Start, then print the ready line."""
        await super().startup()
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"ready http://{HOST}:{port}\n")
            sys.stdout.flush()


async def _serve(names: list[str], port: int, data: Path, size: str) -> None:
    servers = []
    for offset, name in enumerate(names):
        app = build(name, data if len(names) == 1 else data / name, size)
        config = uvicorn.Config(
            app,
            host=HOST,
            port=port + offset if port else 0,
            log_level="warning",
            access_log=False,
            http="httptools",
            timeout_graceful_shutdown=3,
        )
        servers.append(_Server(config))
    await asyncio.gather(*(server.serve() for server in servers))
    if not all(server.started for server in servers):
        raise SystemExit(3)


def main() -> None:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="clobus_twins", description="Twins of 1C, Chatwoot and Telegram.")
    parser.add_argument("twin", choices=[*NAMES, "all"])
    parser.add_argument("--port", type=int, required=True, help="0 = any free port")
    parser.add_argument("--data", type=Path, required=True, help="directory of the state")
    parser.add_argument("--seed-size", choices=["full", "small", "empty"], default="full")
    options = parser.parse_args()
    names = list(NAMES) if options.twin == "all" else [options.twin]
    os.umask(0o077)
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_serve(names, options.port, options.data, options.seed_size))


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 - only the process entry needs it

    return uvloop.new_event_loop()


if __name__ == "__main__":
    main()

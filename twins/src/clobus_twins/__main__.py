"""Run twins: `python -m clobus_twins onec|chatwoot|telegram|mail|oidc|all --port PORT --data DIR`.

A twin whose directory under DATA is empty is seeded first. When it answers, one line `ready http://127.0.0.1:PORT`
is printed for each; `all` takes PORT and those after it. `page` is the sandbox page over the instance in DATA.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import os
import shutil
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from starlette.types import ASGIApp

NAMES = ("onec", "chatwoot", "telegram", "mail", "oidc")
HOST = "127.0.0.1"
_MARKER = ".seeding"
_CREDENTIALS = "credentials.json"


def build(name: str, data: Path, size: str, now: datetime | None = None) -> ASGIApp:
    """The application of one twin over `data`, seeded with `size` when nothing but credentials stands there.

    `now` is the day of the seeded world (naive local time; None = the present one). A seeding that was cut short
    leaves its marker: then what stands there is thrown away and it starts again.
    """
    data.mkdir(parents=True, exist_ok=True)
    marker = data / _MARKER
    if marker.exists():
        for path in _contents(data):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    fresh = not _contents(data)
    seed = _seeder(name)
    app: Any = importlib.import_module(f"clobus_twins.{name}.app").create_app(data)
    if fresh and size != "empty" and seed is not None:
        marker.touch()
        seed(app.store, size, now=now, data_dir=data)
        marker.unlink()
    served: ASGIApp = app
    return served


def _contents(data: Path) -> list[Path]:
    return [path for path in data.iterdir() if path.name != _CREDENTIALS]


def _seeder(name: str) -> Callable[..., Any] | None:
    wanted = f"clobus_twins.{name}.seed"
    try:
        seed: Callable[..., Any] = importlib.import_module(wanted).seed
    except ModuleNotFoundError as error:
        if error.name != wanted:
            raise
        return None
    return seed


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the ready line."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            sys.stdout.write(f"ready http://{HOST}:{port}\n")
            sys.stdout.flush()


async def _serve(names: list[str], port: int, data: Path, size: str, now: datetime | None) -> None:
    day = now or datetime.now(ZoneInfo("Asia/Tashkent")).replace(tzinfo=None)
    servers = []
    for offset, name in enumerate(names):
        app = build(name, data if len(names) == 1 else data / name, size, day)
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
    parser = argparse.ArgumentParser(
        prog="clobus_twins",
        description="Twins of 1C, Chatwoot, Telegram, a mail server and an OpenID provider; the sandbox page.",
    )
    parser.add_argument("twin", choices=[*NAMES, "page", "all"])
    parser.add_argument("--port", type=int, required=True, help="0 = any free port")
    parser.add_argument("--data", type=Path, required=True, help="directory of the state")
    parser.add_argument("--seed-size", choices=["full", "small", "empty"], default="full")
    parser.add_argument("--now", type=datetime.fromisoformat, help="day of the seeded world, naive local time")
    options = parser.parse_args()
    names = list(NAMES) if options.twin == "all" else [options.twin]
    os.umask(0o077)
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_serve(names, options.port, options.data, options.seed_size, options.now))


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 - only the process entry needs it

    return uvloop.new_event_loop()


if __name__ == "__main__":
    main()

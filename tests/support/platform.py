"""The platform inside the test's process, over twins and a database of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from clobus.core.db import one, rows
from clobus.parts import assemble
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Settings
from clobus.worker import run_worker
from tests.support.twins import TwinProcess


def settings_for(database_url: str, *twins: TwinProcess, **more: str) -> Settings:
    """The settings that let the platform work with these twins; `more` by variable, without `CLOBUS_`."""
    values: dict[str, Any] = {"database_url": database_url, "secret_key": "k" * 32, "speed": 20.0}
    for twin in twins:
        known = twin.credentials
        if twin.kind == "onec":
            values["onec"] = {
                "base_url": twin.base_url + known["base_path"], "user": known["user"], "password": known["password"],
            }  # fmt: skip
        elif twin.kind == "chatwoot":
            names = ("token", "platform_token", "account_id", "inbox_id", "inbox_identifier")
            values["chatwoot"] = {"base_url": twin.base_url} | {name: known[name] for name in names}
        elif twin.kind == "mail":
            values["mail"] = {
                "host": known["host"], "port": known["port"], "from": "Clobus <desk@clobus.example>", "tls": "none",
            }  # fmt: skip
        else:
            values["telegram"] = {
                "base_url": twin.base_url, "bot_token": known["bot_token"],
                "alert_chat_id": known.get("alert_chat_id", "-1002000000001"),
            }  # fmt: skip
    return Settings(**values | more)


@asynccontextmanager
async def running(settings: Settings, *, ready: bool = True, seconds: float = 60) -> AsyncIterator[Runtime]:
    """A worker at work for the block, and what it works with; with `ready` the first load is over when it begins."""
    stop = asyncio.Event()
    async with open_runtime(settings, pool_size=12) as runtime:
        if ready and await first_load_is_over(runtime):
            await assemble(runtime).provisioner.all()  # the webhooks' address is another one now
        worker = asyncio.create_task(run_worker(runtime, stop))
        try:
            if ready:
                await until(lambda: first_load_is_over(runtime), seconds, worker)
            yield runtime
        finally:
            stop.set()
            await worker


async def first_load_is_over(runtime: Runtime) -> bool:
    """Whether the first load came through."""
    async with runtime.db.read() as connection:
        row = await one(connection, "select value ->> 'state' as state from sys.settings where key = 'first_load'")
    return bool(row and row["state"] == "done")


async def until(
    true: Callable[[], Awaitable[bool]], seconds: float = 20, worker: asyncio.Task[None] | None = None
) -> None:
    """Wait for something; AssertionError when it takes too long or the worker ends."""
    deadline = time.monotonic() + seconds
    while not await true():
        if worker is not None and worker.done():
            await worker
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.1)


async def ask(runtime: Runtime, sql: str, *params: Any) -> list[dict[str, Any]]:
    """Ask the platform's database."""
    async with runtime.db.read() as connection:
        return [dict(row) for row in await rows(connection, sql, params)]


def environment_for(settings: Settings) -> dict[str, str]:
    """The same settings as variables, for a process of its own."""

    def flat(prefix: str, values: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in values.items():
            if isinstance(value, dict):
                found |= flat(f"{prefix}{name.upper()}__", value)
            elif isinstance(value, list | tuple | set | frozenset):
                found[f"{prefix}{name.upper()}"] = json.dumps(sorted(value), default=str)
            elif value is not None:
                secret = getattr(value, "get_secret_value", None)
                found[f"{prefix}{name.upper()}"] = str(secret() if secret else value)
        return found

    return flat("CLOBUS_", settings.model_dump(exclude_none=True))

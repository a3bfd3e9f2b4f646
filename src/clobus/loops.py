"""THE table of what runs all the time: dispatchers of pushes, the inbox, messages to people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from clobus.core import outbox
from clobus.modules.notifications.deliver import Deliverer
from clobus.runtime import Runtime

Loop = Callable[[asyncio.Event], Awaitable[None]]


def all_loops(runtime: Runtime) -> dict[str, Loop]:
    """Every loop by name; each runs until the event that it is given is set."""
    db, settings = runtime.db, runtime.settings
    dispatchers: list[outbox.Dispatcher] = []
    loops: dict[str, Loop] = {f"push_{d.system}": d.run for d in dispatchers}

    async def listen(stop: asyncio.Event) -> None:
        await outbox.listen(db, dispatchers, stop)

    loops["listen"] = listen
    loops["notifications"] = Deliverer(db, runtime.chatwoot, settings.tz).run
    return loops

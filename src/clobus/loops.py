"""THE table of what runs all the time: dispatchers of pushes, the inbox, messages to people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from clobus.core import inbox, live, outbox
from clobus.modules.notifications.deliver import Deliverer
from clobus.modules.notifications.letters import Postman
from clobus.modules.notifications.quiet import Quiet
from clobus.parts import Parts
from clobus.sync.chatwoot.vocabulary import SOURCE
from clobus.sync.telegram.book import CHAT

Loop = Callable[[asyncio.Event], Awaitable[None]]


def all_loops(parts: Parts) -> dict[str, Loop]:
    """Every loop by name; each runs until the event that it is given is set."""
    runtime = parts.runtime
    db, settings = runtime.db, runtime.settings
    at_once, lease = settings.chatwoot.concurrency, settings.lease_seconds

    async def push_to_chatwoot(kind: str, subject_id: UUID) -> None:
        if kind == CHAT:
            await parts.inward.handle(subject_id)
        else:
            await parts.chatwoot_push.handle(kind, subject_id)

    dispatchers = [
        outbox.Dispatcher(db, "chatwoot", push_to_chatwoot, concurrency=at_once, lease=lease),
        outbox.Dispatcher(db, "onec", parts.onec_push.handle, concurrency=settings.onec.pages_in_flight, lease=lease),
    ]
    if parts.outward is not None:
        dispatchers.append(outbox.Dispatcher(db, "telegram", parts.outward.handle, concurrency=at_once, lease=lease))
    loops: dict[str, Loop] = {f"push_{d.system}": d.run for d in dispatchers}

    async def listen(stop: asyncio.Event) -> None:
        await outbox.listen(db, dispatchers, stop)

    loops["inbox"] = inbox.Processor(db, SOURCE, parts.receiver.handle, concurrency=at_once, lease=lease).run
    loops["listen"] = listen
    loops["notifications"] = Deliverer(
        db, runtime.chatwoot, settings.tz, telegram=runtime.telegram, mailer=runtime.mailer,
        site=settings.mail.site if settings.mail else None, is_present=live.is_present,
        quiet=Quiet(settings.messages.quiet_from, settings.messages.quiet_to),
    ).run  # fmt: skip
    loops["letters"] = Postman(db, runtime.mailer, runtime.telegram).run
    return loops

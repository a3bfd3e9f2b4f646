"""How a client wants to be told: channels in his order, quiet hours, language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, run
from clobus.core.errors import NotFound

CHANNELS = ("chatwoot", "telegram", "email", "live")


async def get(connection: Connection, client_id: UUID) -> dict[str, Any]:
    """What a client chose, `HH:MM` for the hours; nothing chosen is an empty list and nulls. NotFound for nobody."""
    found = await one(
        connection,
        "select k.client_id::text, k.language, coalesce(p.channels, '{}') as channels,"
        " to_char(p.quiet_from, 'HH24:MI') as quiet_from, to_char(p.quiet_to, 'HH24:MI') as quiet_to"
        " from cons.clients k left join cons.contact_preferences p using (client_id) where k.client_id = %s",
        (client_id,),
    )
    if found is None:
        raise NotFound("client.unknown")
    return dict(found)


async def set_(
    connection: Connection, client_id: UUID, *, channels: Sequence[str], quiet_from: time | None,
    quiet_to: time | None, language: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Keep what a client chose, as a whole; NotFound for nobody. Messages that are queued go as they were meant to."""
    known = await run(
        connection,
        "update cons.clients set language = %s, updated_at = now() where client_id = %s",
        (language, client_id),
    )
    if not known:
        raise NotFound("client.unknown")
    await run(
        connection,
        "insert into cons.contact_preferences as p (client_id, channels, quiet_from, quiet_to) values (%s, %s, %s, %s)"
        " on conflict (client_id) do update set channels = excluded.channels, quiet_from = excluded.quiet_from,"
        " quiet_to = excluded.quiet_to, updated_at = now()",
        (client_id, list(channels), quiet_from, quiet_to),
    )
    return await get(connection, client_id)

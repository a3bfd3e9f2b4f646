"""Browsers that a person signed in with before, known by a cookie of which a hash is kept."""

from __future__ import annotations

from uuid import UUID

from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, run

KEEP_DAYS = 365


async def is_known(connection: Connection, person_id: UUID, token: str | None) -> bool:
    """Whether the person signed in with this browser before."""
    if not token:
        return False
    found = await one(
        connection,
        "select 1 from cab.devices where token_hash = %s and person_id = %s",
        (hash_token(token), person_id),
    )
    return found is not None


async def remember(connection: Connection, person_id: UUID, token: str, agent: str) -> bool:
    """Keep a browser that a person signed in with; True when it is a new one and not his first."""
    had = await one(connection, "select 1 from cab.devices where person_id = %s limit 1", (person_id,))
    made = await one(
        connection,
        "insert into cab.devices (token_hash, person_id, agent) values (%s, %s, %s) on conflict (token_hash, person_id)"
        " do update set seen_at = now() returning xmax = 0 as fresh",
        (hash_token(token), person_id, agent),
    )
    return had is not None and made is not None and bool(made["fresh"])


async def forget_old(connection: Connection) -> int:
    """Delete those that nobody came with for a year."""
    return await run(
        connection, "delete from cab.devices where seen_at < now() - make_interval(days => %s)", (KEEP_DAYS,)
    )

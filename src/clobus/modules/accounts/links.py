"""Signed one-time links: a random token that stands for one subject and one purpose, once, for a while.

Purposes in use: `signin` (a session for a client), `telegram` (link a chat to a client), `rate` (the rating page).
"""

from __future__ import annotations

import secrets
from uuid import UUID

from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, run

SIGN_IN, TELEGRAM, RATE = "signin", "telegram", "rate"


async def make(connection: Connection, purpose: str, subject_id: UUID, seconds: float) -> str:
    """Make a link and return its token: 32 characters that an address and Telegram's `start` may hold, kept nowhere."""
    token = secrets.token_urlsafe(24)
    await run(
        connection,
        "insert into sys.links (token_hash, purpose, subject_id, expires_at)"
        " values (%s, %s, %s, now() + make_interval(secs => %s))",
        (hash_token(token), purpose, subject_id, seconds),
    )
    return token


async def use(connection: Connection, purpose: str, token: str) -> UUID | None:
    """Use a link up and return its subject; None when it is unknown, of another purpose, expired or used."""
    found = await one(
        connection,
        "update sys.links set used_at = now() where token_hash = %s and purpose = %s and used_at is null"
        " and expires_at > now() returning subject_id",
        (hash_token(token), purpose),
    )
    return found["subject_id"] if found else None


async def peek(connection: Connection, purpose: str, token: str) -> UUID | None:
    """What `use` would return, without using the link up: for the page that asks before it acts."""
    found = await one(
        connection,
        "select subject_id from sys.links where token_hash = %s and purpose = %s and used_at is null"
        " and expires_at > now()",
        (hash_token(token), purpose),
    )
    return found["subject_id"] if found else None


async def revoke(connection: Connection, purpose: str, subject_id: UUID) -> int:
    """End all unused links of a subject; returns how many."""
    return await run(
        connection,
        "delete from sys.links where purpose = %s and subject_id = %s and used_at is null",
        (purpose, subject_id),
    )


async def claim(connection: Connection, purpose: str, proof: str, subject_id: UUID, seconds: float) -> bool:
    """Note that a proof made elsewhere was used, for as long as it could be replayed; False when it was before."""
    made = await run(
        connection,
        "insert into sys.links (token_hash, purpose, subject_id, expires_at, used_at)"
        " values (%s, %s, %s, now() + make_interval(secs => %s), now()) on conflict do nothing",
        (hash_token(f"{purpose}\n{proof}"), purpose, subject_id, seconds),
    )
    return made == 1

"""What is half done until somebody proves something: kept under the hash of a random token, for a while, once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, run

REGISTER, RESET, EMAIL, SECOND, CHALLENGE = "register", "reset", "email", "second", "challenge"
TELEGRAM, START, OIDC = "telegram", "start", "oidc"
LIFE = {
    REGISTER: 86_400.0, RESET: 3600.0, EMAIL: 86_400.0, SECOND: 300.0, CHALLENGE: 300.0,
    TELEGRAM: 600.0, START: 600.0, OIDC: 600.0,
}  # fmt: skip
"""Seconds that each kind stands."""
MAX_ATTEMPTS = 5


async def make(
    connection: Connection, purpose: str, person_id: UUID | None = None, data: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> str:  # fmt: skip
    """Keep something half done; returns its token, which is kept nowhere. `token` is given where others made it."""
    token = token or secrets.token_urlsafe(24)
    await run(
        connection,
        "insert into cab.proofs (token_hash, purpose, person_id, data, expires_at)"
        " values (%s, %s, %s, %s, now() + make_interval(secs => %s))",
        (_name(purpose, token), purpose, person_id, Jsonb(dict(data or {})), LIFE[purpose]),
    )
    return token


async def peek(connection: Connection, purpose: str, token: str) -> DictRow | None:
    """What stands under a token, counted as an attempt; None when nothing does, or after too many attempts."""
    return await one(
        connection,
        "update cab.proofs set attempts = attempts + 1 where token_hash = %s and used_at is null"
        " and expires_at > now() and attempts < %s returning token_hash, person_id, data",
        (_name(purpose, token), MAX_ATTEMPTS),
    )


async def look(connection: Connection, purpose: str, token: str) -> DictRow | None:
    """What stands under a token, nothing counted: where no guess is taken."""
    return await one(
        connection,
        "select person_id, data from cab.proofs where token_hash = %s and used_at is null and expires_at > now()",
        (_name(purpose, token),),
    )


async def use(connection: Connection, purpose: str, token: str) -> DictRow | None:
    """Use up what stands under a token; None when it is unknown, of another purpose, old or used."""
    return await one(
        connection,
        "update cab.proofs set used_at = now() where token_hash = %s and used_at is null and expires_at > now()"
        " and attempts <= %s returning person_id, data",
        (_name(purpose, token), MAX_ATTEMPTS),
    )


async def enrich(connection: Connection, purpose: str, token: str, data: Mapping[str, Any]) -> bool:
    """Add to what stands under a token; False when nothing does."""
    return bool(
        await run(
            connection,
            "update cab.proofs set data = data || %s where token_hash = %s and used_at is null and expires_at > now()",
            (Jsonb(dict(data)), _name(purpose, token)),
        )
    )


async def drop(connection: Connection, purpose: str, *, person_id: UUID | None = None, email: str | None = None) -> int:
    """Forget what is half done of one purpose for a person, or for an address."""
    return await run(
        connection,
        "delete from cab.proofs where purpose = %s and (person_id = %s or data ->> 'email' = %s)",
        (purpose, person_id, email),
    )


async def forget_old(connection: Connection) -> int:
    """Delete what nobody can use any more."""
    return await run(connection, "delete from cab.proofs where expires_at < now() - interval '1 day'")


def _name(purpose: str, token: str) -> bytes:
    return hash_token(f"{purpose}\n{token}")

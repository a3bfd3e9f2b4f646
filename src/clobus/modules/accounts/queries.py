"""Every statement on keys of callers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.db import Connection, one, run


async def find(connection: Connection, key_hash: bytes) -> DictRow | None:
    """A key that is valid now."""
    return await one(
        connection,
        "select name, role, scopes, subject_id from sys.api_keys where key_hash = %s and revoked_at is null"
        " and (expires_at is null or expires_at > now())",
        (key_hash,),
    )


async def insert(
    connection: Connection, key_hash: bytes, name: str, role: str, scopes: Sequence[str], subject_id: UUID | None,
    seconds: float | None,
) -> None:  # fmt: skip
    """Keep a new key; `seconds` bounds its life."""
    await run(
        connection,
        "insert into sys.api_keys (key_hash, name, role, scopes, subject_id, expires_at)"
        " values (%s, %s, %s, %s, %s, now() + make_interval(secs => %s))",
        (key_hash, name, role, list(scopes), subject_id, seconds),
    )


async def revoke(connection: Connection, key_hash: bytes) -> int:
    """End a key."""
    return await run(
        connection, "update sys.api_keys set revoked_at = now() where key_hash = %s and revoked_at is null", (key_hash,)
    )

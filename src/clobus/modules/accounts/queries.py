"""Every statement on keys of callers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.db import Connection, one, rows, run


async def find(connection: Connection, key_hash: bytes) -> DictRow | None:
    """A key that is valid now; one that a person made rests while he is locked."""
    return await one(
        connection,
        "select k.name, k.role, k.scopes, k.subject_id from sys.api_keys k"
        " left join cab.people p on p.person_id = k.made_by where k.key_hash = %s and k.revoked_at is null"
        " and (k.expires_at is null or k.expires_at > now()) and p.locked_at is null",
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


async def listed(connection: Connection) -> list[DictRow]:
    """All keys that were not revoked, newest first; a key is named by the beginning of its hash."""
    return await rows(
        connection,
        "select encode(substring(key_hash for 6), 'hex') as id, name, role, scopes, subject_id, created_at, expires_at,"
        " expires_at <= now() as over from sys.api_keys where revoked_at is null order by created_at desc, name",
    )


async def revoke_named(connection: Connection, name: str) -> int:
    """End the keys whose hash begins so."""
    return await run(
        connection,
        "update sys.api_keys set revoked_at = now() where revoked_at is null"
        " and encode(substring(key_hash for 6), 'hex') = %s",
        (name,),
    )


async def linked_clients(connection: Connection, telegram_user_id: int) -> list[UUID]:
    """The clients for whom a person of Telegram may speak, the first linked first."""
    found = await rows(
        connection,
        "select l.client_id from cons.telegram_links l join cons.clients c using (client_id)"
        " where l.telegram_user_id = %s and not c.deleted order by l.created_at, l.client_id",
        (telegram_user_id,),
    )
    return [row["client_id"] for row in found]

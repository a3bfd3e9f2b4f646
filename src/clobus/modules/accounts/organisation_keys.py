"""API keys of an organisation: made by one of its administrators, for its own client alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.auth import Role, hash_token, new_token
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, NotFound

MAX_EACH = 20


async def make(
    connection: Connection, organisation_id: UUID, client_id: UUID, by: UUID, name: str, scopes: Sequence[str],
    seconds: float | None,
) -> tuple[str, str]:  # fmt: skip
    """A new key: its name for lists, and its token, which is kept nowhere. Conflict with too many."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"keys:{organisation_id}",))
    if len(await listed(connection, organisation_id)) >= MAX_EACH:
        raise Conflict("key.too_many", {"limit": MAX_EACH})
    token = new_token()
    await run(
        connection,
        "insert into sys.api_keys (key_hash, name, role, scopes, subject_id, organisation_id, made_by, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))",
        (hash_token(token), name, Role.CLIENT.value, list(scopes), client_id, organisation_id, by, seconds),
    )
    return hash_token(token)[:6].hex(), token


async def listed(connection: Connection, organisation_id: UUID) -> list[DictRow]:
    """Keys of an organisation that were not revoked, newest first."""
    return await rows(
        connection,
        "select encode(substring(k.key_hash for 6), 'hex') as id, k.name, k.scopes, p.name as made_by, k.created_at,"
        " k.expires_at, coalesce(k.expires_at <= now(), false) as over from sys.api_keys k"
        " left join cab.people p on p.person_id = k.made_by where k.organisation_id = %s and k.revoked_at is null"
        " order by k.created_at desc, k.name",
        (organisation_id,),
    )


async def end_made_by(connection: Connection, organisation_id: UUID, person_id: UUID) -> None:
    """End the keys that a person made for an organisation: he may make none any more."""
    await run(
        connection,
        "update sys.api_keys set revoked_at = now() where organisation_id = %s and made_by = %s and revoked_at is null",
        (organisation_id, person_id),
    )


async def end_for_client(connection: Connection, organisation_id: UUID, client_id: UUID) -> None:
    """End the keys of an organisation that act for a client: it is that client no more."""
    await run(
        connection,
        "update sys.api_keys set revoked_at = now() where organisation_id = %s and subject_id = %s"
        " and revoked_at is null",
        (organisation_id, client_id),
    )


async def revoke(connection: Connection, organisation_id: UUID, named: str) -> str:
    """End a key of an organisation; what it was called. NotFound."""
    found = await one(
        connection,
        "update sys.api_keys set revoked_at = now() where organisation_id = %s and revoked_at is null"
        " and encode(substring(key_hash for 6), 'hex') = %s returning name",
        (organisation_id, named),
    )
    if found is None:
        raise NotFound("key.unknown")
    return str(found["name"])

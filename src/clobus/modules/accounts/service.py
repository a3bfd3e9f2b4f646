"""Keys of callers: make, find, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.auth import Principal, Role, hash_token, new_token
from clobus.core.db import Connection, Database
from clobus.modules.accounts import queries

SCOPES = frozenset(
    {
        "audit:read", "chat:token", "clients:read", "clients:write", "clients:write-new", "consultations:create",
        "consultations:read", "consultations:read-by-id", "consultations:write", "desk:read", "desk:write",
        "dicts:read", "dicts:write", "events:read", "links:create", "live", "managers:read", "merges:read",
        "merges:write", "metrics:read", "notifications:read", "notifications:retry", "ops:read", "ops:write",
        "people:read", "people:write", "preferences:read", "preferences:write", "ratings:read", "reports:read",
        "reports:write",
    }
)  # fmt: skip
"""What a key may be narrowed to; a scope covers those that begin with it and a dash."""
KNOWN_SECONDS = 5.0
MAX_KNOWN = 10_000


async def create_key(
    connection: Connection, role: Role | str, name: str, scopes: Sequence[str] = (), subject_id: UUID | None = None,
    *, seconds: float | None = None,
) -> str:  # fmt: skip
    """Make a key and return its token, which is kept nowhere; ValueError for an unknown role."""
    token = new_token()
    await queries.insert(connection, hash_token(token), name, Role(role).value, scopes, subject_id, seconds)
    return token


async def revoke_key(connection: Connection, token: str) -> bool:
    """End a key; processes that know it forget it within `KNOWN_SECONDS`."""
    return await queries.revoke(connection, hash_token(token)) > 0


async def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """Keys that were not revoked, newest first; `id` names one without giving it away."""
    return [dict(row) for row in await queries.listed(connection)]


async def revoke_key_named(connection: Connection, name: str) -> int:
    """End the key with this `id`; returns how many ended."""
    return await queries.revoke_named(connection, name)


class KeyRing:
    """Finds callers by token; what was found, and what was not, is remembered for a few seconds."""

    def __init__(self, db: Database, *, seconds: float = KNOWN_SECONDS) -> None:
        self._db = db
        self._seconds = seconds
        self._known: dict[bytes, tuple[float, Principal | None]] = {}

    def forget(self) -> None:
        """Look everybody up anew: a key ended here."""
        self._known.clear()

    async def authenticate(self, token: str) -> Principal | None:
        """Who holds this token; None when nobody does, or its key ended."""
        return await self.by_hash(hash_token(token))

    async def by_hash(self, key_hash: bytes) -> Principal | None:
        """Who holds the token with this hash."""
        known = self._known.get(key_hash)
        if known is not None and known[0] > clock.monotonic():
            return known[1]
        async with self._db.read() as connection:
            row = await queries.find(connection, key_hash)
        principal = None
        if row is not None:
            role, scopes = Role(row["role"]), frozenset(row["scopes"])
            principal = Principal(f"key:{key_hash.hex()[:24]}", row["name"], role, scopes, row["subject_id"])
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[key_hash] = (clock.monotonic() + self._seconds, principal)
        return principal

"""What processes remember between runs: a value of JSON under a key of sys.settings."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from clobus.core.db import Connection, one, run


async def recall(connection: Connection, key: str) -> Any:
    """The value under a key, None when nothing is remembered."""
    found = await one(connection, "select value from sys.settings where key = %s", (key,))
    return found["value"] if found else None


async def remember(connection: Connection, key: str, value: Any) -> None:
    """Keep a value under a key; one that is the same writes nothing."""
    await run(
        connection,
        "insert into sys.settings as s (key, value) values (%s, %s) on conflict (key) do update"
        " set value = excluded.value, updated_at = now() where s.value is distinct from excluded.value",
        (key, Jsonb(value)),
    )


async def forget(connection: Connection, key: str) -> None:
    """Remember it no more."""
    await run(connection, "delete from sys.settings where key = %s", (key,))

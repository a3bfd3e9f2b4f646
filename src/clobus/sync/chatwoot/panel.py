"""Our page beside each conversation: Chatwoot's dashboard app (chatwoot.md §2.8), made once and kept in shape."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from clobus.core.db import Database, one, run
from clobus.gateways.chatwoot.client import ChatwootClient

PATH = "dashboard-app"
"""The page, below the public address and a language."""
SETTING = "chatwoot.dashboard_app"
TITLE = "Clobus"


async def ensure(db: Database, chatwoot: ChatwootClient, url: str | None) -> None:
    """Let Chatwoot show the page at `url`, or with None ours no more; those of others are left alone.

    Which one is ours is remembered by its number, so that it is the same one when the address changes.
    """
    async with db.read() as connection:
        row = await one(connection, "select value from sys.settings where key = %s", (SETTING,))
    known = row["value"]["id"] if row else None
    if url is None:
        if known is not None:
            await chatwoot.delete_dashboard_app(known)
            await _forget(db)
        return
    found = await chatwoot.ensure_dashboard_app(TITLE, url, known)
    if found.id != known:
        async with db.transaction() as connection:
            await run(
                connection,
                "insert into sys.settings as s (key, value) values (%s, %s) on conflict (key) do update"
                " set value = excluded.value, updated_at = now()",
                (SETTING, Jsonb({"id": found.id})),
            )


async def _forget(db: Database) -> None:
    async with db.transaction() as connection:
        await run(connection, "delete from sys.settings where key = %s", (SETTING,))

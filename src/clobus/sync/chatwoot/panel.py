"""Our page beside each conversation: Chatwoot's dashboard app (chatwoot.md §2.8), made once and kept in shape."""

from __future__ import annotations

from clobus.core import memory
from clobus.core.db import Database
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
        known = await memory.recall(connection, SETTING)
    if url is None:
        if known is not None:
            await chatwoot.delete_dashboard_app(known["id"])
            async with db.transaction() as connection:
                await memory.forget(connection, SETTING)
        return
    found = await chatwoot.ensure_dashboard_app(TITLE, url, known["id"] if known else None)
    async with db.transaction() as connection:
        await memory.remember(connection, SETTING, {"id": found.id})

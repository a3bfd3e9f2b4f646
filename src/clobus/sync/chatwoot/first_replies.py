"""When the desk first answered in conversations that nobody here ever read: from Chatwoot's list, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from clobus.core import memory, runs
from clobus.core.db import Connection, Database
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations import service
from clobus.sync.chatwoot.reconcile import PAGE

PLACE = "chatwoot.first_replies"
PAGES = 20
"""Read in one cycle: the list of a desk of years takes some minutes, in which everything else goes on."""


class FirstReplies:
    """Goes through all conversations once, oldest first, and keeps its place."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, inbox_id: int) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.inbox_id = inbox_id

    async def some(self, pages: int = PAGES) -> bool:
        """Read the next pages; False when all were read before. One page is read twice, should some have moved up."""
        async with self.db.read() as connection:
            place = await memory.recall(connection, PLACE) or {"page": 1, "done": False}
        if place["done"]:
            return False
        async with runs.record(self.db, "chatwoot_first_replies") as this:
            number = max(1, place["page"] - 1)
            for _ in range(pages):
                page = await self.chatwoot.conversations(number)
                done = len(page.rows) < PAGE
                number += not done
                this.read += len(page.rows)
                this.expected = page.all_count
                async with self.db.transaction() as connection:
                    this.created += await self._keep(connection, page.rows)
                    await memory.remember(connection, PLACE, {"page": number, "done": done})
                if done:
                    break
        return True

    async def _keep(self, connection: Connection, page: Sequence[Conversation]) -> int:
        """Of conversations of our inbox; seconds since 1970, 0 while nobody answered (chatwoot.md §2.3)."""
        replied = [c for c in page if c.inbox_id == self.inbox_id and c.first_reply_created_at]
        items = [(c.id, datetime.fromtimestamp(c.first_reply_created_at or 0, UTC)) for c in replied]
        return await service.keep_first_replies(connection, items)

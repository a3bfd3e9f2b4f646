"""From a chat into the conversation of its request: in order, exactly once, albums as one message."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from psycopg.rows import DictRow

from clobus.core.db import Database, one
from clobus.core.errors import Missing, OutcomeUnknown, Permanent
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.files import Blob, create_message_with_files
from clobus.gateways.chatwoot.wire import Message
from clobus.gateways.telegram.client import TelegramClient
from clobus.sync.telegram import book

log = structlog.get_logger()

ALBUM_SECONDS = 1.5
"""An album comes as single messages: after so long a silence it is whole."""
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")


class Inward:
    """Carries what people said in Telegram or on a page; the handler of subject `chat` of system `chatwoot`."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, telegram: TelegramClient | None) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.telegram = telegram

    async def handle(self, cons_id: UUID) -> None:
        """Bring what waits of one request into its conversation; nothing while it has none (`Linked` wakes this)."""
        while True:
            async with self.db.read() as connection:
                request = await one(connection, "select conversation_id from cons.cons where cons_id = %s", (cons_id,))
                found = await book.waiting(connection, cons_id, ["in", "note"])
            if not found or request is None or request["conversation_id"] is None:
                return
            group = _first(found)
            if group[0]["media_group"] and group[-1] is found[-1] and group[-1]["age"] < ALBUM_SECONDS:
                await asyncio.sleep(ALBUM_SECONDS - group[-1]["age"])
                continue  # the rest of the album may have come meanwhile
            await self._carry(request["conversation_id"], group)

    async def _carry(self, conversation_id: int, group: Sequence[DictRow]) -> None:
        mark, ids = group[0]["mark"], [row["id"] for row in group]
        if any(row["state"] == "sending" for row in group):
            there = await self.chatwoot.find_message(conversation_id, mark)
            if there is not None:
                await self._settle(ids, "done", message_id=there.id)
                return
        async with self.db.transaction() as connection:
            await book.begin(connection, ids)
        try:
            said = await self._write(conversation_id, group, mark)
        except OutcomeUnknown:
            there = await self.chatwoot.find_message(conversation_id, mark)
            if there is None:
                raise
            said = there
        except Missing:
            raise  # the conversation is gone: the push of the request makes a new one, and this is tried again
        except Permanent as error:
            log.warning("relay.refused", error=str(error), code=error.code)
            await self._settle(ids, "refused", error=str(error))
            return
        await self._settle(ids, "done", message_id=said.id)

    async def _write(self, conversation_id: int, group: Sequence[DictRow], mark: str) -> Message:
        first = group[0]
        if first["direction"] == "note":
            return await self.chatwoot.create_message(
                conversation_id, first["content"]["text"], private=True, source_id=mark
            )
        files: list[Blob] = []
        lost: list[str] = []
        for row in group:
            for file in row["content"].get("files", []):
                fetched = await self._fetch(file)
                files += [fetched] if fetched else []
                lost += [] if fetched else [file["name"]]
        text = _text(group, lost)
        attributes = await self._attributes(first)
        if first["content"].get("staff"):
            return await self.chatwoot.create_message(
                conversation_id, text or "…", message_type="outgoing", source_id=mark
            )
        if files:
            return await create_message_with_files(
                self.chatwoot, conversation_id, files, content=text, message_type="incoming", source_id=mark,
                content_attributes=attributes,
            )  # fmt: skip
        return await self.chatwoot.create_message(
            conversation_id, text or "…", message_type="incoming", source_id=mark, content_attributes=attributes
        )

    async def _attributes(self, row: DictRow) -> dict[str, Any] | None:
        """What it answers, or which message it changes."""
        number = row["content"].get("edit_of") or row["content"].get("reply_to")
        if number is None:
            return None
        async with self.db.read() as connection:
            found = await book.in_conversation(connection, row["chat_id"], number)
        return {"in_reply_to": found["message_id"]} if found and found["message_id"] else None

    async def _fetch(self, file: dict[str, Any]) -> Blob | None:
        if self.telegram is None:
            return None
        try:
            content = await self.telegram.download(await self.telegram.file(file["file_id"]))
        except Permanent as error:
            log.warning("relay.no_file", error=str(error), code=error.code)
            return None
        if not content:
            return None
        media = file.get("mime") or mimetypes.guess_type(file["name"])[0] or "application/octet-stream"
        return Blob(file["name"], content, media)

    async def _settle(self, ids: Sequence[int], state: str, **what: Any) -> None:
        async with self.db.transaction() as connection:
            await book.settle(connection, ids, state, **what)


def _first(found: Sequence[DictRow]) -> list[DictRow]:
    """The oldest thing said: one row, or the rows of one album."""
    group = found[0]["media_group"]
    if not group:
        return [found[0]]
    return [row for row in found if row["media_group"] == group and row["chat_id"] == found[0]["chat_id"]]


def _text(group: Sequence[DictRow], lost: Sequence[str]) -> str:
    """What was said, with who said it; his name is shown as it is, whatever marks it holds."""
    name = _MARKS.sub(r"\\\1", str(group[0]["content"].get("name") or ""))
    said = "\n".join(text for row in group if (text := row["content"].get("text")))
    if group[0]["content"].get("edit_of"):
        said = f"✏️ {said}"
    said = "\n".join([*([said] if said else []), *(f"📎 {one} ✖" for one in lost)])
    return f"**{name}:** {said}".rstrip() if name else said

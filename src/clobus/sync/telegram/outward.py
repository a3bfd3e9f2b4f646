"""From a conversation to the chats of its client: in order, each part at most once on a lost answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from psycopg.rows import DictRow

from clobus.core import i18n
from clobus.core.db import Database
from clobus.core.errors import GatewayDown, GatewayError, OutcomeUnknown, Permanent, Refused, Transient
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.files import download
from clobus.gateways.telegram.client import UPLOAD_LIMIT, Blob, TelegramClient
from clobus.modules.clients import telegram as people
from clobus.sync.telegram import book

log = structlog.get_logger()

GONE = frozenset({"telegram.blocked", "telegram.no_chat"})


class Outward:
    """The handler of the dispatcher for system `telegram`."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, telegram: TelegramClient) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.telegram = telegram

    async def handle(self, kind: str, cons_id: UUID) -> None:
        """Send what waits of one request; a limit of Telegram's goes up, so that the rest waits as long as it says."""
        async with self.db.read() as connection:
            found = await book.waiting(connection, cons_id, ["out"])
        gone: set[int] = set()
        for row in found:
            if row["chat_id"] in gone:
                continue
            if row["state"] == "sending":
                # Somebody was cut off here: the person may have it, and would read it twice.
                await self._settle(row, "unknown", error="the sender ended in the middle")
                continue
            if not await self._send(row):
                gone.add(row["chat_id"])

    async def _send(self, row: DictRow) -> bool:
        """False when the chat takes nothing any more."""
        async with self.db.transaction() as connection:
            await book.begin(connection, [row["id"]])
        try:
            numbers = await self._call(row)
        except OutcomeUnknown as error:
            await self._settle(row, "unknown", error=str(error))
        except Transient as error:
            surely_not = isinstance(error, GatewayDown) or error.not_done or error.system != self.telegram.http.system
            await self._settle(row, "waiting" if surely_not else "unknown", error=str(error))
            if surely_not:
                raise
        except Permanent as error:
            if error.code in GONE:
                await self._gone(row, error)
                return False
            log.warning("relay.refused", error=str(error), code=error.code)
            await self._settle(row, "refused", error=f"{error} {error.vendor_text}"[:500])
        else:
            await self._settle(row, "done", telegram_ids=numbers)
        return True

    async def _call(self, row: DictRow) -> list[int]:
        """Do what the row says; gives the numbers of the chat's messages."""
        chat_id, content = row["chat_id"], row["content"]
        async with self.db.read() as connection:
            answered = await self._answered(connection, chat_id, content.get("reply_to"))
            shown = await book.in_chat(connection, chat_id, row["message_id"])
        if row["kind"] == "text":
            return [(await self.telegram.send_text(chat_id, content["html"], reply_to=answered)).message_id]
        if row["kind"] in ("edit", "delete"):
            if shown is not None:
                await self._change(row, shown)
            return []
        files = [blob for one in content["files"] if (blob := await self._fetch(one)) is not None]
        caption = content.get("html") or None
        if not files:
            raise Refused("chatwoot", "no file could be fetched")
        if len(files) == 1:
            return [
                (await self.telegram.send_file(chat_id, files[0], caption=caption, reply_to=answered)).message_id
            ]  # fmt: skip
        sent = await self.telegram.send_album(chat_id, files, caption=caption, reply_to=answered)
        return [one.message_id for one in sent]

    async def _change(self, row: DictRow, shown: DictRow) -> None:
        if row["kind"] == "delete":
            for number in shown["telegram_ids"]:
                await self.telegram.delete_message(row["chat_id"], number)
            return
        caption = shown["kind"] in ("file", "album")
        await self.telegram.edit(row["chat_id"], shown["telegram_ids"][0], row["content"]["html"], caption=caption)

    async def _answered(self, connection: Any, chat_id: int, message_id: int | None) -> int | None:
        if message_id is None:
            return None
        found = await book.in_chat(connection, chat_id, message_id)
        return found["telegram_ids"][0] if found else None

    async def _fetch(self, file: dict[str, Any]) -> Blob | None:
        try:
            content = await download(self.chatwoot, file["address"], UPLOAD_LIMIT)
        except Permanent as error:
            log.warning("relay.no_file", error=str(error))
            return None
        if not content:
            return None
        return Blob(file["kind"], file["name"], content, file["media_type"])

    async def _settle(self, row: DictRow, state: str, **what: Any) -> None:
        async with self.db.transaction() as connection:
            await book.settle(connection, [row["id"]], state, **what)

    async def _gone(self, row: DictRow, error: GatewayError) -> None:
        """He blocked the bot: nothing more is sent there, and the managers of what waited are told."""
        async with self.db.transaction() as connection:
            await people.mark_blocked(connection, row["chat_id"])
            for cons_id in await book.refuse_chat(connection, row["chat_id"], str(error)):
                text = i18n.text(i18n.DEFAULT, "bot.relay.blocked")
                await book.note(connection, cons_id, row["chat_id"], text, f"blocked-{cons_id}-{row['id']}")

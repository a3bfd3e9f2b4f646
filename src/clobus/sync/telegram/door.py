"""Updates of the bot are stored before Telegram may forget them; what they mean is found out later, in order."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from clobus.core import inbox
from clobus.core.db import Connection, Database
from clobus.core.errors import Invalid, Unauthenticated

SOURCE = "telegram"
PATH = "/hooks/telegram"
HEADER = "x-telegram-bot-api-secret-token"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that the bot asks for."""


def webhook_secret(secret_key: str) -> str:
    """What Telegram has to send in its header: made of our own key, so that no other setting is needed."""
    return hmac.new(secret_key.encode(), b"telegram webhook", hashlib.sha256).hexdigest()


class Door:
    """Receives Telegram's deliveries."""

    def __init__(self, db: Database, secret_key: str) -> None:
        self.db = db
        self._secret = webhook_secret(secret_key)

    async def receive(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Store a delivery; False when it is here already. Unauthenticated or Invalid when it is not to be trusted."""
        if not hmac.compare_digest(headers.get(HEADER, "").encode(), self._secret.encode()):
            raise Unauthenticated("webhook.signature")
        try:
            payload: Any = msgspec.json.decode(raw)
        except msgspec.MsgspecError:
            raise Invalid("webhook.not_json") from None
        if not isinstance(payload, dict) or not isinstance(payload.get("update_id"), int):
            raise Invalid("webhook.no_event")
        async with self.db.transaction() as connection:
            return await store(connection, [payload]) > 0


async def store(connection: Connection, updates: Sequence[dict[str, Any]]) -> int:
    """Keep updates in the inbox, each once by its number; returns how many were new."""
    count = 0
    for update in updates:
        kind = next((name for name in update if name != "update_id"), "empty")
        stored = await inbox.store(
            connection, SOURCE, str(update["update_id"]), kind[:100], chat_of(update.get(kind)), update
        )
        count += stored is not None
    return count


def chat_of(body: Any) -> str | None:
    """The chat that an update belongs to: its updates are handled in order."""
    if not isinstance(body, dict):
        return None
    found = body.get("chat") or (body.get("message") or {}).get("chat") or body.get("from")
    number = found.get("id") if isinstance(found, dict) else None
    return str(number) if isinstance(number, int) else None

"""The door for Chatwoot's webhooks: verified, stored once, answered; what it means is found out later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from clobus.core import clock, inbox, memory
from clobus.core.db import Database
from clobus.core.errors import Invalid, Unauthenticated
from clobus.gateways.chatwoot.signature import verify
from clobus.sync.chatwoot import vocabulary as words

SETTING = "chatwoot.webhook"
KEEP_SECONDS = 10.0


class Door:
    """Receives deliveries; keeps the signing secrets for some seconds."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._secrets: tuple[float, list[str]] = (float("-inf"), [])

    async def receive(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
        """Store a delivery; False when it is here already. Unauthenticated or Invalid when it is not to be trusted."""
        await self._verify(headers, raw, now)
        try:
            payload: Any = msgspec.json.decode(raw)
        except msgspec.MsgspecError:
            raise Invalid("webhook.not_json") from None
        if not isinstance(payload, dict) or not isinstance(payload.get("event"), str):
            raise Invalid("webhook.no_event")
        delivery = headers.get("x-chatwoot-delivery") or hashlib.sha256(raw).hexdigest()
        _hide(payload)
        async with self.db.read() as connection:  # one statement: it is its own transaction, in one round trip
            stored = await inbox.store(
                connection, words.SOURCE, delivery[:200], payload["event"][:100], subject_of(payload), payload
            )
        return stored is not None

    async def _verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        stamp, signature = headers.get("x-chatwoot-timestamp"), headers.get("x-chatwoot-signature")
        secrets = await self._known_secrets()
        try:
            verify(raw, stamp, signature, secrets or [""], now)
        except Unauthenticated:
            # The secret may be new: look once more before the delivery is refused.
            fresh = await self._known_secrets(fresh=True)
            if fresh == secrets:
                raise
            verify(raw, stamp, signature, fresh, now)

    async def _known_secrets(self, *, fresh: bool = False) -> list[str]:
        if fresh or clock.monotonic() - self._secrets[0] > KEEP_SECONDS:
            async with self.db.read() as connection:
                known = await memory.recall(connection, SETTING)
            self._secrets = (clock.monotonic(), list(known["secrets"]) if known else [])
        return self._secrets[1]


def subject_of(payload: Mapping[str, Any]) -> str | None:
    """The conversation that a delivery is about."""
    event = payload["event"]
    found = payload.get("conversation") if event.startswith("message_") else payload
    if not event.startswith(("message_", "conversation_")) or not isinstance(found, dict):
        return None
    number = found.get("id")
    return str(number) if isinstance(number, int) else None


def _hide(payload: Any) -> None:
    """Drop the customer's token for the widget: a credential that nobody here needs (chatwoot.md §5.4)."""
    if isinstance(payload, dict):
        payload.pop("pubsub_token", None)
        for value in payload.values():
            _hide(value)
    elif isinstance(payload, list):
        for value in payload:
            _hide(value)

"""How updates reach the bot: getUpdates with long polling, or a webhook; never both (core.telegram.org/bots/api)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from clobus_twins.telegram.errors import BotApiError, bad
from clobus_twins.telegram.markup import structured
from clobus_twins.telegram.store import Store

Json = dict[str, Any]
LONGEST_POLL = 50.0
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = frozenset({443, 80, 88, 8443})
# Kinds that a bot gets without asking for them (`allowed_updates` left out).
_ASKED_FOR = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class Updates:
    """The queue of one bot."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self._now = now
        self._arrived = asyncio.Event()
        self._poll = 0
        self._delivery: asyncio.Task[None] | None = None
        self._delivered = asyncio.Event()

    def add(self, update: Json) -> Json | None:
        """Something happened: queue it, unless the bot does not want this kind."""
        kind = next(iter(update))
        allowed = self.store.setting("allowed_updates")
        if kind not in allowed if allowed else kind in _ASKED_FOR:
            return None
        kept = self.store.add_update(update)
        self._arrived.set()
        self.kick()
        return kept

    async def get(self, given: Json) -> list[Json]:
        """`getUpdates`: waits up to `timeout` seconds; a newer call ends the older one with 409."""
        if self.store.setting("webhook"):
            raise BotApiError(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        limit = int(given.get("limit") or 100)
        if not 1 <= limit <= 100:
            raise bad("limit must be between 1 and 100")
        self._allow(given)
        self._poll += 1
        mine = self._poll
        self._arrived.set()  # whoever waits looks, and sees that he is not the newest any more
        self.store.confirm(int(given.get("offset") or 0))
        deadline = asyncio.get_running_loop().time() + min(float(given.get("timeout") or 0), LONGEST_POLL)
        while True:
            if mine != self._poll or self.store.setting("webhook"):
                raise BotApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
                    if mine != self._poll
                    else "Conflict: terminated by setWebhook request",
                )
            found = self.store.updates(limit)
            left = deadline - asyncio.get_running_loop().time()
            if found or left <= 0:
                return found
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(left, 0.5))

    def set_webhook(self, given: Json) -> bool:
        """`setWebhook`; an empty address takes it away."""
        url = str(given.get("url") or "")
        if not url:
            return self.delete_webhook(given)
        parts = urlsplit(url)
        local = parts.hostname in _LOCAL
        if parts.scheme != "https" and not local:
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not local and (parts.port or 443) not in _PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = str(given.get("secret_token") or "")
        if secret and not _SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        connections = int(given.get("max_connections") or 40)
        if not 1 <= connections <= 100:
            raise bad("max_connections must be between 1 and 100")
        self._allow(given)
        if _true(given.get("drop_pending_updates")):
            self.store.drop_updates()
        self.store.set_setting("webhook", {"url": url, "secret_token": secret, "max_connections": connections})
        self._arrived.set()
        self.kick()
        return True

    def delete_webhook(self, given: Json) -> bool:
        """`deleteWebhook`."""
        self.store.set_setting("webhook", None)
        if _true(given.get("drop_pending_updates")):
            self.store.drop_updates()
        return True

    def info(self, _: Json) -> Json:
        """`getWebhookInfo`."""
        webhook = self.store.setting("webhook") or {"url": ""}
        shown: Json = {
            "url": webhook["url"], "has_custom_certificate": False, "pending_update_count": self.store.pending(),
        }  # fmt: skip
        if webhook["url"]:
            shown["max_connections"] = webhook["max_connections"]
            shown["ip_address"] = "127.0.0.1"
            for name in ("last_error_date", "last_error_message"):
                if name in webhook:
                    shown[name] = webhook[name]
        allowed = self.store.setting("allowed_updates")
        return shown | ({"allowed_updates": allowed} if allowed else {})

    def _allow(self, given: Json) -> None:
        """`allowed_updates` stands until it is given anew; an empty list means the default kinds."""
        if "allowed_updates" not in given:
            return
        allowed = structured(given["allowed_updates"], "allowed_updates")
        if not isinstance(allowed, list):
            raise bad("can't parse allowed updates: expected an Array of String")
        self.store.set_setting("allowed_updates", allowed or None)

    def kick(self) -> None:
        """Deliver to the webhook what waits, in the background."""
        if self.store.setting("webhook") and (self._delivery is None or self._delivery.done()):
            self._delivery = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        """One after the other, each until it is answered with 2xx."""
        pause = _FIRST_PAUSE
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while (webhook := self.store.setting("webhook")) and (waiting := self.store.updates(1)):
                headers = {}
                if webhook["secret_token"]:
                    headers["x-telegram-bot-api-secret-token"] = webhook["secret_token"]
                try:
                    answer = await client.post(webhook["url"], json=waiting[0], headers=headers)
                    error = None if answer.is_success else f"Wrong response from the webhook: {answer.status_code}"
                except httpx.HTTPError:
                    error = "Connection refused"
                if error is None:
                    self.store.drop_update(waiting[0]["update_id"])
                    pause = _FIRST_PAUSE
                    continue
                told = {"last_error_date": int(self._now().timestamp()), "last_error_message": error}
                if current := self.store.setting("webhook"):
                    self.store.set_setting("webhook", current | told)
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")

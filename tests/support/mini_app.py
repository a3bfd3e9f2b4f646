"""initData as Telegram signs it, written from Telegram's page alone: shares no code with what checks it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import quote

BOT_TOKEN = "123456789:AAtest-token-of-a-bot-that-is-not"


def init_data(user_id: int = 501, *, token: str = BOT_TOKEN, age: float = 0, **over: Any) -> str:
    """What a Mini App gets from Telegram; `over` replaces fields, None leaves one out."""
    user = {"id": user_id, "first_name": "Азиз <b>", "username": "aziz", "language_code": "uz"}
    stamp = int(time.time() - age)  # noqa: TID251 - Telegram's clock, not ours
    return signed({"user": json.dumps(user, ensure_ascii=False), "query_id": "AAE", "auth_date": str(stamp),
                   "signature": "c2ln", **over}, token)  # fmt: skip


def contact(user_id: int, phone: str, *, token: str = BOT_TOKEN, age: float = 0) -> str:
    """A contact that a Mini App asked for."""
    stamp = int(time.time() - age)  # noqa: TID251 - as above
    given = {"user_id": user_id, "phone_number": phone, "first_name": "Азиз"}
    return signed({"contact": json.dumps(given, ensure_ascii=False), "auth_date": str(stamp)}, token)


def signed(fields: dict[str, Any], token: str = BOT_TOKEN) -> str:
    """The fields as a query string with their hash."""
    kept = {name: str(value) for name, value in fields.items() if value is not None}
    lines = "\n".join(f"{name}={kept[name]}" for name in sorted(kept))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    mac = hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in {**kept, "hash": mac}.items())

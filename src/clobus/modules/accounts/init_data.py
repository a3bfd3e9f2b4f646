"""What a Telegram Mini App says of its user, and whether Telegram said it.

The algorithm is Telegram's (core.telegram.org/bots/webapps, "Validating data received via the Mini App"): all fields
but `hash`, sorted, as `key=value` lines, signed with HMAC-SHA256 by HMAC-SHA256("WebAppData", bot token). A contact
that the Mini App asked for (`web_app_request_phone`) is signed in the same way.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from clobus.core.errors import Unauthenticated

MAX_LENGTH = 4096
MAX_FIELDS = 50
AHEAD_SECONDS = 60
"""How far Telegram's clock may be ahead of ours."""


class _User(msgspec.Struct):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class _Contact(msgspec.Struct):
    user_id: int
    phone_number: str


@dataclass(frozen=True, slots=True)
class MiniAppUser:
    """Who opened the Mini App, as Telegram vouches."""

    id: int
    first_name: str
    last_name: str | None
    username: str | None
    language: str | None
    signed_at: int


def verify(raw: str, bot_token: str, *, seconds: float, now: datetime) -> MiniAppUser:
    """Check `initData` and give its user; Unauthenticated `telegram.forged` or, older than `seconds`, `.stale`."""
    fields, signed_at = _signed(raw, bot_token, seconds, now)
    user: _User = _read(fields.get("user"), _User)
    if user.is_bot or user.id <= 0:
        raise Unauthenticated("telegram.forged")
    language = (user.language_code or "")[:2]
    return MiniAppUser(user.id, user.first_name, user.last_name, user.username, language or None, signed_at)


def verify_contact(raw: str, bot_token: str, user_id: int, *, seconds: float, now: datetime) -> str:
    """The phone number that Telegram vouches for as this user's own; Unauthenticated for any other."""
    fields, _ = _signed(raw, bot_token, seconds, now)
    contact: _Contact = _read(fields.get("contact"), _Contact)
    if contact.user_id != user_id:
        raise Unauthenticated("telegram.forged")
    return contact.phone_number


def _signed(raw: str, bot_token: str, seconds: float, now: datetime) -> tuple[dict[str, str], int]:
    try:
        if not 0 < len(raw) <= MAX_LENGTH:
            raise ValueError
        pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS)
        fields = dict(pairs)
        # A line break in a value would let the same signed text be cut into other fields.
        if len(fields) != len(pairs) or any("\n" in name + value for name, value in pairs):
            raise ValueError
        told = bytes.fromhex(fields.pop("hash"))
        signed_at = int(fields["auth_date"])
        lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()
    except (ValueError, KeyError):
        raise Unauthenticated("telegram.forged") from None
    key = hmac.new(b"WebAppData", bot_token.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(hmac.new(key, lines, hashlib.sha256).digest(), told):
        raise Unauthenticated("telegram.forged")
    if not -AHEAD_SECONDS <= now.timestamp() - signed_at <= seconds:
        raise Unauthenticated("telegram.stale")
    return fields, signed_at


def _read(text: str | None, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text or "", type=kind)
    except msgspec.MsgspecError:
        raise Unauthenticated("telegram.forged") from None

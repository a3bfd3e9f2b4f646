"""Buttons: what is written in them, within 64 bytes and bound to one person and one dialogue."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

RATE = "r"
"""`r:REQUEST:STARS` (the request's id with or without dashes), for whoever asks for a rating.

Not bound by a tag: that the request is his is looked up.
"""


class Tap(CallbackData, prefix="t"):
    """A button of ours: `tag` binds it, `act` says what it does (`n.` acts belong to one dialogue), `arg` to what."""

    tag: str
    act: str
    arg: str = ""


class Stars(CallbackData, prefix=RATE):
    """A mark from 1 to 5 for a request."""

    cons_id: UUID
    stars: int


def person_tag(secret_key: str, telegram_user_id: int) -> str:
    """Binds buttons that outlive a dialogue to a person."""
    digest = hmac.new(secret_key.encode(), f"telegram button\n{telegram_user_id}".encode(), hashlib.sha256)
    return digest.hexdigest()[:10]


def dialogue_tag(dialogue_id: UUID) -> str:
    """Binds buttons to one dialogue: those of an earlier one, or of another person, are refused."""
    return dialogue_id.hex[-10:]


Button = tuple[str, str]
"""A label and its data."""


def keyboard(rows: Sequence[Sequence[Button]], webapp: tuple[str, str] | None = None) -> InlineKeyboardMarkup:
    """An inline keyboard; with the Mini App's button (label, address) below when one is given."""
    made = [[InlineKeyboardButton(text=label, callback_data=data) for label, data in row] for row in rows if row]
    if webapp:
        made.append([InlineKeyboardButton(text=webapp[0], web_app=WebAppInfo(url=webapp[1]))])
    return InlineKeyboardMarkup(inline_keyboard=made)


def stars(cons_id: UUID) -> list[Button]:
    """The row of stars for a request."""
    return [("⭐" * number, Stars(cons_id=cons_id, stars=number).pack()) for number in range(1, 6)]

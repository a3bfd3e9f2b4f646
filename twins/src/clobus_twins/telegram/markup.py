"""Keyboards: what the API takes as `reply_markup`, and what it refuses."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from clobus_twins.telegram.errors import bad

Json = dict[str, Any]
DATA_LIMIT = 64
BUTTONS = 100
_ACTIONS = ("callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text", "pay")
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def structured(value: Any, what: str = "object") -> Any:
    """A value that a form carries as JSON text."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except ValueError as error:
        raise bad(f"can't parse {what} JSON object") from error


def checked(value: Any, *, private: bool) -> Json | None:
    """A reply markup, checked as the API does; None when there is none."""
    markup = structured(value, "reply keyboard markup")
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        _inline(markup["inline_keyboard"])
    elif "keyboard" in markup:
        _reply(markup["keyboard"], private=private)
    elif not (markup.get("remove_keyboard") or markup.get("force_reply")):
        raise bad("reply markup is of an unknown kind")
    return markup


def _rows(rows: Any, what: str) -> list[Any]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{what}" of the ReplyMarkup should be an Array of Arrays')
    buttons = [button for row in rows for button in row]
    if len(buttons) > BUTTONS:
        raise bad("reply markup is too long")
    return buttons


def _inline(rows: Any) -> None:
    for button in _rows(rows, "inline_keyboard"):
        if not isinstance(button, dict) or not str(button.get("text", "")).strip():
            raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
        actions = [name for name in _ACTIONS if name in button]
        if len(actions) != 1:
            raise bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                if not actions
                else "can't parse inline keyboard button: exactly one action is allowed"
            )
        if actions == ["callback_data"]:
            if not 1 <= len(str(button["callback_data"]).encode()) <= DATA_LIMIT:
                raise bad("BUTTON_DATA_INVALID")
        elif actions == ["url"] and urlsplit(str(button["url"])).scheme not in ("http", "https", "tg"):
            raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
        elif actions == ["web_app"]:
            web_app(button["web_app"], "inline keyboard button")


def _reply(rows: Any, *, private: bool) -> None:
    for button in _rows(rows, "keyboard"):
        if isinstance(button, str):
            continue
        if not isinstance(button, dict) or not str(button.get("text", "")).strip():
            raise bad('can\'t parse keyboard button: Field "text" must be of type String')
        if button.get("request_contact") and not private:
            raise bad("phone number can be requested in private chats only")
        if "web_app" in button:
            web_app(button["web_app"], "keyboard button")


def web_app(value: Any, where: str) -> None:
    """Refuse an address that Telegram would not open as a Mini App; a local twin lets the machine's own through."""
    url = str(value.get("url", "")) if isinstance(value, dict) else ""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise bad(f"{where} Web App URL '{url}' is invalid: Only HTTPS links are allowed")

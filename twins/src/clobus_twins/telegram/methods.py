"""The Bot API methods that the platform uses; refusals in the API's own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clobus_twins.telegram.store import Json, Store

BOT: Json = {
    "id": 4_200_000_001,
    "is_bot": True,
    "first_name": "Clobus",
    "username": "clobus_twin_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
TEXT_LIMIT = 4096


class BotApiError(Exception):
    """An answer `{"ok": false, …}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> Json:
        """The answer's body."""
        shown: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return shown | ({"parameters": self.parameters} if self.parameters else {})


class Methods:
    """Methods by their lower-case names over a store. `strict` refuses chats that were not made known."""

    def __init__(self, store: Store, now: Callable[[], datetime], *, strict: bool) -> None:
        self.store = store
        self.strict = strict
        self._now = now
        self._table: dict[str, Callable[[Json], Any]] = {
            "getme": lambda _: BOT,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_message_text,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback_query,
            "getchat": self._get_chat,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
        }

    def call(self, name: str, given: Json) -> Any:
        """The result of a method; BotApiError when it is refused. Names are case-insensitive."""
        method = self._table.get(name.lower())
        if method is None:
            raise BotApiError(404, "Not Found")
        return method(given)

    def chat(self, given: Json) -> Json:
        """The chat that a call names: 400 when unknown, 403 when its user blocked the bot."""
        chat_id = given.get("chat_id")
        if chat_id in {None, ""}:
            raise BotApiError(400, "Bad Request: chat_id is empty")
        known = self.store.chat(str(chat_id))
        if known is None:
            if self.strict:
                raise BotApiError(400, "Bad Request: chat not found")
            number = str(chat_id)
            if not number.lstrip("-").isdigit():
                return {"id": number, "type": "channel", "username": number.removeprefix("@")}
            return {"id": int(number), "type": "supergroup" if number.startswith("-") else "private"}
        chat, blocked = known
        if blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _send_message(self, given: Json) -> Json:
        chat = self.chat(given)
        chat_id = str(chat["id"])
        message: Json = {
            "message_id": self.store.next_message_id(chat_id),
            "from": {key: BOT[key] for key in ("id", "is_bot", "first_name", "username")},
            "chat": chat,
            "date": int(self._now().timestamp()),
            "text": _checked_text(given),
        }
        for name in ("reply_markup", "parse_mode", "message_thread_id", "disable_notification"):
            if name in given:
                message[name] = _structured(given[name])
        self.store.put_message(chat_id, message)
        return _shown(message)

    def _edit_message_text(self, given: Json) -> Json:
        message = self._message(given, "edit")
        text, markup = _checked_text(given), _structured(given.get("reply_markup"))
        if message["text"] == text and message.get("reply_markup") == markup:
            raise BotApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        message |= {"text": text, "edit_date": int(self._now().timestamp())}
        message.pop("reply_markup", None)
        if markup is not None:
            message["reply_markup"] = markup
        self.store.put_message(str(message["chat"]["id"]), message)
        return _shown(message)

    def _delete_message(self, given: Json) -> bool:
        message = self._message(given, "delete")
        return self.store.delete_message(str(message["chat"]["id"]), message["message_id"])

    def _message(self, given: Json, verb: str) -> Json:
        chat = self.chat(given)
        number = str(given.get("message_id", ""))
        found = self.store.message(str(chat["id"]), int(number)) if number.isdigit() else None
        if found is None:
            raise BotApiError(400, f"Bad Request: message to {verb} not found")
        return found

    def _answer_callback_query(self, given: Json) -> bool:
        if not given.get("callback_query_id"):
            raise BotApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def _get_chat(self, given: Json) -> Json:
        return self.chat(given)

    def _get_updates(self, given: Json) -> list[Json]:
        if self.store.setting("webhook"):
            raise BotApiError(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        limit = int(given.get("limit", 100))
        if not 1 <= limit <= 100:
            raise BotApiError(400, "Bad Request: limit must be between 1 and 100")
        return self.store.updates(int(given.get("offset", 0)), limit)

    def _set_webhook(self, given: Json) -> bool:
        url = str(given.get("url", ""))
        if not url:
            return self._delete_webhook(given)
        secret = str(given.get("secret_token", ""))
        self.store.set_setting("webhook", {"url": url, "secret_token": secret})
        return True

    def _delete_webhook(self, _: Json) -> bool:
        self.store.set_setting("webhook", None)
        return True

    def _get_webhook_info(self, _: Json) -> Json:
        webhook = self.store.setting("webhook") or {"url": ""}
        return {
            "url": webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": self.store.pending(),
            "max_connections": 40,
        }


def _checked_text(given: Json) -> str:
    text = str(given.get("text", ""))
    if not text.strip():
        raise BotApiError(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
        raise BotApiError(400, "Bad Request: message is too long")
    return text


def _structured(value: Any) -> Any:
    """Form fields carry objects as JSON text."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise BotApiError(400, "Bad Request: can't parse reply keyboard markup JSON object") from error


def _shown(message: Json) -> Json:
    return {name: value for name, value in message.items() if name not in {"parse_mode", "disable_notification"}}

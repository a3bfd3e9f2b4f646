"""The Bot API methods that a desk's bot uses; refusals in the API's own words.

What is known from the API's documentation is held strictly; the words of some refusals are from memory of its answers:
an album of one, a button without an action, a too long edited text.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clobus_twins.telegram import entities, markup, media
from clobus_twins.telegram.errors import BotApiError, bad
from clobus_twins.telegram.media import Upload
from clobus_twins.telegram.profile import Profile
from clobus_twins.telegram.store import Json, Store
from clobus_twins.telegram.updates import Updates

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
CAPTION_LIMIT = 1024
ALBUM = range(2, 11)
QUERY_SECONDS = 15 * 60
_ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
     "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)  # fmt: skip
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)


class Methods:
    """Methods by their lower-case names over a store. `strict` refuses private chats that were not made known."""

    def __init__(self, store: Store, updates: Updates, now: Callable[[], datetime], *, strict: bool) -> None:
        self.store = store
        self.strict = strict
        self.updates = updates
        self.profile = profile = Profile(store)
        self._now = now
        self._table: dict[str, Callable[[Json], Any]] = {
            "getme": lambda _: BOT,
            "sendmessage": self._send_message,
            **{f"send{kind}": self._sender(kind) for kind in media.KINDS},
            "sendmediagroup": self._send_album,
            "sendchataction": self._chat_action,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_query,
            "getchat": self.chat,
            "getfile": lambda given: media.file_of(store, given.get("file_id")),
            "getupdates": updates.get,
            "setwebhook": updates.set_webhook,
            "deletewebhook": updates.delete_webhook,
            "getwebhookinfo": updates.info,
            "setmycommands": profile.set_commands,
            "getmycommands": profile.get_commands,
            "deletemycommands": profile.delete_commands,
            "setchatmenubutton": profile.set_menu,
            "getchatmenubutton": profile.get_menu,
        }
        for name in ("name", "description", "short_description"):
            plain = name.replace("_", "")
            self._table[f"setmy{plain}"] = lambda given, name=name: profile.set_text(name, given)  # type: ignore[misc]  # a bound name
            self._table[f"getmy{plain}"] = lambda given, name=name: profile.get_text(name, given)  # type: ignore[misc]  # as above

    async def call(self, name: str, given: Json) -> Any:
        """The result of a method; BotApiError when it is refused. Names are case-insensitive."""
        method = self._table.get(name.lower())
        if method is None:
            raise BotApiError(404, "Not Found")
        result = method(given)
        return await result if inspect.isawaitable(result) else result

    def chat(self, given: Json) -> Json:
        """The chat that a call names: 400 when unknown, 403 when its user blocked the bot."""
        chat_id = given.get("chat_id")
        if chat_id in {None, ""}:
            raise bad("chat_id is empty")
        known = self.store.chat(str(chat_id))
        if known is None:
            number = str(chat_id)
            # A bot can't begin a talk with a person; groups and channels are taken as those that it was added to.
            if self.strict and not number.startswith(("-", "@")):
                raise bad("chat not found")
            if not number.lstrip("-").isdigit():
                return {"id": number, "type": "channel", "username": number.removeprefix("@")}
            return {"id": int(number), "type": "supergroup" if number.startswith("-") else "private"}
        chat, blocked = known
        if blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        return {name: value for name, value in chat.items() if name not in ("language_code", "phone_number")}

    def _new(self, given: Json, content: Json, chat: Json | None = None) -> Json:
        """Keep a new message of the bot."""
        chat = chat or self.chat(given)
        chat_id = str(chat["id"])
        message: Json = {
            "message_id": self.store.next_message_id(chat_id),
            "from": {key: BOT[key] for key in ("id", "is_bot", "first_name", "username")},
            "chat": chat,
            "date": int(self._now().timestamp()),
        }
        if answered := self._answered(chat_id, given):
            message["reply_to_message"] = answered
        message |= content
        found = markup.checked(given.get("reply_markup"), private=chat["type"] == "private")
        if found is not None:
            message["reply_markup"] = found
        for name in ("message_thread_id", "disable_notification"):
            if name in given:
                message[name] = markup.structured(given[name])
        self.store.put_message(chat_id, message)
        return _shown(message)

    def _answered(self, chat_id: str, given: Json) -> Json | None:
        parameters = markup.structured(given.get("reply_parameters"), "reply parameters") or {}
        number = parameters.get("message_id") or given.get("reply_to_message_id")
        if not number:
            return None
        found = self.store.message(chat_id, int(number))
        if found is None:
            if parameters.get("allow_sending_without_reply") or given.get("allow_sending_without_reply"):
                return None
            raise bad("message to be replied not found")
        return {name: value for name, value in found.items() if name not in ("reply_to_message", "reply_markup")}

    def _send_message(self, given: Json) -> Json:
        chat = self.chat(given)
        return self._new(given, _text(given), chat)

    def _sender(self, kind: str) -> Callable[[Json], Json]:
        def send(given: Json) -> Json:
            chat = self.chat(given)
            caption = _caption(given)
            return self._new(given, media.taken(self.store, kind, given.get(kind), _uploads(given)) | caption, chat)

        return send

    def _send_album(self, given: Json) -> list[Json]:
        chat = self.chat(given)
        items = markup.structured(given.get("media"), "media")
        if not isinstance(items, list) or not items:
            raise bad("there are no messages to send")
        if len(items) not in ALBUM:
            raise bad("too many messages to send as an album" if len(items) > 10 else "an album has 2-10 messages")
        kinds = {str(item.get("type")) for item in items}
        if not kinds <= {"photo", "video", "document", "audio"}:
            raise bad("can't use the media of the specified type in the album")
        for alone in ("document", "audio"):
            if alone in kinds and len(kinds) > 1:
                raise bad(f"{alone.capitalize()} can't be mixed with other media types")
        uploads = _uploads(given)
        contents = [
            media.taken(self.store, item["type"], item.get("media"), uploads) | _caption(item) for item in items
        ]
        group = str(14_000_000_000 + self.store.next_message_id(str(chat["id"])))
        bare = {name: value for name, value in given.items() if name != "reply_markup"}
        return [self._new(bare, content | {"media_group_id": group}, chat) for content in contents]

    def _chat_action(self, given: Json) -> bool:
        self.chat(given)
        if given.get("action") not in _ACTIONS:
            raise bad("wrong parameter action in request")
        return True

    def _edit_text(self, given: Json) -> Json:
        message = self._own(given)
        if "text" not in message:
            raise bad("there is no text in the message to edit")
        return self._edited(message, given, _text(given, too_long="MESSAGE_TOO_LONG"), ("text", "entities"))

    def _edit_caption(self, given: Json) -> Json:
        message = self._own(given)
        if media.identifier(message) is None:
            raise bad("there is no caption in the message to edit")
        return self._edited(message, given, _caption(given), ("caption", "caption_entities"))

    def _edit_markup(self, given: Json) -> Json:
        return self._edited(self._own(given), given, {}, ())

    def _edited(self, message: Json, given: Json, content: Json, replaced: tuple[str, ...]) -> Json:
        private = message["chat"].get("type") == "private"
        keyboard = markup.checked(given.get("reply_markup"), private=private)
        if keyboard is not None and "inline_keyboard" not in keyboard:
            raise bad("inline keyboard expected")
        if keyboard == {"inline_keyboard": []}:
            keyboard = None
        before = {name: message.get(name) for name in replaced}, message.get("reply_markup")
        if before == ({name: content.get(name) for name in replaced}, keyboard):
            raise bad(_SAME)
        for name in (*replaced, "reply_markup"):
            message.pop(name, None)
        message |= content | {"edit_date": int(self._now().timestamp())}
        if keyboard is not None:
            message["reply_markup"] = keyboard
        self.store.put_message(str(message["chat"]["id"]), message)
        return _shown(message)

    def _own(self, given: Json) -> Json:
        message = self._message(given, "edit")
        if not message["from"].get("is_bot"):
            raise bad("message can't be edited")
        return message

    def _delete_message(self, given: Json) -> bool:
        message = self._message(given, "delete")
        if self._now().timestamp() - message["date"] > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        return self.store.delete_message(str(message["chat"]["id"]), message["message_id"])

    def _message(self, given: Json, verb: str) -> Json:
        chat = self.chat(given)
        number = str(given.get("message_id", ""))
        found = self.store.message(str(chat["id"]), int(number)) if number.isdigit() else None
        if found is None:
            raise bad(f"message to {verb} not found")
        return found

    def _answer_query(self, given: Json) -> bool:
        """Once, and not after a quarter of an hour."""
        number = str(given.get("callback_query_id") or "")
        query = self.store.query(number)
        if query is None or query["answered"] or self._now().timestamp() - query["date"] > QUERY_SECONDS:
            raise bad(_TOO_OLD)
        text = str(given.get("text") or "")
        if len(text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        alert = str(given.get("show_alert")).lower() == "true"
        self.store.put_query(number, query | {"answered": True, "text": text, "show_alert": alert})
        return True


def _text(given: Json, too_long: str = "message is too long") -> Json:
    text, found = entities.parse(str(given.get("text", "")), given.get("parse_mode"))
    if not text.strip():
        raise bad("message text is empty")
    if entities.length(text) > TEXT_LIMIT:
        raise bad(too_long)
    found = found or list(markup.structured(given.get("entities"), "entities") or [])
    return {"text": text} | ({"entities": found} if found else {})


def _caption(given: Json) -> Json:
    text, found = entities.parse(str(given.get("caption") or ""), given.get("parse_mode"))
    if entities.length(text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return ({"caption": text} if text else {}) | ({"caption_entities": found} if found else {})


def _uploads(given: Json) -> dict[str, Upload]:
    return {name: value for name, value in given.items() if isinstance(value, Upload)}


def _shown(message: Json) -> Json:
    """A message as the API gives it back: a reply keyboard is not repeated."""
    hidden = {"disable_notification"}
    if "inline_keyboard" not in message.get("reply_markup", {"inline_keyboard": []}):
        hidden.add("reply_markup")
    return {name: value for name, value in message.items() if name not in hidden}

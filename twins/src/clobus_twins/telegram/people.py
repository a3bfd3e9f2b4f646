"""What people do with their phones, and what they see there: doors for testers and for the page with the phone.

`POST /_control/person/ACT` with `{"id": 7, "first_name": …, "language_code": …}` and what the act needs:

* `start` `{"payload"}` · `text` `{"text", "reply_to"}` · `edit` `{"message_id", "text"}` · `block` · `unblock`
* `tap` `{"data"}` or `{"text"}` of a button, newest message first (or that of `message_id`)
* `contact` `{"phone"}` his own, or another's with `{"user_id", "name"}` (0: nobody in Telegram)
* `photo`, `document`, `voice`, `video`, `audio` `{"name", "content" (base64) or "size", "mime", "caption", "reply_to"}`
* `album` `{"items": [{"kind", …}], "caption"}` · `sticker`

`GET /_control/chats/ID` shows the phone, `GET /_control/files/FILE_ID` gives a file's bytes.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clobus_twins.telegram import media
from clobus_twins.telegram.media import Upload
from clobus_twins.telegram.profile import Profile
from clobus_twins.telegram.store import Json, Store
from clobus_twins.telegram.updates import Updates

_COMMAND = re.compile(r"/[a-zA-Z0-9_]+(@\w+)?")


class NoSuchActError(ValueError):
    """A person can't do that; the text says why."""


class People:
    """Acts of people over a store; each gives what it made."""

    def __init__(self, store: Store, updates: Updates, now: Callable[[], datetime]) -> None:
        self.store = store
        self.updates = updates
        self._now = now
        self._acts: dict[str, Callable[[Json, Json], Json]] = {
            "start": self._start, "text": self._text, "edit": self._edit, "tap": self._tap, "contact": self._contact,
            "album": self._album, "sticker": self._sticker, "block": self._block, "unblock": self._block,
            **{kind: self._file(kind) for kind in media.KINDS},
        }  # fmt: skip

    def act(self, name: str, given: Any) -> Json:
        """Do it; NoSuchActError when it can't be done."""
        act = self._acts.get(name)
        if act is None or not isinstance(given, dict) or not isinstance(given.get("id"), int):
            raise NoSuchActError(f"an act is one of {', '.join(sorted(self._acts))} with the id of a person")
        return act(self._person(given), {**given, "act": name})

    def _person(self, given: Json) -> Json:
        known = self.store.chat(str(given["id"]))
        chat: Json = known[0] if known else {"id": given["id"], "type": "private", "first_name": f"P{given['id']}"}
        told: Json = {}
        for name in ("first_name", "last_name", "username", "language_code"):
            if name in given:
                told[name] = given[name]
        chat |= told
        blocked = bool(known and known[1]) and given.get("payload") is None
        self.store.put_chat(chat, blocked=blocked)
        return chat

    def _start(self, person: Json, given: Json) -> Json:
        if (known := self.store.chat(str(person["id"]))) and known[1]:
            self._block(person, {**given, "act": "unblock"})
        payload = str(given.get("payload") or "")
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
            raise NoSuchActError("a deep link's payload is 1-64 of A-Z, a-z, 0-9, _ and -")
        return self._said(person, given, {"text": f"/start {payload}".strip()})

    def _text(self, person: Json, given: Json) -> Json:
        return self._said(person, given, {"text": str(given["text"])})

    def _said(self, person: Json, given: Json, content: Json, *, group: str | None = None) -> Json:
        chat_id = str(person["id"])
        message: Json = {
            "message_id": self.store.next_message_id(chat_id), "from": _user(person), "chat": _chat(person),
            "date": int(self._now().timestamp()), **content,
        }  # fmt: skip
        if given.get("reply_to"):
            answered = self.store.message(chat_id, int(given["reply_to"]))
            if answered is None:
                raise NoSuchActError("there is no message to reply to")
            message["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
        if group:
            message["media_group_id"] = group
        if found := _COMMAND.match(message.get("text", "")):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": found.end()}]
        self.store.put_message(chat_id, message)
        update = self.updates.add({"message": message})
        return {"update": update, "message_id": message["message_id"]}

    def _edit(self, person: Json, given: Json) -> Json:
        message = self.store.message(str(person["id"]), int(given["message_id"]))
        if message is None or message["from"].get("is_bot"):
            raise NoSuchActError("there is no such message of his own")
        name = "text" if "text" in message else "caption"
        message |= {name: str(given["text"]), "edit_date": int(self._now().timestamp())}
        self.store.put_message(str(person["id"]), message)
        return {"update": self.updates.add({"edited_message": message}), "message_id": message["message_id"]}

    def _tap(self, person: Json, given: Json) -> Json:
        message, button = self._button(person, given)
        if "callback_data" not in button:
            if button.get("request_contact"):
                return self._contact(person, given)
            if "url" in button or "web_app" in button:
                raise NoSuchActError("this button opens an address")
            return self._said(person, given, {"text": button["text"]})
        number = str(secrets.randbits(62))
        self.store.put_query(
            number,
            {"chat_id": person["id"], "date": self._now().timestamp(), "data": button["callback_data"],
             "answered": False, "text": "", "show_alert": False, "id": number},
        )  # fmt: skip
        query = {
            "id": number, "from": _user(person), "message": message, "chat_instance": str(person["id"] * 7919),
            "data": button["callback_data"],
        }  # fmt: skip
        return {"update": self.updates.add({"callback_query": query}), "query_id": number}

    def _button(self, person: Json, given: Json) -> tuple[Json, Json]:
        """The button that is meant; `as_is` sends a data that no button has, as a forger would."""
        chat_id = str(person["id"])
        shown = [one for one in self.store.messages(chat_id) if not one["deleted"] and one["from"].get("is_bot")]
        if given.get("message_id"):
            shown = [one for one in shown if one["message_id"] == given["message_id"]]
        if given.get("as_is") and shown:
            return shown[-1], {"text": "", "callback_data": str(given["data"])}
        for message in reversed(shown):
            found = message.get("reply_markup") or {}
            for row in found.get("inline_keyboard") or found.get("keyboard") or []:
                for each in row:
                    button = {"text": each} if isinstance(each, str) else each
                    if ("data" in given and button.get("callback_data") == given["data"]) or (
                        "text" in given and given["text"] in button["text"]
                    ):
                        return {k: v for k, v in message.items() if k != "deleted"}, button
        raise NoSuchActError(f"no button says that: {given.get('data') or given.get('text')}")

    def _contact(self, person: Json, given: Json) -> Json:
        phone = str(given.get("phone") or person.get("phone_number") or f"99890{person['id'] % 10_000_000:07d}")
        whose = int(given["user_id"] if "user_id" in given else person["id"])
        contact: Json = {"phone_number": phone, "first_name": str(given.get("name") or person["first_name"])}
        if whose:
            contact["user_id"] = whose
        return self._said(person, given, {"contact": contact})

    def _sticker(self, person: Json, given: Json) -> Json:
        kept = media.keep(self.store, "document", Upload("sticker.webp", b"RIFF", "image/webp"))
        sticker = {name: kept[name] for name in ("file_id", "file_unique_id", "file_size")}
        return self._said(
            person, given, {"sticker": {**sticker, "width": 512, "height": 512, "type": "regular", "is_animated": False,
                                        "is_video": False}}
        )  # fmt: skip

    def _file(self, kind: str) -> Callable[[Json, Json], Json]:
        def send(person: Json, given: Json) -> Json:
            return self._said(person, given, self._content(kind, given))

        return send

    def _content(self, kind: str, given: Json) -> Json:
        size = int(given["size"]) if "size" in given else None
        try:
            content = base64.b64decode(given["content"]) if "content" in given else None
        except (binascii.Error, ValueError) as error:
            raise NoSuchActError("content is base64") from error
        if content is None and size is None:
            content = b"\xff\xd8twin"
        name = str(given.get("name") or f"{kind}.{_SUFFIX[kind]}")
        kept = media.keep(self.store, kind, Upload(name, content, given.get("mime"), size))
        caption = str(given.get("caption") or "")
        return media.shown(kept) | ({"caption": caption} if caption else {})

    def _album(self, person: Json, given: Json) -> Json:
        group = str(secrets.randbits(50))
        made = []
        for number, item in enumerate(given["items"]):
            caption = {"caption": given["caption"]} if given.get("caption") and number == 0 else {}
            content = self._content(str(item.get("kind", "photo")), {**item, **caption})
            made.append(self._said(person, {}, content, group=group)["message_id"])
        return {"message_ids": made, "media_group_id": group}

    def _block(self, person: Json, given: Json) -> Json:
        gone = given["act"] == "block"
        self.store.put_chat(person, blocked=gone)
        bot = {"id": 4_200_000_001, "is_bot": True, "first_name": "Clobus", "username": "clobus_twin_bot"}
        states = [{"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}]
        before, after = states if gone else reversed(states)
        change = {
            "chat": _chat(person), "from": _user(person), "date": int(self._now().timestamp()),
            "old_chat_member": before, "new_chat_member": after,
        }  # fmt: skip
        return {"update": self.updates.add({"my_chat_member": change})}

    def screen(self, chat_id: str, profile: Profile) -> Json | None:
        """What the phone shows: messages, keyboards, menu; None when there is no such chat."""
        known = self.store.chat(chat_id)
        written = self.store.messages(chat_id)
        if known is None and not written:
            return None
        chat, blocked = known or ({"id": chat_id}, False)
        keyboard: Any = None
        for message in written:
            found = message.get("reply_markup") or {}
            if "keyboard" in found:
                keyboard = found
            elif found.get("remove_keyboard"):
                keyboard = None
        toasts = [one for one in self.store.queries(chat_id) if one["answered"] and one["text"]]
        return {
            "chat": chat,
            "blocked": blocked,
            "messages": [_seen(message) for message in written],
            "reply_keyboard": keyboard["keyboard"] if keyboard else None,
            "commands": profile.seen_by(chat_id, str(chat.get("language_code") or "")),
            "menu_button": profile.get_menu({"chat_id": chat_id}),
            "toasts": [{"text": one["text"], "alert": one["show_alert"], "date": one["date"]} for one in toasts],
            "unanswered": [one["id"] for one in self.store.queries(chat_id) if not one["answered"]],
        }


_SUFFIX = {"photo": "jpg", "document": "bin", "voice": "ogg", "video": "mp4", "audio": "mp3"}


def _user(person: Json) -> Json:
    names = ("id", "first_name", "last_name", "username", "language_code")
    return {name: person[name] for name in names if name in person} | {"is_bot": False}


def _chat(person: Json) -> Json:
    return {name: person[name] for name in ("id", "type", "first_name", "last_name", "username") if name in person}


def _seen(message: Json) -> Json:
    kind = next((kind for kind in media.KINDS if kind in message), None)
    file: Json | None = None
    if kind:
        found = message[kind][-1] if kind == "photo" else message[kind]
        file = {"kind": kind, "file_id": found["file_id"], "size": found.get("file_size"),
                "name": found.get("file_name"), "url": f"/_control/files/{found['file_id']}"}  # fmt: skip
    names = ("message_id", "date", "edit_date", "text", "entities", "caption", "caption_entities", "contact",
             "media_group_id", "deleted")  # fmt: skip
    seen = {name: message[name] for name in names if name in message}
    keyboard = (message.get("reply_markup") or {}).get("inline_keyboard")
    answered = message.get("reply_to_message")
    return seen | {
        "from_bot": bool(message["from"].get("is_bot")),
        "file": file,
        "buttons": keyboard or [],
        "reply_to": answered["message_id"] if answered else None,
    }

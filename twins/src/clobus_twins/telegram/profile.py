"""What a bot tells of itself: commands by scope and language, descriptions, the menu button."""

from __future__ import annotations

import json
import re
from typing import Any

from clobus_twins.telegram.errors import bad
from clobus_twins.telegram.markup import structured, web_app
from clobus_twins.telegram.store import Store

Json = dict[str, Any]
COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SCOPES = frozenset(
    {"default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators",
     "chat_member"}
)  # fmt: skip
_LIMITS = {"name": 64, "description": 512, "short_description": 120}


class Profile:
    """The methods `setMy…`, `getMy…` and those of the menu button."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def set_commands(self, given: Json) -> bool:
        """`setMyCommands`."""
        commands = structured(given.get("commands"), "commands")
        if not isinstance(commands, list):
            raise bad("expected an Array of BotCommand")
        if len(commands) > COMMANDS:
            raise bad("too many commands specified")
        kept = []
        for one in commands:
            name = str(one.get("command", "")).removeprefix("/") if isinstance(one, dict) else ""
            if not _COMMAND.fullmatch(name):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(one.get("description", ""))) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
            kept.append({"command": name, "description": str(one["description"])})
        self.store.put_profile("commands", _scope(given), _language(given), kept)
        return True

    def get_commands(self, given: Json) -> list[Json]:
        """`getMyCommands`: exactly those set for this scope and language."""
        found = self.store.profile("commands", _scope(given), _language(given))
        return list(found or [])

    def delete_commands(self, given: Json) -> bool:
        """`deleteMyCommands`."""
        self.store.put_profile("commands", _scope(given), _language(given), None)
        return True

    def seen_by(self, chat_id: str, language: str) -> list[Json]:
        """The commands that a person sees: his chat's, then those of private chats, then the default ones; each in his
        language, then without one (the order of BotCommandScope in the Bot API).
        """
        chat = json.dumps({"type": "chat", "chat_id": chat_id}, sort_keys=True)
        for scope in (chat, '{"type": "all_private_chats"}', '{"type": "default"}'):
            for spoken in (language, ""):
                found = self.store.profile("commands", scope, spoken)
                if found:
                    return list(found)
        return []

    def set_text(self, name: str, given: Json) -> bool:
        """`setMyName`, `setMyDescription`, `setMyShortDescription`."""
        text = str(given.get(name) or "")
        if len(text) > _LIMITS[name]:
            raise bad(f"{name.replace('_', ' ')} is too long")
        self.store.put_profile(name, "", _language(given), text or None)
        return True

    def get_text(self, name: str, given: Json) -> Json:
        """`getMyName` and its kin: of the language, else of none."""
        found = self.store.profile(name, "", _language(given)) or self.store.profile(name, "", "")
        return {name: found or ""}

    def set_menu(self, given: Json) -> bool:
        """`setChatMenuButton`: of one private chat, or the default."""
        button = structured(given.get("menu_button"), "menu button") or {"type": "default"}
        kind = button.get("type") if isinstance(button, dict) else None
        if kind not in ("commands", "web_app", "default"):
            raise bad("MenuButton type must be one of commands, web_app, default")
        if kind == "web_app":
            if not str(button.get("text", "")).strip():
                raise bad("menu button text must be non-empty")
            web_app(button.get("web_app"), "menu button")
        self.store.put_profile("menu", str(given.get("chat_id") or ""), "", None if kind == "default" else button)
        return True

    def get_menu(self, given: Json) -> Json:
        """`getChatMenuButton`."""
        chat = str(given.get("chat_id") or "")
        found = self.store.profile("menu", chat, "") or self.store.profile("menu", "", "")
        return dict(found or {"type": "commands" if self.seen_by(chat, "") else "default"})


def _scope(given: Json) -> str:
    scope = structured(given.get("scope"), "scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    if "chat_id" in scope:
        scope = {**scope, "chat_id": str(scope["chat_id"])}
    return json.dumps(scope, sort_keys=True)


def _language(given: Json) -> str:
    code = str(given.get("language_code") or "")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("wrong language_code specified")
    return code

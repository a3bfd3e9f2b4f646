"""What a message says: its text and its files, as the conversation is to get them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiogram.types import Message

from clobus.bot.talk import Talk
from clobus.gateways.telegram.client import DOWNLOAD_LIMIT
from clobus.modules.clients import telegram as people


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a person. `group`: the album that it belongs to."""

    text: str
    files: list[dict[str, Any]] = field(default_factory=list)
    group: str | None = None


def content_of(message: Message, talk: Talk) -> Said | None:
    """What a message says; None when it can't be passed on: then he has been told why."""
    text = message.text or message.caption or ""
    found = _file(message)
    if found is None:
        if not text:
            talk.say(talk.text("relay.unsupported"))
            return None
        return Said(text)
    if (found["size"] or 0) > DOWNLOAD_LIMIT:
        talk.say(talk.text("relay.too_large_in", name=found["name"], megabytes=DOWNLOAD_LIMIT // 2**20))
        return Said(text) if text else None
    return Said(text, [found], message.media_group_id)


def _file(message: Message) -> dict[str, Any] | None:
    number = message.message_id
    if message.photo:
        largest = message.photo[-1]
        return {"file_id": largest.file_id, "name": f"photo-{number}.jpg", "mime": "image/jpeg",
                "size": largest.file_size}  # fmt: skip
    if message.voice:
        return {"file_id": message.voice.file_id, "name": f"voice-{number}.ogg", "size": message.voice.file_size,
                "mime": message.voice.mime_type or "audio/ogg"}  # fmt: skip
    if message.video_note:
        note = message.video_note
        return {"file_id": note.file_id, "name": f"video-{number}.mp4", "mime": "video/mp4", "size": note.file_size}
    for kind, suffix in (("document", "bin"), ("video", "mp4"), ("audio", "mp3")):
        found = getattr(message, kind)
        if found:
            return {"file_id": found.file_id, "name": (found.file_name or f"{kind}-{number}.{suffix}")[:200],
                    "mime": found.mime_type, "size": found.file_size}  # fmt: skip
    return None


def name_of(talk: Talk) -> str:
    """How the managers see him."""
    return people.full_name(talk.person)

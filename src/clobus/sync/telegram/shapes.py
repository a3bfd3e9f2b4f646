"""How a message of a conversation looks in a chat: pure decisions within Telegram's bounds."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from clobus.core import i18n
from clobus.gateways.chatwoot.wire import Attachment
from clobus.gateways.telegram.client import (
    ALBUM_LIMIT,
    CAPTION_LIMIT,
    PHOTO_LIMIT,
    TEXT_LIMIT,
    UPLOAD_LIMIT,
    length,
)

Part = tuple[str, dict[str, Any]]
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
VOICES = frozenset({"audio/ogg", "audio/opus"})
MUSIC = frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a"})


@dataclass(frozen=True)
class FileOut:
    """A file of a conversation as Telegram is to show it; `size` in bytes, None when Chatwoot did not tell."""

    address: str
    name: str
    kind: str
    media_type: str
    size: int | None


def file_of(attachment: Attachment) -> FileOut | None:
    """How an attachment is to be sent; None for what is no file (a place, a contact)."""
    if not attachment.data_url:
        return None
    name = unquote(urlsplit(attachment.data_url).path.rpartition("/")[2]) or "file"
    media = attachment.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    small = (attachment.file_size or 0) <= PHOTO_LIMIT
    if media in PHOTOS and small:
        kind = "photo"
    elif media == "video/mp4":
        kind = "video"
    elif media in VOICES:
        kind = "voice"
    else:
        kind = "audio" if media in MUSIC else "document"
    return FileOut(attachment.data_url, name[:200], kind, media, attachment.file_size)


def parts_of(name: str, text: str, files: Sequence[FileOut], language: str, reply_to: int | None) -> list[Part]:
    """The calls that show a message: texts, files, albums, in order. Who speaks stands over the first of them."""
    head = f"<b>{html.escape(name)}</b>\n" if name else ""
    room = length(name) + 1
    fits = [one for one in files if (one.size or 0) <= UPLOAD_LIMIT]
    found: list[Part] = []
    caption = ""
    if fits and length(text) + room <= CAPTION_LIMIT:
        caption = head + html.escape(text)
    elif text or not files:
        pieces = chunks(text or "…", TEXT_LIMIT - room)
        found += [("text", {"html": (head if n == 0 else "") + html.escape(piece)}) for n, piece in enumerate(pieces)]
    for batch in _batches(fits):
        content = {"files": [asdict(one) for one in batch], "html": caption}
        found.append(("album" if len(batch) > 1 else "file", content))
        caption = ""
    for one in files:
        if one not in fits:
            said = i18n.text(language, "bot.relay.too_large", {"name": html.escape(one.name)})
            found.append(("text", {"html": (head if not found else "") + said}))
    if reply_to is not None and found:
        found[0][1]["reply_to"] = reply_to
    return found


def _batches(files: Sequence[FileOut]) -> list[list[FileOut]]:
    """Neighbours that may stand in one album: pictures with videos, documents and music among themselves."""
    found: list[list[FileOut]] = []
    for one in files:
        last = found[-1] if found else None
        if last and len(last) < ALBUM_LIMIT and _family(one) == _family(last[0]) != "voice":
            last.append(one)
        else:
            found.append([one])
    return found


def _family(one: FileOut) -> str:
    return "seen" if one.kind in ("photo", "video") else one.kind


def chunks(text: str, limit: int) -> list[str]:
    """A text in pieces within a limit of UTF-16 units, cut at line ends or spaces where there are some."""
    found: list[str] = []
    while length(text) > limit:
        end = limit
        while length(text[:end]) > limit:
            end -= 1
        cut = max(text.rfind("\n", 0, end), text.rfind(" ", 0, end))
        end = cut if cut > end // 2 else end
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*found, text] if text or not found else found

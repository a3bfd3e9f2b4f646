"""Files: what a call uploads or names, how the API describes it, and its limits."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from dataclasses import dataclass
from typing import Any

from clobus_twins.telegram.errors import BotApiError, bad
from clobus_twins.telegram.store import Store

Json = dict[str, Any]
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
KINDS = ("photo", "document", "voice", "video", "audio")
_PREFIX = {"photo": "AgAC", "document": "BQAC", "voice": "AwAC", "video": "BAAC", "audio": "CQAC"}
_FOLDER = {"photo": "photos", "document": "documents", "voice": "voice", "video": "videos", "audio": "music"}
_KIND = {
    "photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4", "audio": "audio/mpeg",
    "document": "application/octet-stream",
}  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A file in the body of a call, or in a person's hand. `size` may be told without the bytes."""

    name: str
    content: bytes | None
    mime: str | None = None
    told_size: int | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return self.told_size if self.told_size is not None else len(self.content or b"")


def taken(store: Store, kind: str, given: Any, uploads: dict[str, Upload]) -> Json:
    """The members of a message for one medium out of a call's argument; BotApiError when it can't be used."""
    if isinstance(given, Upload):
        return described(store, kind, given)
    named = str(given or "")
    if named.startswith("attach://"):
        found = uploads.get(named.removeprefix("attach://"))
        if found is None:
            raise bad(f'there is no file "{named}" in the request')
        return described(store, kind, found)
    if not named:
        raise bad(f"there is no {kind} in the request")
    if named.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")  # the twin fetches nothing
    known = store.file(named)
    if known is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if known["kind"] != kind:
        raise bad(f"can't use file of type {known['kind'].capitalize()} as {kind.capitalize()}")
    return shown(known)


def described(store: Store, kind: str, upload: Upload) -> Json:
    """Keep an upload of the bot and describe it; BotApiError above the limits."""
    if upload.size > UPLOAD_LIMIT:
        raise BotApiError(413, "Request Entity Too Large")
    if kind == "photo" and upload.size > PHOTO_LIMIT:
        raise bad(f"file of size {upload.size} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes")
    if upload.size == 0:
        raise bad("file must be non-empty")
    return shown(keep(store, kind, upload))


def keep(store: Store, kind: str, upload: Upload) -> Json:
    """Keep a file under a new identifier."""
    mime = upload.mime or mimetypes.guess_type(upload.name)[0] or _KIND[kind]
    unique = "AQAD" + hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:12]
    file = {
        "file_id": _PREFIX[kind] + secrets.token_urlsafe(42), "file_unique_id": unique, "file_size": upload.size,
        "kind": kind, "file_name": upload.name, "mime_type": mime,
    }  # fmt: skip
    suffix = upload.name.rpartition(".")[2] if "." in upload.name else "bin"
    file["file_path"] = f"{_FOLDER[kind]}/file_{unique[-6:]}.{suffix[:10]}"
    store.put_file(file, upload.content)
    return file


def shown(file: Json) -> Json:
    """A file as a member of a message."""
    seen = {name: file[name] for name in ("file_id", "file_unique_id", "file_size")}
    kind = file["kind"]
    if kind == "photo":
        small = {**seen, "file_unique_id": seen["file_unique_id"] + "s", "file_size": min(1500, seen["file_size"])}
        return {"photo": [{**small, "width": 90, "height": 67}, {**seen, "width": 1280, "height": 960}]}
    seen["mime_type"] = file["mime_type"]
    if kind != "voice":
        seen["file_name"] = file["file_name"]
    if kind in ("voice", "video", "audio"):
        seen["duration"] = 3
    if kind == "video":
        seen |= {"width": 640, "height": 480}
    return {kind: seen}


def identifier(message: Json) -> str | None:
    """The file of a message: for a photo its largest size."""
    for kind in KINDS:
        if kind in message:
            found = message[kind][-1] if kind == "photo" else message[kind]
            return str(found["file_id"])
    return None


def file_of(store: Store, file_id: Any) -> Json:
    """`getFile`: refused above 20 MB."""
    known = store.file(str(file_id or ""))
    if known is None:
        raise bad("invalid file_id")
    if known["file_size"] > DOWNLOAD_LIMIT:
        raise bad("file is too big")
    return {name: known[name] for name in ("file_id", "file_unique_id", "file_size", "file_path")}

"""Files of messages: kept beside the database, given out at their data_url."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import secrets
from typing import Any
from urllib.parse import quote

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, Answer, Call, File, Problem, unprocessable
from clobus_twins.chatwoot.memory import Memory


def keep(store: Memory, file: File) -> model.Attachment:
    """Write an uploaded file; its key looks like an ActiveStorage signed id and opens it without more."""
    token = base64.b64encode(secrets.token_bytes(48)).decode().replace("/", "A").replace("+", "B")
    key = f"eyJ{token}--{hashlib.sha1(token.encode(), usedforsecurity=False).hexdigest()}"
    (store.blobs / key).write_bytes(file.content)
    kind = file.content_type.split(";")[0]
    family = kind.split("/")[0]
    return model.Attachment(
        id=store.take_attachment_id(),
        file_type=family if family in ("image", "audio", "video") else "file",
        file_name=file.name.replace("/", "-"),
        content_type=kind,
        file_size=len(file.content),
        key=key,
    )


def by_key(store: Memory, key: str) -> model.Attachment:
    """A file uploaded before, by its signed id; 422 when there is none."""
    if not key.startswith("eyJ") or "/" in key or not (store.blobs / key).is_file():
        raise unprocessable("mismatched digest")
    note = store.blobs / f"{key}.name"
    name = note.read_text() if note.is_file() else "file"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    family = kind.split("/")[0]
    return model.Attachment(
        id=store.take_attachment_id(),
        file_type=family if family in ("image", "audio", "video") else "file",
        file_name=name,
        content_type=kind,
        file_size=(store.blobs / key).stat().st_size,
        key=key,
    )


def upload(call: Call) -> Any:
    """`POST upload`: a file to be attached later by its `blob_id`."""
    file = call.params.get("attachment")
    if not isinstance(file, File):
        raise unprocessable("No file or URL provided")
    kept = keep(call.store, file)
    (call.store.blobs / f"{kept.key}.name").write_text(kept.file_name)
    address = f"{call.twin.base_url}/rails/active_storage/blobs/redirect/{kept.key}/{kept.file_name}"
    return {"file_url": address, "blob_key": kept.key, "blob_id": kept.key}


def redirect(call: Call) -> Any:
    """The address in data_url: 302 to the place of the bytes."""
    key, name = call.path["key"], call.path["name"]
    if not (call.store.blobs / key).is_file() or "/" in key:
        raise Problem(404, {"status": 404, "error": "Not Found"})
    place = f"{call.twin.base_url}/rails/active_storage/disk/{key}/{quote(name)}"
    return Answer(302, headers={"location": place})


def disk(call: Call) -> Any:
    """The bytes."""
    path = call.store.blobs / call.path["key"]
    if "/" in call.path["key"] or not path.is_file():
        return Answer(404, EMPTY.body)
    kind = mimetypes.guess_type(call.path["name"])[0] or "application/octet-stream"
    return Answer(200, path.read_bytes(), media_type=kind)

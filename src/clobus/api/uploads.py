"""Files of a multipart body, spooled to disk beyond a megabyte and stopped as soon as they are more than we take."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from clobus.core.errors import Invalid, TooLarge, Unsupported
from clobus.settings import Attachments

FIELD_BYTES = 16_000
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What was sent: the files, and the words with them."""

    files: list[UploadFile]
    comment: str | None

    async def digest(self) -> str:
        """SHA-256 over all that was sent: the same files with the same names and words give the same."""
        whole = hashlib.sha256(repr((self.comment, [(file.filename, file.size) for file in self.files])).encode())
        for file in self.files:
            while piece := await file.read(PIECE):
                whole.update(piece)
            await file.seek(0)
        return whole.hexdigest()


class _Bounded(MultiPartParser):
    """Counts the bytes of each file as they come."""

    file_bytes = 0
    received = 0

    def on_part_begin(self) -> None:
        """A part begins."""
        self.received = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Some of a part came."""
        part = self._current_part
        if part.file is not None:
            self.received += end - start
            if self.received > self.file_bytes:
                raise TooLarge(
                    "attachment.too_large",
                    {"name": (part.file.filename or "")[:100], "megabytes": self.file_bytes // 1_000_000},
                )
        super().on_part_data(data, start, end)


@asynccontextmanager
async def uploaded(request: Request, rules: Attachments) -> AsyncIterator[Uploaded]:
    """The files of a request, closed at the end of the block.

    Invalid for a body that is none or holds no file, TooLarge for files that are too large or too many, Unsupported
    for another content type.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Unsupported("http.415")
    parser = _Bounded(
        request.headers, request.stream(), max_files=rules.per_request + 1, max_fields=10, max_part_size=FIELD_BYTES
    )
    parser.file_bytes = rules.file_bytes
    try:
        form = await parser.parse()
    except ClientDisconnect as error:
        raise TooLarge("http.413") from error  # the bound around all bodies cut it off, or nobody listens any more
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise TooLarge("attachment.too_many", {"limit": rules.per_request}) from error
        raise Invalid("attachment.malformed") from error
    try:
        yield _checked(form, rules)
    finally:
        await form.close()


def _checked(form: FormData, rules: Attachments) -> Uploaded:
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise Invalid("attachment.none")
    if len(files) > rules.per_request:
        raise TooLarge("attachment.too_many", {"limit": rules.per_request})
    comment = form.get("comment")
    return Uploaded(files, comment.strip()[:10_000] if isinstance(comment, str) else None)

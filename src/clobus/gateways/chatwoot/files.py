"""Messages with files, both ways (chatwoot.md §2.4)."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import httpx

from clobus.core.errors import BadAnswer, OutcomeUnknown, Refused
from clobus.core.http import Form
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import SYSTEM, Attributes, Message, decode

REDIRECTS = 4


@dataclass(frozen=True)
class Blob:
    """A file: its name for people, its bytes, its media type."""

    name: str
    content: bytes
    media_type: str


async def create_message_with_files(
    chatwoot: ChatwootClient, conversation_id: int, files: Sequence[Blob], *, content: str | None,
    message_type: Literal["incoming", "outgoing"], source_id: str, content_attributes: Attributes | None = None,
) -> Message:  # fmt: skip
    """Write one message with up to 15 files, sent once: OutcomeUnknown on a lost answer (see `find_message`)."""
    fields = {"message_type": message_type, "private": "false", "source_id": source_id}
    if content:
        fields["content"] = content
    if content_attributes:
        fields["content_attributes"] = json.dumps(content_attributes)
    parts = [("attachments[]", (one.name, io.BytesIO(one.content), one.media_type)) for one in files]
    response = await chatwoot.http.request(
        "POST",
        f"api/v1/accounts/{chatwoot.account_id}/conversations/{conversation_id}/messages",
        form=Form(fields, parts),
        route="messages with files",
    )
    try:
        return decode(response.content, Message)
    except BadAnswer as exc:
        raise OutcomeUnknown(SYSTEM, f"done, but the answer is unreadable: {exc.text}", status=exc.status) from exc


async def download(chatwoot: ChatwootClient, address: str, limit: int) -> bytes | None:
    """The bytes of an attachment; None when there are more than `limit`.

    Only addresses of Chatwoot itself are opened, and where it redirects from there (its storage): Refused for others.
    """
    base = str(chatwoot.http.client.base_url)
    if not _same(address, base):
        raise Refused(SYSTEM, "a file at another server", code="chatwoot.foreign_file")
    for _ in range(REDIRECTS):
        # Its storage knows nobody, and must not learn our key.
        headers = {} if _same(address, base) else {"api-access-token": ""}
        got = await _bounded(chatwoot, address, limit, headers)
        if not isinstance(got, str):
            return got
        address = urljoin(address, got)
        if not _same(address, base) and urlsplit(address).scheme != "https":
            raise Refused(SYSTEM, "a file redirected to an open connection", code="chatwoot.foreign_file")
    raise BadAnswer(SYSTEM, "too many redirects of a file")


async def _bounded(chatwoot: ChatwootClient, address: str, limit: int, headers: dict[str, str]) -> bytes | str | None:
    """The body, or where it is instead, or None when it is too large."""
    http = chatwoot.http
    body = bytearray()

    async def read(response: httpx.Response) -> bytes | str | None:
        if response.status_code in (301, 302, 303, 307, 308):
            return str(response.headers.get("location", ""))
        error = http.judge(SYSTEM, response)
        if error is not None:
            raise error
        async for piece in response.aiter_bytes():
            body.extend(piece)
            if len(body) > limit:
                return None
        return bytes(body)

    return await http.stream(address, read, headers=headers, route="file")


def _same(one: str, other: str) -> bool:
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)


def kind_of(attachment: Any) -> str:
    """How Telegram calls what Chatwoot calls `file_type`."""
    kinds = {"image": "photo", "video": "video", "audio": "audio"}
    return kinds.get(str(getattr(attachment, "file_type", None)), "document")

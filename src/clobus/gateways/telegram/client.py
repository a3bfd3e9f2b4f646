"""The rest of the Bot API that the desk uses: files both ways, edits, updates, the webhook.

Bounds of the API (core.telegram.org/bots/api): a bot takes files up to 20 MB and sends up to 50 MB, photos up to 10 MB;
4096 characters in a text and 1024 in a caption, as UTF-16 units; 2 to 10 media in an album.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from clobus.core.errors import BadAnswer, GatewayError, OutcomeUnknown
from clobus.core.http import Form
from clobus.gateways.telegram.sender import SYSTEM, SentMessage, TelegramSender, decoded, judge

DOWNLOAD_LIMIT = 20 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ALBUM_LIMIT = 10
UPLOAD_SECONDS = 90.0

_METHODS = {
    "photo": "sendPhoto", "document": "sendDocument", "voice": "sendVoice", "video": "sendVideo", "audio": "sendAudio",
}  # fmt: skip


class File(msgspec.Struct, kw_only=True):
    """A file that can be fetched for an hour."""

    file_id: str
    file_path: str
    file_size: int | None = None


class WebhookInfo(msgspec.Struct, kw_only=True):
    """Where updates go; an empty address: nowhere, they are asked for."""

    url: str
    pending_update_count: int = 0
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass(frozen=True)
class Blob:
    """A file to send: its kind in Telegram's words, name, bytes, media type."""

    kind: str
    name: str
    content: bytes
    media_type: str


def length(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


class TelegramClient(TelegramSender):
    """One bot. Every method raises a GatewayError of core/errors.py; sends are not repeated."""

    @classmethod
    def over(cls, sender: TelegramSender) -> TelegramClient:
        """The same bot over the same connections."""
        return cls(sender.http, sender._token)

    async def raw(
        self, name: str, params: Mapping[str, Any] | None = None, *, form: Form | None = None, repeatable: bool = False,
        seconds: float | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Call a method and give the whole answer, which is a good one."""
        limit = None if seconds is None else httpx.Timeout(connect=5.0, read=seconds, write=seconds, pool=None)
        return await self.http.request(
            "POST", f"/bot{self._token}/{name}", body=params if form is None else None, form=form, route=name,
            repeatable=repeatable, time_limit=limit,
        )  # fmt: skip

    async def send_text(self, chat_id: int, html: str, *, reply_to: int | None = None) -> SentMessage:
        """Send a text with HTML marks, as an answer to a message where that still stands."""
        params = {"chat_id": chat_id, "text": html, "parse_mode": "HTML", **_reply(reply_to)}
        return _sent(await self.raw("sendMessage", params))

    async def send_file(
        self, chat_id: int, file: Blob, *, caption: str | None = None, reply_to: int | None = None
    ) -> SentMessage:
        """Send one file with a caption in HTML."""
        fields = {"chat_id": str(chat_id), "parse_mode": "HTML"} | ({"caption": caption} if caption else {})
        fields |= {name: json.dumps(value) for name, value in _reply(reply_to).items()}
        form = Form(fields, [(file.kind, (file.name, io.BytesIO(file.content), file.media_type))])
        return _sent(await self.raw(_METHODS[file.kind], form=form, seconds=UPLOAD_SECONDS))

    async def send_album(
        self, chat_id: int, files: Sequence[Blob], *, caption: str | None = None, reply_to: int | None = None
    ) -> list[SentMessage]:
        """Send 2 to 10 files as one album; the caption, in HTML, stands under the first."""
        media: list[dict[str, Any]] = [{"type": f.kind, "media": f"attach://f{n}"} for n, f in enumerate(files)]
        if caption:
            media[0] |= {"caption": caption, "parse_mode": "HTML"}
        fields = {"chat_id": str(chat_id), "media": json.dumps(media)}
        fields |= {name: json.dumps(value) for name, value in _reply(reply_to).items()}
        parts = [(f"f{n}", (f.name, io.BytesIO(f.content), f.media_type)) for n, f in enumerate(files)]
        response = await self.raw("sendMediaGroup", form=Form(fields, parts), seconds=UPLOAD_SECONDS)
        try:
            return decoded(response, list[SentMessage])
        except BadAnswer as exc:
            raise OutcomeUnknown(SYSTEM, exc.text, status=exc.status) from exc

    async def edit(self, chat_id: int, message_id: int, html: str, *, caption: bool = False) -> None:
        """Change the text or the caption of a message of ours; the same one again is no error."""
        name, member = ("editMessageCaption", "caption") if caption else ("editMessageText", "text")
        params = {"chat_id": chat_id, "message_id": message_id, member: html, "parse_mode": "HTML"}
        try:
            await self.raw(name, params, repeatable=True)
        except GatewayError as error:
            if "message is not modified" not in error.vendor_text:
                raise

    async def delete_message(self, chat_id: int, message_id: int) -> None:
        """Take a message back; Refused when it is older than two days."""
        await self.raw("deleteMessage", {"chat_id": chat_id, "message_id": message_id}, repeatable=True)

    async def file(self, file_id: str) -> File:
        """Where a file can be fetched; Refused (`vendor_text` "file is too big") above 20 MB."""
        return decoded(await self.raw("getFile", {"file_id": file_id}, repeatable=True), File)

    async def download(self, file: File, limit: int = DOWNLOAD_LIMIT) -> bytes | None:
        """The bytes of a file; None when there are more than `limit`."""
        body = bytearray()

        async def read(response: httpx.Response) -> bytes | None:
            if response.status_code >= 300:
                await response.aread()
                raise judge(SYSTEM, response) or BadAnswer(SYSTEM, "a redirected file", status=response.status_code)
            async for piece in response.aiter_bytes():
                body.extend(piece)
                if len(body) > limit:
                    return None
            return bytes(body)

        return await self.http.stream(f"/file/bot{self._token}/{file.file_path}", read, headers={}, route="file")

    async def updates(self, offset: int | None, allowed: Sequence[str], seconds: int) -> list[dict[str, Any]]:
        """Updates from `offset` on, waiting for the first up to `seconds`; asking confirms all before `offset`.

        Refused with code telegram.conflict when another program asks, or a webhook is set.
        """
        params: dict[str, Any] = {"timeout": seconds, "allowed_updates": list(allowed)}
        if offset is not None:
            params["offset"] = offset
        response = await self.raw("getUpdates", params, repeatable=False, seconds=seconds + 10.0)
        return decoded(response, list[dict[str, Any]])

    async def set_webhook(self, url: str, secret: str, allowed: Sequence[str]) -> None:
        """Let updates be delivered to an address, with a secret in a header."""
        params = {"url": url, "secret_token": secret, "allowed_updates": list(allowed), "max_connections": 10}
        await self.raw("setWebhook", params, repeatable=True)

    async def delete_webhook(self) -> None:
        """Stop the delivery; what waits stays."""
        await self.raw("deleteWebhook", {}, repeatable=True)

    async def webhook_info(self) -> WebhookInfo:
        """Where updates go now."""
        return decoded(await self.raw("getWebhookInfo", {}, repeatable=True), WebhookInfo)


def _reply(to: int | None) -> dict[str, Any]:
    return {"reply_parameters": {"message_id": to, "allow_sending_without_reply": True}} if to else {}


def _sent(response: httpx.Response) -> SentMessage:
    try:
        return decoded(response, SentMessage)
    except BadAnswer as exc:
        raise OutcomeUnknown(SYSTEM, exc.text, status=exc.status) from exc

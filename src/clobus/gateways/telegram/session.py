"""aiogram's methods over the house's own HTTP: time-outs, breaker, metrics, and no token in any log."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from typing import Any

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType

from clobus.core.http import Form
from clobus.gateways.telegram.client import UPLOAD_SECONDS, TelegramClient

ONCE = ("send", "copy", "forward")
"""Beginnings of methods whose repetition a person would see."""


class HouseSession(BaseSession):
    """The session of aiogram's `Bot`. Errors are GatewayErrors of core/errors.py, not aiogram's."""

    def __init__(self, telegram: TelegramClient) -> None:
        super().__init__()
        self.telegram = telegram

    async def close(self) -> None:
        """The connections belong to the gateway, which closes them."""

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Call a method once, or again where that does no harm."""
        files: dict[str, Any] = {}
        fields = {
            name: prepared
            for name, value in method.model_dump(warnings=False).items()
            if (prepared := self.prepare_value(value, bot=bot, files=files)) is not None
        }
        name = method.__api_method__
        if files:
            parts = []
            for key, file in files.items():
                content = b"".join([piece async for piece in file.read(bot)])
                parts.append((key, (file.filename or key, io.BytesIO(content), "application/octet-stream")))
            response = await self.telegram.raw(name, form=Form(fields, parts), seconds=UPLOAD_SECONDS)
        else:
            response = await self.telegram.raw(name, fields, repeatable=not name.startswith(ONCE))
        answer = self.check_response(bot=bot, method=method, status_code=response.status_code, content=response.text)
        return answer.result  # type: ignore[return-value]  # a good answer has a result

    async def stream_content(
        self, url: str, headers: dict[str, Any] | None = None, timeout: int = 30, chunk_size: int = 65536,
        raise_for_status: bool = True,
    ) -> AsyncGenerator[bytes, None]:  # fmt: skip
        """Files are fetched by the gateway (`TelegramClient.download`), never by an address that holds the token."""
        if url:
            raise NotImplementedError
        yield b""

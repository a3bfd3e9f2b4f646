"""Send messages as a Telegram bot. The address holds the token, so it appears in no log, metric or error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from clobus.core.breaker import BreakerPolicy
from clobus.core.errors import BadAnswer, GatewayError, OutcomeUnknown, Refused, Transient
from clobus.core.http import Http, RetryPolicy, describe, open_client, retry_after, timeouts

SYSTEM = "telegram"
T = TypeVar("T")
CODES = {
    400: "telegram.invalid", 401: "telegram.unauthorized", 403: "telegram.blocked", 404: "telegram.unauthorized",
    409: "telegram.conflict", 413: "telegram.too_large",
}  # fmt: skip


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int | None = None
    description: str = ""
    parameters: _Parameters | None = None


class SentMessage(msgspec.Struct, kw_only=True):
    """A message that Telegram took."""

    message_id: int
    date: int


class BotUser(msgspec.Struct, kw_only=True):
    """The bot itself."""

    id: int
    is_bot: bool
    first_name: str
    username: str | None = None


def open_telegram(
    base_url: str,
    token: str,
    *,
    verify: bool | str | Path = True,
    read: float = 20.0,
    retry: RetryPolicy | None = None,
    breaker: BreakerPolicy | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> TelegramSender:
    """Open the Bot API; `base_url` is its root (https://api.telegram.org)."""
    http = open_client(
        SYSTEM, base_url, timeout=timeouts(5.0, read), verify=verify, retry=retry, breaker=breaker, judge=judge,
        transport=transport,
    )  # fmt: skip
    return TelegramSender(http, token)


class TelegramSender:
    """One bot. Every method raises a GatewayError of core/errors.py."""

    def __init__(self, http: Http, token: str) -> None:
        self.http = http
        self._token = token

    async def send_message(
        self,
        chat_id: int | str,
        text: str,
        *,
        parse_mode: str | None = None,
        reply_markup: Mapping[str, Any] | None = None,
        disable_notification: bool = False,
    ) -> SentMessage:
        """Send a text (1 to 4096 characters), once.

        Refused with code telegram.blocked when the person blocked the bot or never opened it, Transient with
        `retry_after` when Telegram wants us slower, OutcomeUnknown on a lost answer: do not repeat, a person would
        read it twice.
        """
        body: dict[str, Any] = {"chat_id": chat_id, "text": text}
        if parse_mode:
            body["parse_mode"] = parse_mode
        if reply_markup is not None:
            body["reply_markup"] = reply_markup
        if disable_notification:
            body["disable_notification"] = True
        response = await self._call("POST", "sendMessage", body)
        try:
            return decoded(response, SentMessage)
        except BadAnswer as exc:
            raise OutcomeUnknown(SYSTEM, exc.text, status=exc.status) from exc

    async def get_me(self) -> BotUser:
        """Ask who the bot is: proves the token."""
        return decoded(await self._call("GET", "getMe", None), BotUser)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    def __repr__(self) -> str:
        return "TelegramSender(…)"

    async def _call(self, method: str, name: str, body: object) -> httpx.Response:
        # The slash in front matters: a token has a colon, and `bot1:…` would be read as a scheme.
        return await self.http.request(method, f"/bot{self._token}/{name}", body=body, route=name)


def judge(system: str, response: httpx.Response) -> GatewayError | None:
    """Judge an answer of the Bot API: `ok` decides, the status repeats `error_code`."""
    status, said = response.status_code, describe(response)
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except msgspec.MsgspecError:
        answer = None
    if answer is not None and answer.ok:
        return None
    code = answer.error_code or status if answer is not None else status
    text = answer.description if answer is not None else ""
    if code == 429:
        told = answer.parameters.retry_after if answer is not None and answer.parameters else None
        wait = told if told is not None else retry_after(response)
        # A limit is per chat as often as per bot: one busy chat must not close the door for all.
        return Transient(
            system, said, status=code, code="telegram.throttled", retry_after=wait, not_done=True, trips=False
        )
    if code >= 500:
        return Transient(system, said, status=code, vendor_text=text, retry_after=retry_after(response))
    if answer is None:
        return BadAnswer(system, f"{said}, not the Bot API", status=status)
    if code == 400 and "chat not found" in text.lower():
        return Refused(system, said, status=code, code="telegram.no_chat", vendor_text=text)
    return Refused(system, said, status=code, code=CODES.get(code, f"telegram.http_{code}"), vendor_text=text)


def decoded(response: httpx.Response, kind: type[T]) -> T:
    """The result of a good answer; BadAnswer when it is not what the contract promises."""
    answer = msgspec.json.decode(response.content, type=_Answer)
    try:
        return msgspec.json.decode(answer.result, type=kind)
    except msgspec.MsgspecError as exc:
        raise BadAnswer(SYSTEM, f"{describe(response)} without a readable result", status=response.status_code) from exc

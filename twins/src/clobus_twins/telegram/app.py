"""The Telegram twin as an ASGI application: `/bot<token>/<method>` and its control doors.

Beside the common control doors: `GET /_control/messages?chat_id=`, `POST /_control/chats`
(`{"id": 1, "type": "private", "first_name": …, "blocked": false}` or a list; makes chats known) and
`POST /_control/updates` (an update without its number, such as `{"message": {…}}`; goes to the webhook or waits).
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clobus_twins.control import Control, ControlMiddleware
from clobus_twins.faults import Fault
from clobus_twins.telegram.methods import BotApiError, Methods
from clobus_twins.telegram.store import Json, Store

_TOKEN = re.compile(r"\d+:[\w-]{20,}")


class Doors:
    """HTTP of the bot's methods and of the twin's own control doors."""

    def __init__(self, store: Store, methods: Methods, token: str | None) -> None:
        self.store = store
        self.methods = methods
        self._token = token

    async def call(self, request: Request) -> Response:
        """`/bot<token>/<method>`: arguments in the query, a form or JSON."""
        token, name = request.path_params["token"], request.path_params["method"]
        try:
            if token != self._token if self._token else not _TOKEN.fullmatch(token):
                raise BotApiError(401, "Unauthorized")
            result = self.methods.call(name, await _arguments(request))
        except BotApiError as error:
            return JSONResponse(error.body(), error.code)
        except (TypeError, ValueError):
            return JSONResponse(BotApiError(400, "Bad Request: wrong parameter").body(), 400)
        return JSONResponse({"ok": True, "result": result})

    async def messages(self, request: Request) -> Response:
        """What was sent, for a tester."""
        return JSONResponse(self.store.messages(request.query_params.get("chat_id")))

    async def chats(self, request: Request) -> Response:
        """Make chats known, or let their users block the bot."""
        data = await request.json()
        chats = data if isinstance(data, list) else [data]
        for chat in chats:
            if not isinstance(chat, dict) or "id" not in chat:
                return JSONResponse({"error": "a chat is an object with an id"}, 400)
        for chat in chats:
            known = {"type": "private"} | {name: value for name, value in chat.items() if name != "blocked"}
            self.store.put_chat(known, blocked=bool(chat.get("blocked")))
        return JSONResponse({"ok": True})

    async def updates(self, request: Request) -> Response:
        """Something happens in Telegram: an update for the bot."""
        data = await request.json()
        if not isinstance(data, dict) or len(data) != 1:
            return JSONResponse({"error": 'an update has one member, such as {"message": {…}}'}, 400)
        update = self.store.add_update(data)
        webhook = self.store.setting("webhook")
        if webhook:
            await self._deliver(webhook, update)
        return JSONResponse(update)

    async def _deliver(self, webhook: Json, update: Json) -> None:
        headers = {}
        if webhook["secret_token"]:
            headers["x-telegram-bot-api-secret-token"] = webhook["secret_token"]
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                answer = await client.post(webhook["url"], json=update, headers=headers)
        except httpx.HTTPError:
            return  # it goes on waiting, as with Telegram
        if answer.is_success:
            self.store.drop_update(update["update_id"])


async def _arguments(request: Request) -> Json:
    given: Json = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "")
    if not body:
        return given
    if kind.startswith("application/json"):
        try:
            data: Any = json.loads(body)
        except ValueError as error:
            raise BotApiError(400, "Bad Request: can't parse JSON object") from error
        return given | (data if isinstance(data, dict) else {})
    if kind.startswith("multipart/"):
        return given | {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return given | dict(parse_qsl(body.decode()))


def _fault_body(fault: Fault) -> Response:
    if fault.status == 429:
        seconds = int(fault.retry_after or 1)
        error = BotApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    else:
        words = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden: bot was blocked by the user"}
        error = BotApiError(fault.status, words.get(fault.status, "Internal Server Error"))
    return JSONResponse(error.body(), fault.status)


def create_app(data_dir: Path, *, token: str | None = None, strict_chats: bool = False) -> ControlMiddleware:
    """The twin over the state in `data_dir`.

    `token` (else CLOBUS_TWINS_TELEGRAM_TOKEN; neither = any well-formed one) is the bot's; with `strict_chats` only
    chats made known over `/_control/chats` exist.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(data_dir / "telegram.sqlite")
    control = Control(wipe=store.wipe, render=_fault_body)
    methods = Methods(store, control.clock.now, strict=strict_chats)
    doors = Doors(store, methods, token or os.environ.get("CLOBUS_TWINS_TELEGRAM_TOKEN"))
    routes = [
        Route("/bot{token}/{method}", doors.call, methods=["GET", "POST"]),
        Route("/_control/messages", doors.messages),
        Route("/_control/chats", doors.chats, methods=["POST"]),
        Route("/_control/updates", doors.updates, methods=["POST"]),
    ]
    return ControlMiddleware(Starlette(routes=routes), control, store)

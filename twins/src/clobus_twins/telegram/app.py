"""The Telegram twin as an ASGI application: `/bot<token>/<method>`, `/file/bot<token>/<path>`, its control doors.

Beside the common control doors and those of `people.py`: `GET /_control/messages?chat_id=`, `GET|POST /_control/chats`
(`{"id": 1, "type": "private", "first_name": …, "blocked": false}` or a list; makes chats known) and
`POST /_control/updates` (an update without its number, such as `{"message": {…}}`; goes to the webhook or waits).
"""

from __future__ import annotations

import json
import mimetypes
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clobus_twins.control import Control, ControlMiddleware
from clobus_twins.faults import Fault
from clobus_twins.telegram.errors import BotApiError
from clobus_twins.telegram.media import UPLOAD_LIMIT, Upload
from clobus_twins.telegram.methods import Methods
from clobus_twins.telegram.people import NoSuchActError, People
from clobus_twins.telegram.store import Json, Store
from clobus_twins.telegram.updates import Updates

_TOKEN = re.compile(r"\d+:[\w-]{20,}")


class Doors:
    """HTTP of the bot's methods and of the twin's own control doors."""

    def __init__(self, store: Store, methods: Methods, people: People, token: str | None) -> None:
        self.store = store
        self.methods = methods
        self.people = people
        self._token = token

    async def call(self, request: Request) -> Response:
        """`/bot<token>/<method>`: arguments in the query, a form or JSON."""
        token, name = request.path_params["token"], request.path_params["method"]
        try:
            if not self._known(token):
                raise BotApiError(401, "Unauthorized")
            result = await self.methods.call(name, await _arguments(request))
        except BotApiError as error:
            return JSONResponse(error.body(), error.code)
        except (TypeError, ValueError):
            return JSONResponse(BotApiError(400, "Bad Request: wrong parameter").body(), 400)
        return JSONResponse({"ok": True, "result": result})

    def _known(self, token: str) -> bool:
        return token == self._token if self._token else bool(_TOKEN.fullmatch(token))

    async def download(self, request: Request) -> Response:
        """`/file/bot<token>/<file_path>`."""
        path = request.path_params["path"]
        found = self.store.db.execute("SELECT file_id FROM file WHERE body LIKE ?", (f'%"file_path":"{path}"%',))
        row = found.fetchone()
        file = self.store.file(row[0]) if row else None
        if not self._known(request.path_params["token"]) or file is None:
            return JSONResponse(BotApiError(404, "Not Found").body(), 404)
        return Response(self.store.content(file), media_type="application/octet-stream")

    async def messages(self, request: Request) -> Response:
        """What was sent, for a tester."""
        return JSONResponse(self.store.messages(request.query_params.get("chat_id")))

    async def chats(self, request: Request) -> Response:
        """List chats, make them known, or let their users block the bot."""
        if request.method == "GET":
            return JSONResponse(self.store.chats())
        data = await request.json()
        chats = data if isinstance(data, list) else [data]
        for chat in chats:
            if not isinstance(chat, dict) or "id" not in chat:
                return JSONResponse({"error": "a chat is an object with an id"}, 400)
        for chat in chats:
            known = {"type": "private"} | {name: value for name, value in chat.items() if name != "blocked"}
            self.store.put_chat(known, blocked=bool(chat.get("blocked")))
        return JSONResponse({"ok": True})

    async def screen(self, request: Request) -> Response:
        """The phone of one person."""
        shown = self.people.screen(request.path_params["chat_id"], self.methods.profile)
        return JSONResponse(shown) if shown else JSONResponse({"error": "there is no such chat"}, 404)

    async def file(self, request: Request) -> Response:
        """A file's bytes, for a tester."""
        file = self.store.file(request.path_params["file_id"])
        if file is None:
            return JSONResponse({"error": "there is no such file"}, 404)
        kind = file["mime_type"] or mimetypes.guess_type(file["file_name"])[0]
        return Response(self.store.content(file), media_type=kind)

    async def person(self, request: Request) -> Response:
        """A person does something."""
        try:
            return JSONResponse(self.people.act(request.path_params["act"], await request.json()))
        except (NoSuchActError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    async def updates(self, request: Request) -> Response:
        """Something happens in Telegram: an update for the bot."""
        data = await request.json()
        if not isinstance(data, dict) or len(data) != 1:
            return JSONResponse({"error": 'an update has one member, such as {"message": {…}}'}, 400)
        return JSONResponse(self.methods.updates.add(data))


async def _arguments(request: Request) -> Json:
    given: Json = dict(request.query_params)
    if int(request.headers.get("content-length") or 0) > UPLOAD_LIMIT + 1_000_000:
        raise BotApiError(413, "Request Entity Too Large")
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
        async with request.form(max_part_size=UPLOAD_LIMIT + 1) as form:
            for name, value in form.items():
                if isinstance(value, UploadFile):
                    given[name] = Upload(value.filename or name, await value.read(), value.content_type)
                else:
                    given[name] = value
        return given
    return given | dict(parse_qsl(body.decode()))


def _fault_body(fault: Fault) -> Response:
    if fault.status == 429:
        seconds = int(fault.retry_after or 1)
        error = BotApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    else:
        words = {
            400: "Bad Request", 401: "Unauthorized", 403: "Forbidden: bot was blocked by the user",
            409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        }  # fmt: skip
        error = BotApiError(fault.status, words.get(fault.status, "Internal Server Error"))
    return JSONResponse(error.body(), fault.status)


def create_app(data_dir: Path, *, token: str | None = None, strict_chats: bool = True) -> ControlMiddleware:
    """The twin over the state in `data_dir`.

    `token` (else CLOBUS_TWINS_TELEGRAM_TOKEN; neither = any well-formed one) is the bot's; with `strict_chats` only
    people who wrote to the bot, or were made known over `/_control/chats`, can be written to.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(data_dir / "telegram.sqlite")
    control = Control(wipe=store.wipe, render=_fault_body)
    updates = Updates(store, control.clock.now)
    methods = Methods(store, updates, control.clock.now, strict=strict_chats)
    people = People(store, updates, control.clock.now)
    doors = Doors(store, methods, people, token or os.environ.get("CLOBUS_TWINS_TELEGRAM_TOKEN"))
    routes = [
        Route("/bot{token}/{method}", doors.call, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", doors.download),
        Route("/_control/messages", doors.messages),
        Route("/_control/chats", doors.chats, methods=["GET", "POST"]),
        Route("/_control/chats/{chat_id}", doors.screen),
        Route("/_control/files/{file_id}", doors.file),
        Route("/_control/person/{act}", doors.person, methods=["POST"]),
        Route("/_control/updates", doors.updates, methods=["POST"]),
    ]
    return ControlMiddleware(Starlette(routes=routes), control, store)

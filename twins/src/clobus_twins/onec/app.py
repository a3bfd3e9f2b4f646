"""The 1C twin as an ASGI application: web server's habits, log-in, control doors, then the OData service.

`create_app(data_dir)` gives the application; its `store` takes the seed. Beside the common control doors there are
`POST /_control/change` (changes.py) and `GET|POST /_control/switches` (switches.py).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from clobus_twins.control import Control, ControlMiddleware
from clobus_twins.faults import Fault
from clobus_twins.onec.changes import Changes
from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.model import Schema
from clobus_twins.onec.schema import SCHEMA
from clobus_twins.onec.service import Answer, Request, Service
from clobus_twins.onec.store import Store
from clobus_twins.onec.switches import Switches
from clobus_twins.onec.writes import Writer

PREFIX = "/odata/standard.odata"
TIMEZONE = "Asia/Tashkent"
DATABASE = "onec.sqlite"
CREDENTIALS = "credentials.json"
KINDS = frozenset({"page_loses_row", "page_repeats_row"})
_LICENCE = "Не обнаружено свободной лицензии!"


class Publication:
    """The web server in front of one infobase."""

    def __init__(self, service: Service, changes: Changes, login: Callable[[], tuple[str, str] | None]) -> None:
        self.service = service
        self.changes = changes
        self.switches = service.switches
        self._login = login
        self._cold = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the 1C twin speaks HTTP only")
        http = HttpRequest(scope, receive)
        body = await http.body()
        path = scope["path"]
        response = self._control(http.method, path, body) if path.startswith("/_control") else None
        if response is None:
            response = await self._answer(http, body)
        await response(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.service.store.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def _control(self, method: str, path: str, body: bytes) -> Response:
        if path == "/_control/switches" and method == "GET":
            return JSONResponse(self.switches.shown())
        if path not in {"/_control/switches", "/_control/change"}:
            return JSONResponse({"error": f"no control door {path}"}, 404)
        if method != "POST":
            return JSONResponse({"error": f"{path} does not take {method}"}, 405)
        try:
            data = json.loads(body)
            if path == "/_control/switches":
                self.switches.change(data)
                self._cold = True
                return JSONResponse(self.switches.shown())
            return JSONResponse(self.changes.apply(data))
        except json.JSONDecodeError as error:
            return JSONResponse({"error": f"the body is not JSON: {error}"}, 400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    async def _answer(self, http: HttpRequest, body: bytes) -> Response:
        query, path = http.scope["query_string"], http.scope["path"]
        if len(query) > self.switches.iis_query_limit:
            return _page(404, "404 - File or directory not found.")
        if any(len(part) > self.switches.segment_limit for part in path.split("/")):
            return _page(400, "Bad Request - Invalid URL")
        before, found, below = path.partition(PREFIX)
        if not found or (below and not below.startswith("/")):
            return _page(404, "404 - File or directory not found.")
        if not self._welcome(http.headers.get("authorization", "")):
            status = 200 if self.switches.html_200_on_auth else 401
            headers = {} if status == 200 else {"www-authenticate": 'Basic realm="1C:Enterprise 8.3"'}
            return _page(status, "401 - Unauthorized: Access is denied due to invalid credentials.", headers)
        if self._cold and self.switches.cold_start_delay:
            self._cold = False
            await asyncio.sleep(self.switches.cold_start_delay)
        line = f"{http.method} {path}" + (f"?{unquote(query.decode('latin-1'))}" if query else "")
        root = f"{http.url.scheme}://{http.headers.get('host', 'localhost')}{before}{PREFIX}"
        request = Request(http.method, below.strip("/"), query, http.headers, body, root, line)
        denied = self.switches.sessions_denied or (_LICENCE if self.switches.licence_exhausted else "")
        if denied:
            text, kind = ODataError(500, "business", denied).body(as_json=request.as_json, locale=self.switches.locale)
            return _response(Answer(500, text, kind))
        return _response(self.service.answer(request))

    def _welcome(self, header: str) -> bool:
        login = self._login()
        if login is None:
            return True
        kind, _, token = header.partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            given = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, ":".join(login).encode())


def create_app(
    data_dir: Path,
    *,
    schema: Schema = SCHEMA,
    user: str | None = None,
    password: str | None = None,
    anonymous: bool = False,
    switches: dict[str, Any] | None = None,
) -> ControlMiddleware:
    """The twin over the state in `data_dir`.

    Log-in: `user` and `password`, else CLOBUS_TWINS_ONEC_USER and CLOBUS_TWINS_ONEC_PASSWORD, else those that the seed
    left in `credentials.json`, else odata / odata; `anonymous` asks for none. `switches` are the names of switches.py.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(data_dir / DATABASE, schema)
    chosen = Switches()
    if switches:
        chosen.change(switches)
    zone = ZoneInfo(TIMEZONE)
    control = Control(kinds=KINDS, wipe=store.wipe, render=_fault_page)
    writer = Writer(store, chosen, lambda: control.clock.now().astimezone(zone))

    @cache
    def login() -> tuple[str, str] | None:
        return None if anonymous else _login(data_dir, user, password)

    publication: ASGIApp = Publication(Service(store, chosen, control, writer), Changes(writer), login)
    return ControlMiddleware(publication, control, store)


def _login(data_dir: Path, user: str | None, password: str | None) -> tuple[str, str]:
    kept: dict[str, str] = {}
    path = data_dir / CREDENTIALS
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
    name = user or os.environ.get("CLOBUS_TWINS_ONEC_USER") or kept.get("user", "odata")
    return name, password or os.environ.get("CLOBUS_TWINS_ONEC_PASSWORD") or kept.get("password", "odata")


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    extra = [(b"dataserviceversion", b"3.0")]
    if answer.content_type:
        extra.append((b"content-type", answer.content_type.encode()))
    extra += [(name.encode(), value.encode()) for name, value in answer.headers.items()]  # Location is raw UTF-8
    response.raw_headers = [item for item in response.raw_headers if item[0] != b"content-type"] + extra
    if answer.status == 204:
        response.raw_headers = [item for item in response.raw_headers if item[0] != b"content-length"]
    return response


def _page(status: int, title: str, headers: dict[str, str] | None = None) -> Response:
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h2>{title}</h2></body></html>"
    return HTMLResponse(text, status, headers=headers)


def _fault_page(fault: Fault) -> Response | None:
    if fault.status == 500:
        body, kind = ODataError(500, "internal", "?").body(as_json=True, locale="ru")
        return _response(Answer(500, body, kind))
    return _page(fault.status, f"{fault.status} - asked for by the tester")

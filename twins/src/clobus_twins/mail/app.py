"""The mail twin as an ASGI application: SMTP on a port of its own, and control doors over HTTP.

Beside the common control doors: `GET /_control/messages?to=ADDRESS&since=ID`, the letters as a list. The address of
the SMTP side is in `credentials.json` as soon as the doors answer; a twin that is started again listens where it did.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clobus_twins.control import Control, ControlMiddleware
from clobus_twins.mail.server import HOST, Handler, listen
from clobus_twins.mail.store import Store


def create_app(data_dir: Path) -> ControlMiddleware:
    """The twin over the state in `data_dir`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(data_dir / "mail.sqlite")
    control = Control(wipe=store.wipe)
    handler = Handler(store, control)
    known = data_dir / "credentials.json"

    async def messages(request: Request) -> Response:
        """What came, for a tester."""
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            return JSONResponse({"error": "since is the id of a letter"}, 400)
        return JSONResponse(store.letters(request.query_params.get("to"), int(since)))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        before = json.loads(known.read_text(encoding="utf-8"))["port"] if known.exists() else 0
        try:
            server = await listen(handler, before)
        except OSError:
            server = await listen(handler, 0)  # somebody else has the port now
        port = server.sockets[0].getsockname()[1]
        known.write_text(json.dumps({"host": HOST, "port": port}) + "\n", encoding="utf-8")
        known.chmod(0o600)
        try:
            yield
        finally:
            server.close()

    return ControlMiddleware(
        Starlette(routes=[Route("/_control/messages", messages)], lifespan=lifespan), control, store
    )

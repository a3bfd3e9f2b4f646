"""The page's server: `python -m clobus_twins page --port PORT --data DATA-of-the-instance`.

`/sandbox` is the page; `/sandbox/…` its own doors, which speak with the twins by their public and control doors. It
holds credentials of twins alone: nothing here knows a real partner.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clobus_twins.page.desk import Desk
from clobus_twins.page.office import Office
from clobus_twins.page.partners import PartnerError, Partners, find
from clobus_twins.page.trail import Trail

HERE = Path(__file__).parent
LANGUAGES = ("uz", "ru", "en")
Endpoint = Callable[[Request], Awaitable[Response]]


class Doors:
    """What the page asks for."""

    def __init__(self, partners: Partners) -> None:
        self.partners = partners
        self.office, self.desk, self.trail = Office(partners), Desk(partners), Trail(partners)

    async def documents(self, request: Request) -> Response:
        """1C's documents, and a new one."""
        if request.method == "POST":
            return JSONResponse(await self.office.create(await _body(request)), 201)
        return JSONResponse(await self.office.documents(request.query_params.get("find", "")[:100]))

    async def words(self, request: Request) -> Response:
        """Managers and clients of 1C."""
        return JSONResponse(await self.office.words())

    async def document(self, request: Request) -> Response:
        """An act on a document."""
        await self.office.act(request.path_params["key"], await _body(request))
        return JSONResponse({"ok": True})

    async def conversations(self, request: Request) -> Response:
        """Chatwoot's inbox."""
        return JSONResponse(await self.desk.conversations(request.query_params.get("status", "open")))

    async def conversation(self, request: Request) -> Response:
        """One conversation; a POST does something with it."""
        number = request.path_params["number"]
        if request.method == "POST":
            await self.desk.act(number, await _body(request))
        return JSONResponse(await self.desk.conversation(number))

    async def say(self, request: Request) -> Response:
        """A message or a note, with files."""
        async with request.form(max_files=10) as form:
            files = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
            text = str(form.get("text") or "")
            if not text and not files:
                raise PartnerError(400, "there is nothing to send")
            private = form.get("private") == "true"
            await self.desk.say(request.path_params["number"], text, private=private, files=files)
        return JSONResponse({"ok": True})

    async def phones(self, request: Request) -> Response:
        """Chats of the Telegram twin."""
        return JSONResponse(await self.partners.ask("telegram", "GET", "/_control/chats"))

    async def phone(self, request: Request) -> Response:
        """What a phone shows; null before its first talk with the bot."""
        try:
            shown = await self.partners.ask("telegram", "GET", f"/_control/chats/{request.path_params['id']}")
        except PartnerError as error:
            if error.status != 404:
                raise
            shown = None
        return JSONResponse(shown)

    async def person(self, request: Request) -> Response:
        """What a person does with a phone."""
        act, given = request.path_params["act"], await _body(request)
        said = await self.partners.ask("telegram", "POST", f"/_control/person/{act}", json=given)
        self.partners.note("telegram", act, str(given.get("id", "")))
        return JSONResponse(said)

    async def file(self, request: Request) -> Response:
        """A file of a phone."""
        address = f"{self.partners.urls['telegram']}/_control/files/{request.path_params['id']}"
        answer = await self.partners.http.get(address)
        kind = answer.headers.get("content-type", "application/octet-stream")
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(answer.content, answer.status_code, headers, kind)

    async def mail(self, request: Request) -> Response:
        """Letters that were caught."""
        return JSONResponse(await self.partners.ask("mail", "GET", "/_control/messages"))

    async def faults(self, request: Request) -> Response:
        """Faults that wait in a twin; a POST adds one, a DELETE clears them."""
        given = {"json": await _body(request)} if request.method == "POST" else {}
        name = request.path_params["name"]
        said = await self.partners.ask(name, request.method, "/_control/faults", **given)
        if request.method != "GET":
            self.partners.note(name, "faults.set" if request.method == "POST" else "faults.clear", "")
        return JSONResponse(said)

    async def strip(self, request: Request) -> Response:
        """What is new everywhere."""
        try:
            seen = {name: int(value) for name, value in request.query_params.items()}
        except ValueError:
            raise PartnerError(400, "marks are numbers") from None
        return JSONResponse(await self.trail.since(seen))

    async def about(self, request: Request) -> Response:
        """Addresses of everything."""
        return JSONResponse({"urls": self.partners.urls, "inbox": sorted(self.partners.credentials)})


async def _body(request: Request) -> Any:
    try:
        found = await request.json()
    except json.JSONDecodeError:
        raise PartnerError(400, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise PartnerError(400, "the body is no object")
    return found


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, PartnerError) else 500
    return JSONResponse({"error": str(error)}, status if 400 <= status < 600 else 502)


async def _page(request: Request) -> Response:
    return FileResponse(HERE / "static" / "index.html", headers={
        "cache-control": "no-store", "x-frame-options": "DENY", "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'self'; img-src 'self' http: data:; object-src 'none'",
    })  # fmt: skip


async def _catalogue(request: Request) -> Response:
    language = request.path_params["language"]
    if language not in LANGUAGES:
        raise PartnerError(404, "there is no such language")
    return FileResponse(HERE / "locales" / f"{language}.json")


async def _home(request: Request) -> Response:
    return RedirectResponse("/sandbox")


def create_app(data_dir: Path) -> Starlette:
    """The page over the instance in `data_dir`."""
    doors = Doors(find(data_dir))

    def door(path: str, endpoint: Endpoint, *methods: str) -> Route:
        return Route(f"/sandbox/{path}", endpoint, methods=list(methods or ("GET",)))

    routes = [
        Route("/", _home),
        Route("/sandbox", _page),
        Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
        door("locales/{language}.json", _catalogue),
        door("about", doors.about),
        door("onec/documents", doors.documents, "GET", "POST"),
        door("onec/documents/{key}", doors.document, "POST"),
        door("onec/words", doors.words),
        door("chatwoot/conversations", doors.conversations),
        door("chatwoot/conversations/{number:int}", doors.conversation, "GET", "POST"),
        door("chatwoot/conversations/{number:int}/messages", doors.say, "POST"),
        door("telegram/chats", doors.phones),
        door("telegram/chats/{id:int}", doors.phone),
        door("telegram/person/{act}", doors.person, "POST"),
        door("telegram/files/{id}", doors.file),
        door("mail", doors.mail),
        door("faults/{name}", doors.faults, "GET", "POST", "DELETE"),
        door("strip", doors.strip),
    ]
    return Starlette(routes=routes, exception_handlers={PartnerError: _refused})

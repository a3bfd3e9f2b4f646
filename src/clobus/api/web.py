"""The web app (`web/`), served as it was built: nothing is rendered here.

`web/scripts/pack.mjs` leaves a manifest that says of each address which file it is, its type, tag and policy, and
beside the file what browsers take compressed.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, RedirectResponse

from clobus.api.problems import language
from clobus.core import i18n
from clobus.core.auth import public
from clobus.core.errors import NotFound

router = APIRouter(include_in_schema=False)
OPEN = [Depends(public())]
Rest = Annotated[str, InPath(max_length=300)]
MANIFEST = "manifest.json"
MISSING = "missing"
"""The page that is shown for an address without one."""
FRAMED = "dashboard-app"
"""The one page that may be framed, and only by Chatwoot."""
CHOSEN = "clobus-language"
"""The cookie in which the page keeps the language that a person chose."""
FOREVER = "public, max-age=31536000, immutable"


class Entry(msgspec.Struct, frozen=True):
    """What is known of a file."""

    file: str
    type: str
    tag: str
    immutable: bool = False
    packed: bool = False
    policy: str | None = None


class _Manifest(msgspec.Struct):
    files: dict[str, Entry]


class Site:
    """The built app; without a build it is empty, and every page is missing. `frame`: who may frame the one page."""

    def __init__(self, root: Path, frame: str) -> None:
        self.root = root
        self.frame = frame
        built = root / MANIFEST
        self.files = msgspec.json.decode(built.read_bytes(), type=_Manifest).files if built.is_file() else {}
        self.read = lru_cache(maxsize=4096)(self._read)

    def _read(self, file: str, ending: str) -> bytes:
        return (self.root / (file + ending)).read_bytes()

    def answer(self, request: Request, address: str, status: int = 200) -> Response:
        """A file, in the form that the browser takes; NotFound."""
        entry = self.files.get(address)
        if entry is None:
            raise NotFound("http.404")
        encoding = _encoding(request) if entry.packed else None
        headers = self._headers(entry, encoding, address)
        if status == 200 and headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = self.read(entry.file, {"br": ".br", "gzip": ".gz"}.get(encoding or "", ""))
        headers["content-length"] = str(len(body))
        return Response(body, status, headers, entry.type)

    def _headers(self, entry: Entry, encoding: str | None, address: str) -> dict[str, str]:
        headers = {
            "etag": f'"{entry.tag}{f"-{encoding}" if encoding else ""}"',
            "cache-control": FOREVER if entry.immutable else "no-cache",
            "vary": "accept-encoding",
        }
        if encoding:
            headers["content-encoding"] = encoding
        if entry.policy:
            framers = self.frame if address.endswith(f"/{FRAMED}") else "'none'"
            headers["content-security-policy"] = f"{entry.policy}; frame-ancestors {framers}"
        return headers


def _encoding(request: Request) -> str | None:
    taken = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    return next((each for each in ("br", "gzip") if each in taken), None)


def _site(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


@router.get("/", dependencies=OPEN)
async def start(request: Request) -> Response:
    """What answers here; a browser goes on to the language that the person chose, else to its own."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"service": request.app.title, "version": request.app.version, "status": "ok"})
    return RedirectResponse(f"/{_spoken_by(request)}", 302)


@router.get("/ops", dependencies=OPEN)
async def operations(request: Request) -> Response:
    """The address of operations that people have noted; it goes on as the start does."""
    return RedirectResponse(f"/{_spoken_by(request)}/ops", 302)


def _spoken_by(request: Request) -> str:
    chosen = request.cookies.get(CHOSEN)
    return chosen if chosen in i18n.LANGUAGES else language(request)


@router.get("/_next/{rest:path}", dependencies=OPEN)
async def asset(request: Request, rest: Rest) -> Response:
    """A script or a style, named by its content."""
    return _site(request).answer(request, f"/_next/{rest}")


@router.get("/icon.svg", dependencies=OPEN)
async def icon(request: Request) -> Response:
    """The sign of the site."""
    return _site(request).answer(request, "/icon.svg")


async def page(request: Request) -> Response:
    """A page, or what the app reads instead of it when it is there already."""
    site, address = _site(request), request.url.path.rstrip("/")
    if address in site.files:
        return site.answer(request, address)
    return site.answer(request, f"/{address.split('/')[1]}/{MISSING}", 404)


for _spoken in i18n.LANGUAGES:
    for _path in (f"/{_spoken}", f"/{_spoken}/{{rest:path}}"):
        router.add_api_route(_path, page, dependencies=OPEN)

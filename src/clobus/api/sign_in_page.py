"""The page behind a link to sign in: it asks before it uses the link up, since mail programs open links, too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from clobus.api import signing
from clobus.api.problems import language
from clobus.core import auth, i18n
from clobus.core.auth import public
from clobus.core.errors import Forbidden, NotFound, Unauthenticated
from clobus.modules.accounts import links
from clobus.modules.clients import service as clients

router = APIRouter(include_in_schema=False)
OPEN = Depends(public("signs"))
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(), trim_blocks=True
)


def _page(request: Request, status: int = 200, **values: Any) -> HTMLResponse:
    spoken = language(request)

    def say(key: str, **params: Any) -> str:
        return i18n.text(spoken, f"sign_in.{key}", params)

    shown = {"token": None, "company": None, "over": False, **values}
    text = _templates.get_template("link.html").render(t=say, lang=spoken, languages=i18n.LANGUAGES, **shown)
    return HTMLResponse(text, status)


async def _company(request: Request, client_id: UUID | None) -> str | None:
    if client_id is None:
        return None
    try:
        async with request.app.state.runtime.db.read() as connection:
            shown = await clients.shown(connection, client_id, None)
    except NotFound:
        return None
    return shown["company_name"] or shown["name"] or "—"


@router.get("/sign-in", dependencies=[Depends(public())])
async def ask(request: Request, token: Annotated[str | None, Query(max_length=200)] = None) -> HTMLResponse:
    """For whom a link signs in, or who is signed in."""
    if token is None:
        try:
            known = await auth.recognize(request)
        except Unauthenticated:
            known = None
        return _page(request, company=await _company(request, known.subject_id if known else None))
    async with request.app.state.runtime.db.read() as connection:
        client_id = await links.peek(connection, links.SIGN_IN, token)
    company = await _company(request, client_id)
    if company is None:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        return _page(request, 401, over=True)
    return _page(request, token=token, company=company)


@router.post("/sign-in", dependencies=[OPEN])
async def act(request: Request, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Sign in with a link; without one, sign out."""
    answer = RedirectResponse(f"/sign-in?lang={language(request)}", 303)
    if not token:
        signing.ensure_own_page(request)
        await signing.end(request, answer)
        return answer
    try:
        await signing.by_link(request, answer, token)
    except Unauthenticated:
        return _page(request, 401, over=True)
    except Forbidden:
        return _page(request, 403, over=True)
    return answer

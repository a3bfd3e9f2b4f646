"""The operations page: runs, lag, queues, drift, dead letters; plain, server-rendered, quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from clobus.api import signing
from clobus.api.acts import noted
from clobus.api.problems import language
from clobus.core import auth, cookies, i18n, outbox
from clobus.core.auth import Principal, Role, public
from clobus.core.db import Connection, rows
from clobus.core.errors import Forbidden, Unauthenticated
from clobus.modules.notifications import reading as messages
from clobus.modules.ops import dead_letters, health

router = APIRouter(tags=["operations"], include_in_schema=False)
OPEN = Depends(public())
READERS = (Role.ADMINISTRATOR, Role.HEAD, Role.AUDITOR)
CSRF, CSRF_SECONDS = "ops-csrf", 12 * 3600

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(), trim_blocks=True
)


def _secret(request: Request) -> str:
    found: str = request.app.state.runtime.settings.secret_key.get_secret_value()
    return found


async def _who(request: Request) -> Principal:
    """Who is signed in; Unauthenticated when nobody, also when the key has ended since."""
    found = await auth.recognize(request)
    if found is None or found.role not in READERS:
        raise Unauthenticated("auth.unknown")
    return found


def _page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    spoken = language(request)
    zone = request.app.state.runtime.settings.tz

    def say(key: str, **params: Any) -> str:
        return i18n.text(spoken, f"ops.{key}", params)

    text = _templates.get_template(name).render(
        t=say, lang=spoken, languages=i18n.LANGUAGES,
        at=lambda value: value.astimezone(zone).strftime("%d.%m %H:%M:%S") if value else "—", **values,
    )  # fmt: skip
    return HTMLResponse(text, status)


@router.get("/ops", dependencies=[OPEN])
async def page(request: Request) -> HTMLResponse:
    """The page, or the form to sign in."""
    try:
        who = await _who(request)
    except Unauthenticated:
        return _page(request, "sign_in.html", wrong=False)
    async with request.app.state.runtime.db.read() as connection:
        processes = await health.processes(connection, request.app.state.intervals)
        queues = await health.queues(connection)
        runs = await rows(connection, "select * from log.etl_runs order by id desc limit 50")
        drift = await rows(connection, "select * from sys.drift order by since limit 200")
        letters = await dead_letters.newest(connection, 100)
        told, counts = await messages.newest(connection, limit=50), await messages.counts(connection)
    return _page(
        request, "ops.html", who=who, may_act=who.role is not Role.AUDITOR, processes=processes, queues=queues,
        runs=runs, drift=drift, letters=letters, messages=told, message_counts=counts,
        csrf=auth.sign(_secret(request), CSRF, who.id.replace(".", "-"), CSRF_SECONDS),
    )  # fmt: skip


@router.post("/ops/sign-in", dependencies=[OPEN])
async def sign_in(request: Request, token: Annotated[str, Form(max_length=200)]) -> Response:
    """Sign in with a key of an administrator, the head or an auditor."""
    answer = RedirectResponse("/ops", 303)
    if await signing.by_key(request, answer, token.strip(), READERS) is None:
        return _page(request, "sign_in.html", 401, wrong=True)
    return answer


@router.post("/ops/sign-out", dependencies=[OPEN])
async def sign_out(request: Request) -> Response:
    """Sign out."""
    answer = RedirectResponse("/ops", 303)
    if not cookies.is_foreign(request, auth.door_of(request).origins):
        await signing.end(request, answer)
    return answer


async def _act(request: Request, csrf: str) -> Principal:
    """Who may change something, from our own form."""
    who = await _who(request)
    if who.role is Role.AUDITOR:
        raise Forbidden("auth.role")
    if auth.unsign(_secret(request), CSRF, csrf) != who.id.replace(".", "-"):
        raise Forbidden("auth.csrf")
    return who


@router.post("/ops/dead-letters", dependencies=[OPEN])
async def letter(
    request: Request, kind: Annotated[str, Form(max_length=20)], name: Annotated[str, Form(max_length=500)],
    act: Annotated[str, Form(pattern="^(retry|drop)$")], csrf: Annotated[str, Form(max_length=400)],
) -> Response:  # fmt: skip
    """Try a dead letter again, or forget it."""
    who = await _act(request, csrf)
    async with request.app.state.runtime.db.transaction() as connection:
        await (dead_letters.retry if act == "retry" else dead_letters.drop)(connection, kind, name)
        done = "dead_letter.retried" if act == "retry" else "dead_letter.dropped"
        await noted(connection, request, who, done, f"{kind}/{name}")
    return RedirectResponse("/ops#letters", 303)


@router.post("/ops/messages/retry", dependencies=[OPEN])
async def message(
    request: Request, name: Annotated[UUID, Form()], csrf: Annotated[str, Form(max_length=400)]
) -> Response:
    """Send a message again that surely nobody took."""
    who = await _act(request, csrf)
    async with request.app.state.runtime.db.transaction() as connection:
        await messages.retry(connection, name)
        await noted(connection, request, who, "message.retried", str(name))
    return RedirectResponse("/ops#messages", 303)


@router.post("/ops/repair", dependencies=[OPEN])
async def repair(
    request: Request, name: Annotated[str, Form(max_length=100)], csrf: Annotated[str, Form(max_length=400)]
) -> Response:
    """Let both partners be looked at again for one request."""
    who = await _act(request, csrf)
    async with request.app.state.runtime.db.transaction() as connection:
        await _touch(connection, name)
        await noted(connection, request, who, "drift.repaired", name)
    return RedirectResponse("/ops#drift", 303)


async def _touch(connection: Connection, name: str) -> None:
    try:
        cons_id = UUID(name)
    except ValueError:
        return
    for system in ("onec", "chatwoot"):
        await outbox.touch(connection, system, "consultation", [cons_id])

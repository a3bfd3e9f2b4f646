"""The page behind a link to rate a consultation: looked at as often as one likes, used up by the answer alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.datastructures import FormData

from clobus.api.acts import actor_of
from clobus.api.problems import language
from clobus.api.ratings import marks_of
from clobus.core import i18n
from clobus.core.auth import address, public
from clobus.core.db import Connection
from clobus.core.errors import Conflict
from clobus.modules.accounts import audit
from clobus.modules.consultations import rating_requests
from clobus.modules.consultations.rating_requests import Invitation
from clobus.modules.consultations.ratings import COMMENT, MARKS, Answer
from clobus.modules.consultations.types import Row
from clobus.modules.knowledge import rating_questions

router = APIRouter(include_in_schema=False)
OPEN = Depends(public())
Token = Annotated[str, PathParam(min_length=1, max_length=200)]
STATUS = {"open": 200, "used": 410, "expired": 410, "unfinished": 409, "unknown": 404}
FIELDS = 120
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(), trim_blocks=True
)


def _page(
    request: Request, spoken: str, status: int, state: str, *, questions: list[dict[str, Any]] | None = None,
    **values: Any,
) -> HTMLResponse:  # fmt: skip
    def say(key: str, **params: Any) -> str:
        return i18n.text(spoken, f"rate.{key}", params)

    shown = {"number": None, "given": {}, "comment": "", "wrong": None, **values}
    text = _templates.get_template("rate.html").render(
        t=say, lang=spoken, languages=i18n.LANGUAGES, state=state, marks=list(MARKS), longest=COMMENT,
        questions=[{"number": q["number"], "text": q[spoken]} for q in questions or ()], **shown,
    )  # fmt: skip
    return HTMLResponse(text, status)


def _language(request: Request, found: Invitation) -> str:
    """What the address says, else the request's own language, else the browser's."""
    if request.query_params.get("lang") not in i18n.LANGUAGES and found.row and found.row.lang in i18n.LANGUAGES:
        return str(found.row.lang)
    return language(request)


async def _open(request: Request, connection: Connection, token: str) -> Invitation:
    found = await rating_requests.invitation(connection, token)
    if found.state == "unknown":
        request.app.state.door.limiter.hit("guesses", address(request))
    return found


@router.get("/rate/done", dependencies=[OPEN])
async def thanks(request: Request) -> HTMLResponse:
    """After an answer."""
    return _page(request, language(request), 200, "done")


@router.get("/rate/{token}", dependencies=[OPEN])
async def ask(request: Request, token: Token) -> HTMLResponse:
    """The questions; or, politely, why there is nothing to answer any more."""
    async with request.app.state.runtime.db.transaction() as connection:
        found = await _open(request, connection, token)
        asked = await rating_questions.listed(connection)
    number = i18n.short_number(found.row.number) if found.row else None
    spoken = _language(request, found)
    return _page(request, spoken, STATUS[found.state], found.state, questions=asked, number=number)


@router.post("/rate/{token}", dependencies=[OPEN])
async def take(request: Request, token: Token) -> Response:
    """Keep the answers and use the link up: the token in the address is the proof that the form is ours to take."""
    form = await request.form(max_files=0, max_fields=FIELDS, max_part_size=16_000)
    async with request.app.state.runtime.db.transaction() as connection:
        found = await _open(request, connection, token)
        spoken, number = _language(request, found), i18n.short_number(found.row.number) if found.row else None
        if found.state != "open":
            return _page(request, spoken, STATUS[found.state], found.state, number=number)
        asked = await rating_questions.listed(connection)
    answers, wrong = _answers(form, asked, spoken)
    if wrong is not None:
        given = {q["number"]: str(form.get(f"mark-{q['number']}", "")) for q in asked}
        said = str(form.get("comment", ""))[:COMMENT]
        return _page(request, spoken, 422, "open", questions=asked, number=number, wrong=wrong, given=given,
                     comment=said)  # fmt: skip
    try:
        async with request.app.state.runtime.db.transaction() as connection:
            kept = await rating_requests.answer(connection, token, answers)
            if kept is not None and found.row is not None:
                await _note(connection, request, found.row, kept)
    except Conflict as error:  # a link of what somebody else has rated meanwhile is not used up, and of no use
        state = "used" if error.code == "consultation.rated" else "unfinished"
        return _page(request, spoken, STATUS[state], state, number=number)
    if kept is None:
        return _page(request, spoken, 410, "used", number=number)
    return RedirectResponse(f"/rate/done?lang={spoken}", 303)


async def _note(connection: Connection, request: Request, row: Row, kept: Mapping[str, Any]) -> None:
    """The link is all that is known of him: it is the client's of the request."""
    actor = replace(actor_of(request), name=f"link:{row.client_id}", role="client")
    await audit.note(connection, actor, "request.rated", target=str(row.cons_id), after=marks_of(kept))


def _answers(form: FormData, asked: list[dict[str, Any]], spoken: str) -> tuple[list[Answer], str | None]:
    """The answers of a form, or the name of what is wrong with it."""
    said = str(form.get("comment", "")).replace("\r\n", "\n").strip()
    if len(said) > COMMENT:
        return [], "wrong.comment"
    answers: list[Answer] = []
    for question in asked:
        text = str(form.get(f"mark-{question['number']}", ""))
        if not text:
            continue
        if text not in {str(mark) for mark in MARKS}:
            return [], "wrong.mark"
        comment = said or None if not answers else None  # the words belong to the whole, so to the first mark
        answers.append(Answer(question["number"], int(text), question[spoken], comment))
    return answers, None if answers else "wrong.nothing"

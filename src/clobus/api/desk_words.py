"""Routes of the desk's console: articles and questions that 1C owns, and what people are told by the platform."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.desk import Limit, Reader, Skip
from clobus.api.desk_forms import ArticleChangeIn, ArticleIn, QuestionChangeIn, SampleOut, WordOut, WordsOut
from clobus.api.replies import answer, settings_of
from clobus.core.auth import Principal, Role, require
from clobus.core.db import Connection
from clobus.core.errors import NotFound
from clobus.modules.consultations.types import Kind
from clobus.modules.knowledge import desk as words
from clobus.modules.notifications import preview
from clobus.sync.onec.editor import Editor

router = APIRouter(prefix="/api/desk", tags=["desk"])
Writer = Annotated[Principal, Depends(require(Role.HEAD, Role.ADMINISTRATOR, scope="dicts:write", limit="creates"))]
WordKind = Literal["articles", "questions"]
REFUSALS = problems_of(
    "dictionary.unknown_element", "dictionary.changed", "gateway.down", "gateway.transient", "gateway.refused"
)


@router.get("/words/{kind}", response_model=WordsOut, summary="Articles or typical questions")
async def listed(
    request: Request, kind: WordKind, principal: Reader, q: Annotated[str | None, Query(max_length=100)] = None,
    skip: Skip = 0, limit: Limit = 50,
) -> Response:  # fmt: skip
    """By a part of their words, with the version that a change has to name."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        found = await words.listed(connection, kind, text=q, skip=skip, limit=limit + 1)
    return answer({"items": found[:limit], "more": len(found) > limit})


@router.post("/words/articles", response_model=WordOut, responses=REFUSALS, summary="Write an article", status_code=201)
async def write(request: Request, body: ArticleIn, principal: Writer) -> Response:
    """Make an article in 1C, which owns the knowledge base; 503 while 1C is away."""
    editor: Editor = request.app.state.editor
    made = await editor.create("articles", body.model_dump())
    return answer(await _done(request, principal, "articles", made["ref_key"], None, body.model_dump()), 201)


@router.put("/words/articles/{key}", response_model=WordOut, responses=REFUSALS, summary="Change an article")
async def article(request: Request, key: UUID, body: ArticleChangeIn, principal: Writer) -> Response:
    """Change an article in 1C as the editor saw it; 409 when somebody was faster, 503 while 1C is away."""
    return answer(await _change(request, principal, "articles", key, body.version, body.model_dump()))


@router.put("/words/questions/{key}", response_model=WordOut, responses=REFUSALS, summary="Change a typical question")
async def question(request: Request, key: UUID, body: QuestionChangeIn, principal: Writer) -> Response:
    """Change the words of a typical question in 1C; 409 when somebody was faster, 503 while 1C is away."""
    return answer(await _change(request, principal, "questions", key, body.version, body.model_dump()))


async def _change(
    request: Request, principal: Principal, kind: str, key: UUID, version: str, given: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    editor: Editor = request.app.state.editor
    values = {name: value for name, value in given.items() if name != "version"}
    async with request.app.state.runtime.db.read() as connection:
        before = await _shown(connection, kind, key)
    await editor.change(kind, key, version, values)
    return await _done(request, principal, kind, key, {name: before[name] for name in values}, values)


async def _done(
    request: Request, principal: Principal, kind: str, key: UUID, before: dict[str, Any] | None, after: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Written down after the fact: 1C is written outside of our transactions."""
    async with request.app.state.runtime.db.transaction() as connection:
        act = "words.changed" if before else "words.made"
        await noted(connection, request, principal, act, f"{kind}/{key}", before=before, after=after)
        return await _shown(connection, kind, key)


async def _shown(connection: Connection, kind: str, key: UUID) -> dict[str, Any]:
    found = await words.listed(connection, kind, key=key, limit=1)
    if not found:
        raise NotFound("dictionary.unknown_element")
    return found[0]


@router.get("/messages", response_model=list[SampleOut], summary="The catalogue of messages")
async def messages(request: Request, principal: Reader) -> Response:
    """Every message that the platform sends, in each case, language and channel, with sample names and dates."""
    del principal
    kinds = {Kind.ACCOUNTING.value: "accounting", Kind.SUPPORT.value: "support"}
    found = preview.samples(settings_of(request).tz, kinds)
    for sample in found:
        sample["forms"] = {
            spoken: {
                channel: {"subject": form.subject, "text": form.text} if form else None
                for channel, form in by_channel.items()
            }
            for spoken, by_channel in sample["forms"].items()
        }
    return answer(found)

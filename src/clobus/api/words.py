"""Routes of dictionaries (domain.md §5.6)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from clobus.core.auth import READERS, Role, require
from clobus.modules.knowledge import service as knowledge
from clobus.modules.knowledge.schemas import (
    ArticleOut,
    CategoryOut,
    InterferenceOut,
    PoSectionOut,
    PoTypeOut,
    QuestionOut,
)

dicts = APIRouter(prefix="/api/dicts", tags=["dictionaries"])
READ = Depends(require(Role.CLIENT, *READERS, scope="dicts:read"))
Language = Annotated[
    str | None, Query(pattern="^(ru|uz|en)$", description="1C keeps ru and uz; who asks for en gets ru.")
]
Known = Annotated[str | None, Header(alias="if-none-match", description="The ETag that the caller has.")]
FRESH_SECONDS = 300
"""How long a page may show words without asking; afterwards it asks whether they changed (ETag)."""


async def _list(
    request: Request, table: str, model: type[BaseModel], known: str | None, language: str | None = None,
    **conditions: Any,
) -> Response:  # fmt: skip
    """Elements of a dictionary, or 304 when the caller has them as they are."""
    spoken = "ru" if language == "en" else language
    async with request.app.state.runtime.db.read() as connection:
        found = await knowledge.words(connection, f"dict.{table}", model, {"language": spoken, **conditions})
    body = msgspec.json.encode(found)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"private, max-age={FRESH_SECONDS}", "vary": "authorization"}
    if spoken:
        headers["content-language"] = spoken
    if known is not None and tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@dicts.get("/po-types", dependencies=[READ], response_model=list[PoTypeOut], summary="Kinds of software")
async def po_types(request: Request, known: Known = None) -> Response:
    """Kinds of software."""
    return await _list(request, "po_types", PoTypeOut, known)


@dicts.get("/po-sections", dependencies=[READ], response_model=list[PoSectionOut], summary="Sections of software")
async def po_sections(request: Request, owner_key: UUID | None = None, known: Known = None) -> Response:
    """Sections of a kind of software."""
    return await _list(request, "po_sections", PoSectionOut, known, owner_key=owner_key)


@dicts.get(
    "/online-question/categories", dependencies=[READ], response_model=list[CategoryOut], summary="Question categories"
)
async def categories(request: Request, language: Language = None, known: Known = None) -> Response:
    """Question categories."""
    return await _list(request, "online_question_cat", CategoryOut, known, language)


@dicts.get("/online-questions", dependencies=[READ], response_model=list[QuestionOut], summary="Typical questions")
async def questions(
    request: Request, language: Language = None, category_key: UUID | None = None, known: Known = None
) -> Response:
    """Typical questions."""
    return await _list(request, "online_question", QuestionOut, known, language, category_key=category_key)


@dicts.get("/knowledge-base", dependencies=[READ], response_model=list[ArticleOut], summary="Knowledge base")
async def articles(
    request: Request, po_type_key: UUID | None = None, po_section_key: UUID | None = None, known: Known = None
) -> Response:
    """Articles of the knowledge base."""
    return await _list(
        request, "knowledge_base", ArticleOut, known, po_type_key=po_type_key, po_section_key=po_section_key
    )


@dicts.get(
    "/interference", dependencies=[READ], response_model=list[InterferenceOut],
    summary="What gets in the way of consultations",
)  # fmt: skip
async def interference(request: Request, known: Known = None) -> Response:
    """What gets in the way of consultations."""
    return await _list(request, "consultation_interference", InterferenceOut, known)

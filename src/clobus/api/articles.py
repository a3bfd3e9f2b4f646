"""Articles of the knowledge base that may answer a question before it is sent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from clobus.api.answers import problems_of
from clobus.api.replies import answer
from clobus.core.auth import READERS, Role, require
from clobus.modules.knowledge import articles
from clobus.modules.knowledge.schemas import ArticleOut

router = APIRouter(prefix="/api/articles", tags=["dictionaries"])
READ = Depends(require(Role.CLIENT, *READERS, scope="dicts:read"))


class ArticlesOut(BaseModel):
    """The articles that fit best, the best first."""

    articles: list[ArticleOut]


@router.get("", dependencies=[READ], response_model=ArticlesOut, summary="Articles that fit a question")
async def matching(
    request: Request, q: Annotated[str, Query(min_length=2, max_length=300)],
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> Response:  # fmt: skip
    """Articles with words of the question, as they are inflected, too; none when no word is met."""
    async with request.app.state.runtime.db.read() as connection:
        return answer({"articles": await articles.matching(connection, q, limit)})


@router.get("/{ref_key}", dependencies=[READ], response_model=ArticleOut, responses=problems_of("article.unknown"),
            summary="Read an article")  # fmt: skip
async def read(request: Request, ref_key: UUID) -> Response:
    """One article by its key, as a link leads to it; 404 when it is gone or was never answered."""
    async with request.app.state.runtime.db.read() as connection:
        return answer(await articles.one_of(connection, ref_key))

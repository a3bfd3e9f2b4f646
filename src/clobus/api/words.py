"""Routes of dictionaries (domain.md §5.6)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.core.auth import READERS, Role, require
from clobus.core.db import rows

dicts = APIRouter(prefix="/api/dicts", tags=["dictionaries"])
READ = Depends(require(Role.CLIENT, *READERS, scope="dicts:read"))
Language = Annotated[str | None, Query(pattern="^(ru|uz)$")]


async def _list(request: Request, table: str, columns: str, conditions: dict[str, Any]) -> Response:
    """Elements of a dictionary by name; table, columns and conditions are named in this file alone."""
    given = {name: value for name, value in conditions.items() if value is not None}
    where = "".join(f" and {name} = %({name})s" for name in given)
    async with request.app.state.runtime.db.read() as connection:
        found = await rows(
            connection,
            f"select {columns} from dict.{table} where not deleted{where} order by description, ref_key",  # noqa: S608 - names of ours, values are parameters
            given,
        )
    return Response(msgspec.json.encode(found), media_type="application/json")


@dicts.get("/po-types", dependencies=[READ])
async def po_types(request: Request) -> Response:
    """Kinds of software."""
    return await _list(request, "po_types", "ref_key, description", {})


@dicts.get("/po-sections", dependencies=[READ])
async def po_sections(request: Request, owner_key: UUID | None = None) -> Response:
    """Sections of a kind of software."""
    return await _list(request, "po_sections", "ref_key, owner_key, description, details", {"owner_key": owner_key})


@dicts.get("/online-question/categories", dependencies=[READ])
async def categories(request: Request, language: Language = None) -> Response:
    """Question categories."""
    return await _list(request, "online_question_cat", "ref_key, code, description, language", {"language": language})


@dicts.get("/online-questions", dependencies=[READ])
async def questions(request: Request, language: Language = None, category_key: UUID | None = None) -> Response:
    """Typical questions."""
    columns = "ref_key, code, description, language, category_key, useful_info, question"
    return await _list(request, "online_question", columns, {"language": language, "category_key": category_key})


@dicts.get("/knowledge-base", dependencies=[READ])
async def articles(request: Request, po_type_key: UUID | None = None, po_section_key: UUID | None = None) -> Response:
    """Articles of the knowledge base."""
    columns = "ref_key, description, po_type_key, po_section_key, author_key, question, answer"
    conditions = {"po_type_key": po_type_key, "po_section_key": po_section_key}
    return await _list(request, "knowledge_base", columns, conditions)


@dicts.get("/interference", dependencies=[READ])
async def interference(request: Request) -> Response:
    """What gets in the way of consultations."""
    return await _list(request, "consultation_interference", "ref_key, code, description", {})

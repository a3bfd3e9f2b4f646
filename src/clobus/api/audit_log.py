"""The log of people's acts: for administrators and auditors all of it, for an organisation its own."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import Person, db_of, said
from clobus.core import auth
from clobus.core.auth import Principal, Role, require
from clobus.modules.accounts import audit, organisations
from clobus.modules.accounts.audit import COLUMNS, Search

router = APIRouter(prefix="/api", tags=["audit"])
READ = require(Role.ADMINISTRATOR, Role.AUDITOR, scope="audit:read")
EXPORTED = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Wanted(BaseModel):
    """Which acts are wanted, newest first; `cursor` is the `next` of the page before. `act` may be a whole kind."""

    model_config = ConfigDict(extra="forbid")

    act: Annotated[str, Field(max_length=60, pattern=r"^[a-z_.-]+$", examples=["session"])] | None = None
    text: Annotated[str, Field(max_length=100)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    cursor: Annotated[int, Field(ge=0, lt=2**62)] | None = None
    limit: Annotated[int, Field(ge=1, le=audit.MAX_PAGE)] = 50


class WantedOfAll(Wanted):
    """The same, of a person or of an organisation."""

    person_id: UUID | None = None
    organisation_id: UUID | None = None


class ActOut(BaseModel):
    """An act: who, what, of what, from where, and what it was before and after."""

    id: int
    at: datetime
    actor: str
    person_id: UUID | None
    person_name: str | None
    actor_role: str | None
    organisation_id: UUID | None
    organisation_name: str | None
    act: str
    target: str | None
    target_name: str | None
    address: str | None
    agent: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    trace_id: str | None


class ActsOut(BaseModel):
    """A page of acts; `next` is the cursor of the next one."""

    items: list[ActOut]
    next: int | None


def _page(found: list[Any], limit: int) -> Response:
    return said({"items": found, "next": found[-1]["id"] if len(found) == limit else None})


@router.get("/audit", response_model=ActsOut)
async def listed(
    request: Request, wanted: Annotated[WantedOfAll, Query()], principal: Annotated[Principal, Depends(READ)]
) -> Response:
    """Acts of people."""
    async with db_of(request).read() as connection:
        return _page(await audit.listed(connection, Search(**wanted.model_dump())), wanted.limit)


@router.get("/audit.csv", response_class=Response,
            responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}})  # fmt: skip
async def exported(
    request: Request, wanted: Annotated[WantedOfAll, Query()], principal: Annotated[Principal, Depends(READ)]
) -> Response:
    """The same as a table for a spreadsheet, ten thousand acts at most; that it was taken is an act, too."""
    given = wanted.model_dump() | {"limit": EXPORTED}
    async with db_of(request).transaction() as connection:
        found = await audit.listed(connection, Search(**given))
        kept = {name: str(value) for name, value in given.items() if value is not None}
        await audit.note(connection, actor_of(request, principal), "audit.exported", after=kept)
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return Response(table(found), media_type="text/csv; charset=utf-8", headers=headers)


def table(found: list[Any]) -> str:
    """Acts as CSV with a mark of its encoding; a cell that a spreadsheet would reckon is made a text."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in found)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


@router.get("/organisations/{organisation_id}/audit", response_model=ActsOut,
            responses=problems_of("auth.person_needed", "organisation.unknown"))  # fmt: skip
async def of_organisation(
    request: Request, organisation_id: UUID, wanted: Annotated[Wanted, Query()], principal: Person
) -> Response:
    """Acts in an organisation, for its administrators."""
    async with db_of(request).read() as connection:
        own = auth.person_of(principal)
        await organisations.allowed(connection, organisation_id, own, "organisation-audit:read")
        search = Search(**wanted.model_dump(), organisation_id=organisation_id)
        return _page(await audit.listed(connection, search), wanted.limit)

"""The first page of a client's portal in one call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from clobus.api.answers import problems_of
from clobus.api.replies import answer
from clobus.api.veil import veiled
from clobus.core import auth
from clobus.core.auth import Principal, Role, require
from clobus.core.errors import NotFound
from clobus.modules.accounts import organisations
from clobus.modules.consultations import home, reading
from clobus.modules.consultations.schemas import ConsultationOut

router = APIRouter(prefix="/api/home", tags=["consultations"])
READ = require(Role.CLIENT, scope="consultations:read")
OWN = require(Role.CLIENT, linked=False)
LISTS = ("going", "latest", "unrated")


class HomeCountsOut(BaseModel):
    """How many requests go on, were closed, and ended lately without a mark."""

    going: int
    done: int
    unrated: int


class SpokenOut(BaseModel):
    """A request by the last thing said on it: by whom and when; the words are in its talk."""

    cons_id: UUID
    number: str | None
    comment: str | None
    status: str
    side: str
    at: datetime


class HomeOut(BaseModel):
    """What a client sees first. `next`: the consultation that comes next; `unrated` is what he is asked to rate."""

    counts: HomeCountsOut
    next: ConsultationOut | None
    going: list[ConsultationOut]
    latest: list[ConsultationOut]
    unrated: list[ConsultationOut]
    messages: list[SpokenOut]


class WhereOut(BaseModel):
    """The organisation of mine that a request is of."""

    cons_id: UUID
    organisation_id: UUID
    name: str


@router.get("/where/{name}", response_model=WhereOut, responses=problems_of("consultation.unknown"),
            summary="Whose request it is")  # fmt: skip
async def where(
    request: Request, name: Annotated[str, Path(max_length=64)], principal: Annotated[Principal, Depends(OWN)]
) -> Response:
    """Which of the person's organisations a request is of, whichever he acts for now; 404 for any other's."""
    auth.person_of(principal)
    mine = [m for m in principal.memberships if m.client_id is not None and "consultations:read" in m.scopes]
    scope = reading.of_clients([m.client_id for m in mine if m.client_id is not None])
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await reading.find(connection, name, scope)
        found = await organisations.holding(connection, [m.organisation_id for m in mine], cons_id)
    if found is None:
        raise NotFound("consultation.unknown")
    return answer({"cons_id": cons_id, **found})


@router.get("", response_model=HomeOut, summary="The portal's first page")
async def read(request: Request, principal: Annotated[Principal, Depends(READ)]) -> Response:
    """Counts, the next consultation, what goes on (ten), what ended (five), what waits for a mark (three, for who may
    give one), and who spoke last on which request (five).
    """
    rates = principal.may("consultations:create")
    async with request.app.state.runtime.db.read() as connection:
        shown = await home.shown(connection, reading.visible_to(principal), rates=rates)
    for name in LISTS:
        shown[name] = [veiled(row, principal) for row in shown[name]]
    return answer(veiled(shown, principal))

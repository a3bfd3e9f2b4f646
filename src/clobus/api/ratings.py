"""Routes of ratings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from clobus.api.answers import problems_of
from clobus.api.consultations import Holder
from clobus.api.replies import answer, named
from clobus.core.auth import Principal, Role, require
from clobus.modules.consultations import ratings
from clobus.modules.consultations.forms import RatingIn, RatingOut

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
RATE = require(Role.CLIENT, Role.SERVICE, scope="consultations:create", limit="creates")


@router.get(
    "/{name}/ratings", response_model=RatingOut, responses=problems_of("consultation.unknown"), summary="Read marks"
)
async def read(request: Request, name: str, principal: Holder) -> Response:
    """The marks of a request, wherever they were given; empty while there are none."""
    async with request.app.state.runtime.db.read() as connection:
        return answer(await ratings.of_request(connection, await named(connection, name, principal)))


@router.post(
    "/{name}/ratings", response_model=RatingOut, summary="Rate a consultation",
    responses=problems_of("consultation.unknown", "consultation.not_closed"),
)  # fmt: skip
async def rate(
    request: Request, name: str, body: RatingIn, principal: Annotated[Principal, Depends(RATE)]
) -> Response:  # fmt: skip
    """Keep the client's marks from 1 to 5 after closing; an answer to the same question replaces the earlier one."""
    given = [
        ratings.Answer(a.question_number, a.rating, a.question or None, a.comment or None, a.manager_key)
        for a in body.answers
    ]
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)
        return answer(await ratings.rate(connection, cons_id, given, principal.id))

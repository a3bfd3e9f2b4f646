"""Routes of ratings: of one request, of all managers, and the questions that are asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.consultations import Holder
from clobus.api.replies import answer, is_staff, named, settings_of
from clobus.core.auth import READERS, STAFF, Principal, Role, require
from clobus.core.errors import Invalid
from clobus.modules.consultations import rating_summary, ratings
from clobus.modules.consultations.forms import RatingIn, RatingOut, RatingSummaryOut
from clobus.modules.knowledge import rating_questions
from clobus.modules.knowledge.schemas import RatingQuestionIn, RatingQuestionOut

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
averages = APIRouter(prefix="/api/ratings", tags=["ratings"])
questions = APIRouter(prefix="/api/dicts", tags=["dictionaries"])
RATE = require(Role.CLIENT, Role.SERVICE, scope="consultations:create", limit="creates")
SUMMARY = require(*STAFF, Role.AUDITOR, scope="ratings:read")
READ = require(Role.CLIENT, *READERS, scope="dicts:read")
EDIT = require(Role.HEAD, Role.ADMINISTRATOR, scope="dicts:write")
Day = Annotated[date | None, Query(description="A day, included.")]


@router.get(
    "/{name}/ratings", response_model=RatingOut, responses=problems_of("consultation.unknown"), summary="Read marks"
)
async def read(request: Request, name: str, principal: Holder) -> Response:
    """The marks of a request, wherever they were given; empty while there are none."""
    async with request.app.state.runtime.db.read() as connection:
        return answer(await ratings.of_request(connection, await named(connection, name, principal)))


@router.post(
    "/{name}/ratings", response_model=RatingOut, summary="Rate a consultation",
    responses=problems_of("consultation.unknown", "consultation.not_closed", "consultation.rated"),
)  # fmt: skip
async def rate(
    request: Request, name: str, body: RatingIn, principal: Annotated[Principal, Depends(RATE)]
) -> Response:  # fmt: skip
    """Keep the client's marks from 1 to 5 after closing, once: he may change them for a week. 409 for a request that
    goes on, or was rated long ago or by somebody else.
    """
    given = [
        ratings.Answer(a.question_number, a.rating, a.question or None, a.comment or None, a.manager_key)
        for a in body.answers
    ]
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)
        before = marks_of(await ratings.of_request(connection, cons_id))
        rated = await ratings.rate(connection, cons_id, given, principal.id)
        await noted(connection, request, principal, "request.rated", str(cons_id), before=before, after=marks_of(rated))
        return answer(rated)


def marks_of(rated: Mapping[str, Any]) -> dict[str, Any]:
    """What the log of acts keeps of an aggregate."""
    return {name: rated.get(name) for name in ("average", "count")}


@averages.get(
    "/summary", response_model=RatingSummaryOut, dependencies=[Depends(SUMMARY)],
    responses=problems_of("rating.period"), summary="Averages by manager",
)  # fmt: skip
async def summary(
    request: Request, since: Annotated[Day, Query(alias="from")] = None,
    until: Annotated[Day, Query(alias="to")] = None, manager: UUID | None = None,
) -> Response:  # fmt: skip
    """What clients gave to each manager on the days named (Tashkent), the best first; without days all there is."""
    if since and until and since > until:
        raise Invalid("rating.period")
    async with request.app.state.runtime.db.read() as connection:
        zone = settings_of(request).tz
        return answer(await rating_summary.summary(connection, zone, first=since, last=until, manager=manager))


@questions.get("/rating-questions", response_model=list[RatingQuestionOut], summary="Questions about a consultation")
async def listed(request: Request, principal: Annotated[Principal, Depends(READ)]) -> Response:
    """What clients are asked when a consultation is over, in order; staff see also what is asked no more."""
    async with request.app.state.runtime.db.read() as connection:
        return answer(await rating_questions.listed(connection, retired=is_staff(principal)))


@questions.put("/rating-questions/{number}", response_model=RatingQuestionOut, summary="Make or change a question")
async def put(
    request: Request, number: Annotated[int, Path(ge=1, le=99)], body: RatingQuestionIn,
    principal: Annotated[Principal, Depends(EDIT)],
) -> Response:  # fmt: skip
    """Say what is asked under a number, in all three languages; `active: false` asks it no more. What was answered
    keeps the words that were asked.
    """
    async with request.app.state.runtime.db.transaction() as connection:
        known = await rating_questions.listed(connection, retired=True)
        before = next((row for row in known if row["number"] == number), None)
        after = await rating_questions.put(connection, number, body.model_dump())
        act = "rating_question.changed" if before else "rating_question.made"
        await noted(connection, request, principal, act, str(number), before=before, after=after)
        return answer(after)

"""Routes of handing over: what is proposed when a queue closes, and a person's word on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.problems import language
from clobus.api.replies import answer, settings_of
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.events import Origin
from clobus.modules.consultations import reassignment, selection
from clobus.modules.consultations.reassignment import Reassignment

router = APIRouter(prefix="/api/reassignments", tags=["reassignments"])
READ = Depends(require(*STAFF, Role.AUDITOR, scope="managers:read"))
DECIDE = require(*STAFF, scope="consultations:write", limit="creates")
Decider = Annotated[Principal, Depends(DECIDE)]
Number = Annotated[int, Path(ge=1, lt=2**62)]
State = Literal["proposed", "accepted", "declined", "done", "void"]
REFUSALS = problems_of("reassignment.unknown", "reassignment.decided", "reassignment.void")


class ReassignmentOut(BaseModel):
    """A proposal: from whom to whom, why, and what became of it; `text` is the reason in the caller's language."""

    id: int
    cons_id: UUID
    number: str | None
    from_manager: UUID
    from_name: str | None
    to_manager: UUID
    to_name: str | None
    day: date
    text: str
    state: State
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class ReassignmentsOut(BaseModel):
    """A page of proposals, newest first; `next` is the `before` of the next page."""

    items: list[ReassignmentOut]
    next: int | None


def _shown(request: Request, found: Reassignment) -> dict[str, Any]:
    row = asdict(found)
    why = row.pop("reason")["why"]
    return row | {"text": selection.explain(language(request), why, settings_of(request).tz)}


@router.get("", response_model=ReassignmentsOut, dependencies=[READ], summary="List proposals")
async def listed(
    request: Request,
    state: Annotated[list[State] | None, Query(description="Only in these states; proposed ones without it.")] = None,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Who could take the requests of managers whose queue is closed on their day."""
    async with request.app.state.runtime.db.read() as connection:
        found = await reassignment.listed(connection, state or ("proposed",), before=before, limit=limit + 1)
    items = [_shown(request, each) for each in found[:limit]]
    return answer({"items": items, "next": items[-1]["id"] if len(found) > limit else None})


async def _decided(
    request: Request, principal: Principal, number: int, decide: Callable[..., Awaitable[None]], **how: Any
) -> Response:  # fmt: skip
    async with request.app.state.runtime.db.transaction() as connection:
        await decide(connection, number, **how, by=principal.id)
        [found] = await reassignment.listed(connection, ("accepted", "declined"), before=number + 1, limit=1)
        before, after = {"manager": str(found.from_manager)}, {"manager": str(found.to_manager)}
        await noted(
            connection, request, principal, f"handover.{found.state}", str(found.cons_id), before=before,
            after=after if found.state == "accepted" else before,
        )  # fmt: skip
        return answer(_shown(request, found))


@router.post("/{number}/accept", response_model=ReassignmentOut, responses=REFUSALS, summary="Hand over")
async def accept(request: Request, number: Number, principal: Decider) -> Response:
    """Give the request to whom it is proposed: at once here, in 1C and Chatwoot by the next push. 404, 409."""
    return await _decided(request, principal, number, reassignment.accept, origin=Origin.OPERATOR)


@router.post("/{number}/decline", response_model=ReassignmentOut, responses=REFUSALS, summary="Leave it")
async def decline(request: Request, number: Number, principal: Decider) -> Response:
    """Leave the request with its manager; it is not proposed again for that day. 404, 409."""
    return await _decided(request, principal, number, reassignment.decline)

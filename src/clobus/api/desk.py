"""Routes of the desk's console: today's work, one request with everything about it, handing over, clients."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.desk_forms import (
    CardOut,
    CompaniesOut,
    CompanyWholeOut,
    DoubleOut,
    HandOverIn,
    StoryOut,
    TodayOut,
)
from clobus.api.problems import language
from clobus.api.replies import NAME_LENGTH, answer, settings_of
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.db import Connection
from clobus.core.errors import Conflict, NotFound, Unprocessable
from clobus.core.events import Origin
from clobus.modules.accounts import behind
from clobus.modules.clients import desk as companies
from clobus.modules.consultations import desk, reading, selection, service, workload
from clobus.modules.consultations.desk import View
from clobus.sync.story import Teller

router = APIRouter(prefix="/api/desk", tags=["desk"])
Reader = Annotated[Principal, Depends(require(*STAFF, Role.AUDITOR, scope="desk:read"))]
Writer = Annotated[Principal, Depends(require(*STAFF, scope="desk:write", limit="creates"))]
Skip = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
HISTORY = 50


@router.get("/today", response_model=TodayOut, summary="Today's work")
async def today(
    request: Request, principal: Reader, view: View = View.QUEUE, manager: UUID | None = None, skip: Skip = 0,
    limit: Limit = 100,
) -> Response:  # fmt: skip
    """The open requests of a view, what should be dealt with first at the top; `mine` are those of `manager`, without
    it of whoever asks.
    """
    zone = settings_of(request).tz
    async with request.app.state.runtime.db.read() as connection:
        me = await behind.manager_of(connection, principal)
        counts = await desk.counts(connection, zone, manager or me)
        found = await desk.listed(connection, view, zone, manager or me, skip=skip, limit=limit + 1)
    return answer({"counts": counts, "items": found[:limit], "more": len(found) > limit, "me": me})


@router.get(
    "/requests/{name}", response_model=StoryOut, responses=problems_of("consultation.unknown"),
    summary="Everything about a request",
)  # fmt: skip
async def story(request: Request, name: str, principal: Reader) -> Response:
    """What `clobus explain` tells: the state in each system now, events, pushes, webhooks, messages; 404."""
    del principal  # the staff see all
    teller: Teller = request.app.state.teller
    told = await teller.tell(name[:NAME_LENGTH].replace("\x00", ""))
    if told is None:
        raise NotFound("consultation.unknown")
    spoken, zone = language(request), settings_of(request).tz
    for event in told["events"]:
        why = event["changes"].get("why")
        event["why"] = selection.explain(spoken, why[1], zone) if why and why[1] else None
    cons_id = UUID(told.pop("consultation"))
    async with request.app.state.runtime.db.read() as connection:
        card = await desk.card(connection, cons_id)
        client = told["now"]["postgres"].get("client_id")
        history = await desk.history_of(connection, client, but=cons_id, limit=HISTORY) if client else []
    return answer({"request": card, **told, "history": history})


@router.post(
    "/requests/{name}/manager", response_model=CardOut, summary="Hand over to a manager",
    responses=problems_of("consultation.unknown", "manager.unknown", "consultation.ended", "consultation.same_manager",
                          "consultation.handed_over"),
)  # fmt: skip
async def hand_over(request: Request, name: str, body: HandOverIn, principal: Writer) -> Response:
    """Give a request to a manager: ours at once, 1C (of a support request Chatwoot) by the next push. 404, 422;
    409 when it has ended, or when it is with another manager by now than whoever asks was shown.
    """
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await reading.find(connection, name[:NAME_LENGTH], reading.visible_to(principal))
        row = (await service.load(connection, [cons_id], lock=True))[cons_id]
        if row.is_terminal:
            raise Conflict("consultation.ended", {"status": row.status.value})
        if row.manager == body.manager_key:
            raise Unprocessable("consultation.same_manager")
        if "from_manager" in body.model_fields_set and row.manager != body.from_manager:
            raise Conflict("consultation.handed_over")
        if not await workload.listed(connection, settings_of(request).tz, body.manager_key):
            raise NotFound("manager.unknown")
        await service.request_manager(connection, row, body.manager_key, origin=Origin.OPERATOR, actor=principal.id)
        before, after = {"manager": str(row.manager or "")}, {"manager": str(body.manager_key)}
        await noted(connection, request, principal, "request.handed_over", str(cons_id), before=before, after=after)
        return answer(await desk.card(connection, cons_id))


@router.get("/clients", response_model=CompaniesOut, summary="Companies")
async def clients(
    request: Request, principal: Reader, q: Annotated[str | None, Query(max_length=100)] = None, skip: Skip = 0,
    limit: Limit = 50,
) -> Response:  # fmt: skip
    """Companies by a part of the name, a code, a tax id, an e-mail or digits of a telephone."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        found = await companies.found(connection, q, skip=skip, limit=limit + 1)
    return answer({"items": found[:limit], "more": len(found) > limit})


@router.get("/clients/doubles", response_model=list[DoubleOut], summary="Companies under one tax id")
async def doubles(request: Request, principal: Reader) -> Response:
    """Tax ids under which several companies stand; they are joined in 1C, which owns them."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        return answer(await companies.doubles(connection))


@router.get(
    "/clients/{client_id}", response_model=CompanyWholeOut, responses=problems_of("client.unknown"),
    summary="A company with its people and requests",
)  # fmt: skip
async def client(request: Request, client_id: UUID, principal: Reader) -> Response:
    """A company, of a user his company; 404."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        return answer(await _whole(connection, client_id))


async def _whole(connection: Connection, client_id: UUID) -> dict[str, Any]:
    found = await companies.whole(connection, client_id)
    history = await desk.history_of(connection, client_id, but=None, limit=HISTORY)
    return {**found, "history": history}

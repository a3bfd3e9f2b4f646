"""Routes of requests (domain.md §5.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response

from clobus.api.veil import may_chat, veiled
from clobus.core import clock, idempotency
from clobus.core.auth import READERS, Principal, Role, require
from clobus.core.db import rows
from clobus.core.errors import NotFound
from clobus.core.events import Origin
from clobus.core.pagination import Page
from clobus.modules.consultations import policy, reading, service
from clobus.modules.consultations.schemas import ConsultationOut, CreateIn, CreateOut

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
READ = require(Role.CLIENT, *READERS, scope="consultations:read")
# Who holds our id of a request may read it with the narrow scope; numbers and conversations could be guessed.
READ_ONE = require(Role.CLIENT, *READERS, scope="consultations:read-by-id")
CREATE = require(Role.CLIENT, Role.SERVICE, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR,
                 scope="consultations:create", limit="creates")  # fmt: skip
Caller = Annotated[Principal, Depends(READ)]
Holder = Annotated[Principal, Depends(READ_ONE)]


def _own(principal: Principal) -> UUID | None:
    """Whose requests this caller may see: None for all. A client's key without its client sees nothing."""
    if principal.role is not Role.CLIENT:
        return None
    return principal.subject_id or UUID(int=0)


def _named(principal: Principal, name: str) -> str:
    """The name of a request as this caller may give it."""
    if not principal.may("consultations:read"):
        try:
            return str(UUID(name))
        except ValueError:
            raise NotFound("consultation.unknown") from None
    return name[:64]


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


@router.post("/create", response_model=CreateOut)
async def create(
    request: Request,
    body: CreateIn,
    principal: Annotated[Principal, Depends(CREATE)],
    idempotency_key: Annotated[str | None, Header()] = None,
    prefer: Annotated[str | None, Header()] = None,
) -> Response:
    """Make a request, once for an Idempotency-Key. Waits some seconds for number and conversation: they are null
    when a partner is away; `Prefer: respond-async` does not wait. 400, 401, 403, 404, 409, 422, 429.
    """
    key = idempotency.make_key(principal.id, "create_consultation", idempotency_key, await request.body())
    answer = await request.app.state.creator.create(principal, body, key, wait=prefer != "respond-async")
    if may_chat(principal):
        return _json(answer)
    return _json(veiled(msgspec.json.decode(answer), principal))


@router.get("/clients/{client_id}/consultations")
async def of_client(request: Request, client_id: UUID, principal: Caller, page: Annotated[Page, Depends()]) -> Response:
    """Requests of a client and of its users, newest first: `{consultations, total}`."""
    own = _own(principal)
    if own is not None and own != client_id:
        raise NotFound("client.unknown")
    async with request.app.state.runtime.db.read() as connection:
        known = await rows(connection, "select 1 from cons.clients where client_id = %s", (client_id,))
        if not known:
            raise NotFound("client.unknown")
        found, total = await reading.of_client(connection, client_id, page.skip, page.limit)
    return _json({"consultations": [veiled(each, principal) for each in found], "total": total})


@router.get("/{name}", response_model=ConsultationOut)
async def read(request: Request, name: str, principal: Holder) -> Response:
    """A request by our id, its 1C number or its conversation; 404 also for another client's."""
    async with request.app.state.runtime.db.read() as connection:
        return _json(veiled(await reading.read(connection, _named(principal, name), _own(principal)), principal))


@router.post("/{name}/cancel", response_model=ConsultationOut)
async def cancel(request: Request, name: str, principal: Annotated[Principal, Depends(CREATE)]) -> Response:
    """Take a request back within the window after its creation; 409 when it has ended or the window has passed."""
    runtime = request.app.state.runtime
    async with runtime.db.transaction() as connection:
        shown = await reading.read(connection, _named(principal, name), _own(principal))
        cons_id = UUID(shown["cons_id"])
        row = (await service.load(connection, [cons_id], lock=True))[cons_id]
        window = timedelta(minutes=runtime.settings.limits.cancel_minutes)
        policy.ensure_may_cancel(row.status, row.create_date, clock.now(), window)
        await service.cancel(connection, row, actor_name=principal.id, at=clock.now(), origin=Origin.API)
        return _json(veiled(await reading.read(connection, str(cons_id), None), principal))

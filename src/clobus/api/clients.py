"""Routes of clients (domain.md §5.3)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from clobus.api.acts import noted
from clobus.api.veil import veiled
from clobus.core.auth import READERS, Principal, Role, door_of, require
from clobus.core.errors import Invalid, NotFound
from clobus.core.events import Origin
from clobus.modules.clients import service
from clobus.modules.clients.schemas import ClientIn, ClientOut
from clobus.modules.clients.types import Freedom, Rules

router = APIRouter(prefix="/api/clients", tags=["clients"])
Reader = Annotated[Principal, Depends(require(Role.CLIENT, *READERS, scope="clients:read"))]
Writer = Annotated[
    Principal,
    Depends(
        require(Role.CLIENT, Role.SERVICE, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR, scope="clients:write-new",
                limit="creates")
    ),
]  # fmt: skip
ECHOED = ("client_id", "is_parent", "parent_id", "subscriberId", "code_abonent", "org_inn", "created_at", "updated_at")
"""What a caller hears of a client whom he could name, and no more may know."""


def _answer(shown: dict[str, Any], principal: Principal) -> Response:
    if not principal.may("clients:read"):
        shown = {name: value if name in ECHOED else None for name, value in shown.items()}
    return Response(msgspec.json.encode(veiled(shown, principal)), media_type="application/json")


def _folder(request: Request) -> UUID:
    return UUID(request.app.state.runtime.settings.clients_folder)


def _missed(request: Request, principal: Principal) -> None:
    """Who looks for many clients that are not there is trying codes out."""
    door_of(request).limiter.hit("misses", principal.id)


async def save(request: Request, body: ClientIn, principal: Writer) -> Response:
    """Find or make a client, and change him: a client himself and his users, staff and services anybody.

    With the scope `clients:write-new` alone somebody known is only named, by both code and tax id, and not changed.
    400, 403, 404, 409.
    """
    freedom = Freedom.EDIT if principal.may("clients:write") else Freedom.NOTHING
    rules = Rules(_folder(request), freedom, principal.reach, principal.subject_id)
    async with request.app.state.runtime.db.transaction() as connection:
        saved = await service.save(connection, body, rules, actor=principal.id, origin=Origin.API)
        # Which things he named; what they are now is personal data, and stands with the client.
        given = {"fields": sorted(body.model_fields_set)}
        await noted(connection, request, principal, "client.saved", str(saved.row["client_id"]), after=given)
        shown = await service.shown(connection, saved.row["client_id"], None)
    return _answer(shown, principal)


router.post("", response_model=ClientOut)(save)
router.post("/", response_model=ClientOut, include_in_schema=False)(save)


@router.get("/by-hash/{client_hash}", response_model=ClientOut)
async def by_hash(request: Request, client_hash: str, principal: Reader) -> Response:
    """A client by the MD5 of his e-mail, tax id and phone, present or former; 404."""
    try:
        async with request.app.state.runtime.db.read() as connection:
            shown = await service.shown_by_hash(connection, client_hash[:64], _folder(request), principal.reach)
    except NotFound:
        _missed(request, principal)
        raise
    return _answer(shown, principal)


@router.get("/by-subscriber/{code_abonent}", response_model=ClientOut)
async def by_subscriber(request: Request, code_abonent: str, principal: Reader) -> Response:
    """The owner with a subscriber code; 400 when that is no number, 404 when nobody in reach has it."""
    try:
        async with request.app.state.runtime.db.read() as connection:
            shown = await service.shown_by_code(connection, code_abonent[:64], _folder(request), principal.reach)
    except (Invalid, NotFound):
        _missed(request, principal)
        raise
    return _answer(shown, principal)


@router.get("/{client_id}", response_model=ClientOut)
async def read(request: Request, client_id: str, principal: Reader) -> Response:
    """A client by our id, a user with what his owner says of the company; 400 when it is no id, 404 also for
    another's.
    """
    try:
        key = UUID(client_id)
    except ValueError:
        raise Invalid("client.id_is_no_uuid") from None
    async with request.app.state.runtime.db.read() as connection:
        shown = await service.shown(connection, key, principal.reach)
    return _answer(shown, principal)

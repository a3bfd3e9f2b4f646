"""API keys of an organisation, for its own programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import Body, Name, Person, db_of, said
from clobus.core import auth
from clobus.core.errors import Conflict, Invalid
from clobus.modules.accounts import audit, organisation_keys, organisations, rights

router = APIRouter(prefix="/api/organisations/{organisation_id}/keys", tags=["organisations"])
UNKNOWN = ("auth.person_needed", "organisation.unknown")
DAY = 86_400.0


class KeyIn(Body):
    """A new key: what it is called, what it may, and for how many days."""

    name: Name
    scopes: Annotated[
        list[Annotated[str, Field(max_length=40, examples=["consultations:read"])]], Field(min_length=1, max_length=20)
    ]
    days: Annotated[int, Field(ge=1, le=730)] | None = 365


class KeyOut(BaseModel):
    """A key, by the beginning of its hash."""

    id: str
    name: str
    scopes: list[str]
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    over: bool


class NewKeyOut(BaseModel):
    """A new key; the token is shown this once."""

    id: str
    token: str


@router.get("", response_model=list[KeyOut], responses=problems_of(*UNKNOWN))
async def listed(request: Request, organisation_id: UUID, principal: Person) -> Response:
    """Keys of an organisation, for its administrators; never the keys themselves."""
    async with db_of(request).read() as connection:
        await organisations.allowed(connection, organisation_id, auth.person_of(principal), "keys:read")
        return said(await organisation_keys.listed(connection, organisation_id))


@router.post("", response_model=NewKeyOut, status_code=201,
             responses=problems_of(*UNKNOWN, "auth.step_up_needed", "organisation.unmatched", "key.scope",
                                   "key.too_many"))  # fmt: skip
async def make(request: Request, organisation_id: UUID, body: KeyIn, principal: Person) -> Response:
    """Make a key: it acts for the organisation's client alone. Its maker proved himself just now."""
    own = auth.person_of(principal)
    async with db_of(request).transaction() as connection:
        shown = await organisations.allowed(connection, organisation_id, own, "keys:write")
        auth.ensure_proved(principal)
        if shown["client_id"] is None:
            raise Conflict("organisation.unmatched")
        if not set(body.scopes) <= rights.KEYS:
            raise Invalid("key.scope")
        scopes = sorted(set(body.scopes))
        id_, token = await organisation_keys.make(
            connection, organisation_id, shown["client_id"], own, body.name, scopes, body.days and body.days * DAY
        )
        await audit.note(
            connection, actor_of(request, principal), "key.made", target=id_,
            after={"name": body.name, "scopes": scopes, "days": body.days}, organisation_id=organisation_id,
        )  # fmt: skip
    return said({"id": id_, "token": token}, 201)


@router.delete("/{key_id}", status_code=204, responses=problems_of(*UNKNOWN, "key.unknown"))
async def revoke(
    request: Request, organisation_id: UUID, key_id: Annotated[str, Field(max_length=12)], principal: Person
) -> Response:
    """End a key."""
    async with db_of(request).transaction() as connection:
        await organisations.allowed(connection, organisation_id, auth.person_of(principal), "keys:write")
        name = await organisation_keys.revoke(connection, organisation_id, key_id)
        await audit.note(
            connection, actor_of(request, principal), "key.revoked", target=key_id, before={"name": name},
            organisation_id=organisation_id,
        )  # fmt: skip
    request.app.state.callers.keys.forget()
    return Response(status_code=204)

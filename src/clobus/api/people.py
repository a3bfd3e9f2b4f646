"""For the staff: people, their roles and locks, and pairs of organisations and clients to be decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from pydantic import BaseModel, ConfigDict, Field

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import Body, db_of, said
from clobus.core import auth, clock
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.errors import Conflict, Forbidden, Invalid, NotFound
from clobus.modules.accounts import audit, merges, people, sessions

router = APIRouter(prefix="/api", tags=["people"])
READ = require(Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR, scope="people:read")
WRITE = require(Role.ADMINISTRATOR, scope="people:write")
LOOK = require(*STAFF, Role.AUDITOR, scope="merges:read")
DECIDE = require(Role.HEAD, Role.ADMINISTRATOR, scope="merges:write")
StaffRole = Literal["manager", "head", "administrator", "auditor"]


class Filter(BaseModel):
    """Which people are wanted, newest first; `after` is the last person of the page before."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=100)] | None = None
    role: Literal["client", "manager", "head", "administrator", "auditor"] | None = None
    locked: bool | None = None
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class BelongsOut(BaseModel):
    """An organisation of a person, and his role there."""

    organisation_id: UUID
    name: str
    role: str
    owner: bool


class PersonOut(BaseModel):
    """A person with an account."""

    person_id: UUID
    name: str
    email: str | None
    phone_number: str | None
    language: str
    role: str | None
    account_id: UUID | None
    telegram: bool
    locked: bool
    second_factor: bool
    created_at: datetime
    seen_at: datetime | None
    organisations: list[BelongsOut]


class PeopleOut(BaseModel):
    """A page of people; `next` is the `after` of the next one."""

    items: list[PersonOut]
    next: UUID | None


class PersonIn(Body):
    """What an administrator changes: a role of the staff (null takes it), a lock, which user of 1C he is."""

    role: StaffRole | None = None
    locked: bool | None = None
    account_id: UUID | None = None


class PairOut(BaseModel):
    """An organisation and a client that may be one company; without a client nobody was found for it."""

    organisation_id: UUID
    inn: str
    name: str
    created_at: datetime
    owner_name: str
    owner_email: str | None
    owner_phone: str | None
    reason: str | None
    client_id: UUID | None
    client_code: str | None
    client_name: str | None
    client_inn: str | None
    client_email: str | None
    client_phone: str | None
    taken_by: str | None


class DecidedOut(BaseModel):
    """A pair that was decided."""

    organisation_id: UUID
    name: str
    inn: str
    client_id: UUID
    client_name: str | None
    client_code: str | None
    same: bool
    decided_at: datetime
    decided_by: str | None


class DecisionIn(Body):
    """Whether an organisation and a client are one company."""

    organisation_id: UUID
    client_id: UUID
    same: bool


@router.get("/people", response_model=PeopleOut)
async def listed(
    request: Request, wanted: Annotated[Filter, Query()], principal: Annotated[Principal, Depends(READ)]
) -> Response:
    """People with accounts: who they are, their roles, where they belong."""
    async with db_of(request).read() as connection:
        found = await people.listed(connection, **wanted.model_dump())
    last = found[-1]["person_id"] if len(found) == wanted.limit else None
    return said({"items": found, "next": last})


@router.patch("/people/{person_id}", status_code=204,
              responses=problems_of("auth.person_needed", "auth.step_up_needed", "person.unknown",
                                    "person.yourself", "person.last_administrator", "person.account"))  # fmt: skip
async def change(
    request: Request, person_id: UUID, body: PersonIn, principal: Annotated[Principal, Depends(WRITE)]
) -> Response:
    """Give or take a role, lock or unlock: by an administrator who proved himself just now; all sessions end."""
    own = auth.person_of(principal)
    auth.ensure_proved(principal)
    if own == person_id:
        raise Forbidden("person.yourself")
    given = body.model_dump(include=body.model_fields_set)
    async with db_of(request).transaction() as connection:
        # One who lets another go can't be let go by him in the same moment.
        others = await people.other_administrators(connection, person_id)
        before = await people.load(connection, person_id)
        if before is None:
            raise NotFound("person.unknown")
        values = _values(given, before)
        loses = values.get("role", "administrator") != "administrator" or values.get("locked_at") is not None
        if before["role"] == "administrator" and loses and not others:
            raise Conflict("person.last_administrator")
        if values:
            try:
                await people.change(connection, person_id, values)
            except (ForeignKeyViolation, UniqueViolation):
                raise Invalid("person.account") from None
            await sessions.end_all_of(connection, person_id)
            await people.forget_unused_secrets(connection, person_id)
            await audit.note(
                connection, actor_of(request, principal), "person.changed", target=str(person_id),
                before={name: before[name] for name in values}, after=values,
            )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)


def _values(given: dict[str, Any], before: Any) -> dict[str, Any]:
    """The columns that really change."""
    values: dict[str, Any] = {
        name: given[name] for name in ("role", "account_id") if name in given and given[name] != before[name]
    }
    if given.get("locked") is not None and given["locked"] != (before["locked_at"] is not None):
        values["locked_at"] = clock.now() if given["locked"] else None
    return values


@router.get("/merges", response_model=list[PairOut])
async def pairs(request: Request, principal: Annotated[Principal, Depends(LOOK)]) -> Response:
    """Organisations of which nobody is sure which client they are, with those that they may be."""
    async with db_of(request).read() as connection:
        return said(await merges.waiting(connection))


@router.get("/merges/decided", response_model=list[DecidedOut])
async def decided(request: Request, principal: Annotated[Principal, Depends(LOOK)]) -> Response:
    """What was decided lately, by whom and when; the whole story is in the log of acts."""
    async with db_of(request).read() as connection:
        return said(await merges.decided(connection))


@router.post("/merges", status_code=204,
             responses=problems_of("auth.person_needed", "auth.step_up_needed", "merge.unknown",
                                   "merge.taken"))  # fmt: skip
async def decide(request: Request, body: DecisionIn, principal: Annotated[Principal, Depends(DECIDE)]) -> Response:
    """Say whether they are one company: its people then see the client's requests, so whoever joins two proved himself
    just now.
    """
    own = auth.person_of(principal)
    if body.same:
        auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        await merges.decide(connection, body.organisation_id, body.client_id, own, same=body.same)
        await audit.note(
            connection, actor_of(request, principal), "merge.decided", target=str(body.organisation_id),
            after={"client_id": body.client_id, "same": body.same}, organisation_id=body.organisation_id,
        )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)


@router.delete("/merges/{organisation_id}/{client_id}", status_code=204,
               responses=problems_of("auth.person_needed", "auth.step_up_needed", "merge.unknown"))  # fmt: skip
async def take_back(
    request: Request, organisation_id: UUID, client_id: UUID, principal: Annotated[Principal, Depends(DECIDE)]
) -> Response:
    """Take a decision back: the pair waits again; if they were joined, people of the organisation see the client's
    requests no more. By somebody who proved himself just now.
    """
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        same = await merges.take_back(connection, organisation_id, client_id)
        pair = {"client_id": client_id, "same": same}
        await audit.note(
            connection, actor_of(request, principal), "merge.taken_back", target=str(organisation_id), before=pair,
            organisation_id=organisation_id,
        )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)

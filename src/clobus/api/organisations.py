"""Organisations of people: their members, invitations, keys and log. What a member may do: modules/accounts/rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg.rows import DictRow
from pydantic import BaseModel

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import LETTERS_AN_HOUR, Body, Email, Name, Person, Token, db_of, identity_of, myself, said
from clobus.api.me import OrganisationOut, organisation_out
from clobus.api.registering import OrganisationIn
from clobus.core import auth
from clobus.core.auth import Principal
from clobus.core.db import Connection
from clobus.core.errors import TooMany
from clobus.modules.accounts import audit, members, organisations, people
from clobus.modules.notifications import letters
from clobus.modules.notifications.letters import Post

router = APIRouter(prefix="/api/organisations", tags=["organisations"])
joining = APIRouter(prefix="/api/invitations", tags=["organisations"])
RoleName = Literal["admin", "user", "viewer"]
UNKNOWN = problems_of("organisation.unknown", "auth.role")
MEMBER = problems_of("organisation.unknown", "auth.role", "member.unknown", "member.is_owner")


class NameIn(Body):
    """What an organisation is called."""

    name: Name


class MemberOut(BaseModel):
    """Who belongs to an organisation."""

    person_id: UUID
    name: str
    email: str | None
    phone_number: str | None
    role: str
    owner: bool
    locked: bool
    created_at: datetime
    seen_at: datetime | None


class RoleIn(Body):
    """What a member may do."""

    role: RoleName


class InvitationIn(Body):
    """Whom to invite, and as what."""

    email: Email
    role: RoleName = "user"


class InvitationOut(BaseModel):
    """Who was invited; `over`: the seven days went by."""

    invitation_id: UUID
    email: str
    role: str
    invited_by: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    over: bool = False


class AcceptIn(Body):
    """The token of an invitation's letter."""

    token: Token


class JoinedOut(BaseModel):
    """The organisation that the person belongs to now."""

    organisation_id: UUID
    name: str
    role: str


class TransferIn(Body):
    """Who is to own it: a member."""

    person_id: UUID


async def entered(connection: Connection, organisation_id: UUID, principal: Principal, scope: str) -> DictRow:
    """The organisation of the path, when the caller may do so there: 404 for others' ones, 403 for his role."""
    return await organisations.allowed(connection, organisation_id, auth.person_of(principal), scope)


@router.get("", response_model=list[OrganisationOut])
async def listed(request: Request, principal: Person) -> Response:
    """The person's organisations, the first joined first."""
    async with db_of(request).read() as connection:
        return said(
            [organisation_out(row) for row in await organisations.of_person(connection, auth.person_of(principal))]
        )


@router.post("", status_code=201, response_model=OrganisationOut,
             responses=problems_of("organisation.owned", "organisation.too_many"))  # fmt: skip
async def make(request: Request, body: OrganisationIn, principal: Person) -> Response:
    """A new organisation of the person; it is the desk's client at once where his own contact proves it."""
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        made = await organisations.make(connection, person["person_id"], body.inn, body.name)
        by = await organisations.match(connection, made, person, identity_of(request).folder, body.code)
        await audit.note(
            connection, actor_of(request, principal), "organisation.made", target=str(made["organisation_id"]),
            after={"inn": body.inn, "name": body.name, "matched_by": by}, organisation_id=made["organisation_id"],
        )  # fmt: skip
        shown = await organisations.shown(connection, made["organisation_id"], person["person_id"])
    request.app.state.callers.forget()
    return said(organisation_out(shown), 201)


@router.get("/{organisation_id}", response_model=OrganisationOut, responses=UNKNOWN)
async def read(request: Request, organisation_id: UUID, principal: Person) -> Response:
    """An organisation of the person."""
    async with db_of(request).read() as connection:
        return said(organisation_out(await entered(connection, organisation_id, principal, "organisation:read")))


@router.patch("/{organisation_id}", status_code=204, responses=UNKNOWN)
async def rename(request: Request, organisation_id: UUID, body: NameIn, principal: Person) -> Response:
    """Call it otherwise; the tax id stays."""
    async with db_of(request).transaction() as connection:
        before = await entered(connection, organisation_id, principal, "organisation:write")
        await organisations.rename(connection, organisation_id, body.name)
        await audit.note(
            connection, actor_of(request, principal), "organisation.renamed", target=str(organisation_id),
            before={"name": before["name"]}, after={"name": body.name}, organisation_id=organisation_id,
        )  # fmt: skip
    return Response(status_code=204)


@router.post("/{organisation_id}/transfer", status_code=204,
             responses=problems_of("organisation.unknown", "organisation.owner_only", "auth.step_up_needed",
                                   "member.unknown", "member.locked"))  # fmt: skip
async def transfer(request: Request, organisation_id: UUID, body: TransferIn, principal: Person) -> Response:
    """Hand the organisation over to another member: the owner alone, who proved himself just now."""
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        shown = await organisations.shown(connection, organisation_id, person["person_id"])
        auth.ensure_proved(principal)
        await organisations.hand_over(connection, organisation_id, person["person_id"], body.person_id)
        heir = await people.load(connection, body.person_id)
        await audit.note(
            connection, actor_of(request, principal), "organisation.handed_over", target=str(organisation_id),
            before={"owner": str(person["person_id"])}, after={"owner": str(body.person_id)},
            organisation_id=organisation_id,
        )  # fmt: skip
        told = {"organisation": shown["name"], "person": heir["name"] if heir else ""}
        await letters.queue(
            connection,
            [post for each in (person, heir) if each for post in letters.to(each, "owner_changed", told)],
        )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)


@router.get("/{organisation_id}/members", response_model=list[MemberOut], responses=UNKNOWN)
async def member_list(request: Request, organisation_id: UUID, principal: Person) -> Response:
    """Who belongs to it, the owner first."""
    async with db_of(request).read() as connection:
        await entered(connection, organisation_id, principal, "members:read")
        return said(await members.listed(connection, organisation_id))


@router.patch("/{organisation_id}/members/{person_id}", status_code=204,
              responses=MEMBER)  # fmt: skip
async def change_member(
    request: Request, organisation_id: UUID, person_id: UUID, body: RoleIn, principal: Person
) -> Response:  # fmt: skip
    """Give a member another role; who is no administrator any more loses the keys that he made."""
    async with db_of(request).transaction() as connection:
        await entered(connection, organisation_id, principal, "members:write")
        before = await members.change_role(connection, organisation_id, person_id, body.role)
        await audit.note(
            connection, actor_of(request, principal), "member.role_changed", target=str(person_id),
            before={"role": before}, after={"role": body.role}, organisation_id=organisation_id,
        )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)


@router.delete("/{organisation_id}/members/{person_id}", status_code=204,
               responses=MEMBER)  # fmt: skip
async def remove_member(request: Request, organisation_id: UUID, person_id: UUID, principal: Person) -> Response:
    """Let a member go, or go oneself; the keys that he made end."""
    async with db_of(request).transaction() as connection:
        own = person_id == auth.person_of(principal)
        await entered(connection, organisation_id, principal, "organisation:read" if own else "members:write")
        before = await members.remove(connection, organisation_id, person_id)
        await audit.note(
            connection, actor_of(request, principal), "member.removed", target=str(person_id),
            before={"role": before}, organisation_id=organisation_id,
        )  # fmt: skip
    request.app.state.callers.forget()
    return Response(status_code=204)


@router.get("/{organisation_id}/invitations", response_model=list[InvitationOut], responses=UNKNOWN)
async def invited(request: Request, organisation_id: UUID, principal: Person) -> Response:
    """Who was invited and has not come yet."""
    async with db_of(request).read() as connection:
        await entered(connection, organisation_id, principal, "members:write")
        return said(await members.invitations(connection, organisation_id))


@router.post("/{organisation_id}/invitations", status_code=201, response_model=InvitationOut,
             responses=problems_of("organisation.unknown", "auth.role", "member.already", "invitation.too_many",
                                   "letters.too_many"))  # fmt: skip
async def invite(request: Request, organisation_id: UUID, body: InvitationIn, principal: Person) -> Response:
    """Invite an address by letter, anew when it was; the answer is the same whether it has an account or not."""
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        shown = await entered(connection, organisation_id, principal, "members:write")
        if await letters.recently(connection, body.email) >= LETTERS_AN_HOUR:
            raise TooMany("letters.too_many", retry_after=3600)
        id_, token = await members.invite(connection, organisation_id, body.email, body.role, person["person_id"])
        told = {"organisation": shown["name"], "inviter": person["name"]}
        url = identity_of(request).page(person["language"], "join", token)
        await letters.queue(connection, [Post("invitation", body.email, person["language"], told, url)])
        await audit.note(
            connection, actor_of(request, principal), "member.invited", target=str(id_),
            after={"email": body.email, "role": body.role}, organisation_id=organisation_id,
        )  # fmt: skip
    return said({"invitation_id": id_, "email": body.email, "role": body.role, "over": False}, 201)


@router.delete("/{organisation_id}/invitations/{invitation_id}", status_code=204,
               responses=problems_of("organisation.unknown", "auth.role", "invitation.unknown"))  # fmt: skip
async def take_back(request: Request, organisation_id: UUID, invitation_id: UUID, principal: Person) -> Response:
    """Take an invitation back."""
    async with db_of(request).transaction() as connection:
        await entered(connection, organisation_id, principal, "members:write")
        email = await members.take_back(connection, organisation_id, invitation_id)
        await audit.note(
            connection, actor_of(request, principal), "member.invitation_taken_back", target=str(invitation_id),
            before={"email": email}, organisation_id=organisation_id,
        )  # fmt: skip
    return Response(status_code=204)


@joining.post("/accept", response_model=JoinedOut, responses=problems_of("invitation.unknown"))
async def accept(request: Request, body: AcceptIn, principal: Person) -> Response:
    """Join by the link of a letter: as the person whose address it went to, signed in. 404 for anybody else."""
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        joined: dict[str, Any] = dict(
            await members.accept(connection, body.token, person["person_id"], person["email"])
        )
        await audit.note(
            connection, actor_of(request, principal), "member.joined", target=str(person["person_id"]),
            after={"role": joined["role"]}, organisation_id=joined["organisation_id"],
        )  # fmt: skip
    request.app.state.callers.forget()
    return said({name: joined[name] for name in ("organisation_id", "name", "role")})

"""Members of organisations, and those who were invited."""

from __future__ import annotations

import secrets
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, Forbidden, NotFound
from clobus.core.ids import new_id
from clobus.modules.accounts import organisation_keys, rights

INVITED_SECONDS = 7 * 86_400.0
MAX_OPEN = 100
"""Invitations of one organisation that wait at a time."""


async def listed(connection: Connection, organisation_id: UUID) -> list[DictRow]:
    """Who belongs to an organisation, the owner first."""
    return await rows(
        connection,
        "select p.person_id, p.name, p.email, p.phone_number, m.role, o.owner_id = p.person_id as owner, m.created_at,"
        " p.locked_at is not null as locked, (select max(s.seen_at) from sys.sessions s where"
        " s.person_id = p.person_id) as seen_at from cab.memberships m join cab.people p using (person_id)"
        " join cab.organisations o using (organisation_id) where m.organisation_id = %s"
        " order by owner desc, m.created_at, p.person_id",
        (organisation_id,),
    )


async def change_role(connection: Connection, organisation_id: UUID, person_id: UUID, role: str) -> str:
    """Give a member another role; returns the one before. NotFound; Forbidden for the owner, who is what he is.

    The keys that he made end with the right to make them.
    """
    before = await _member(connection, organisation_id, person_id)
    await run(
        connection,
        "update cab.memberships set role = %s where organisation_id = %s and person_id = %s",
        (role, organisation_id, person_id),
    )
    if not rights.may(role, "keys:write"):
        await organisation_keys.end_made_by(connection, organisation_id, person_id)
    return before


async def remove(connection: Connection, organisation_id: UUID, person_id: UUID) -> str:
    """Let a member go; returns the role that he had. NotFound; Forbidden for the owner: he hands over first."""
    before = await _member(connection, organisation_id, person_id)
    await run(
        connection,
        "delete from cab.memberships where organisation_id = %s and person_id = %s",
        (organisation_id, person_id),
    )
    await organisation_keys.end_made_by(connection, organisation_id, person_id)
    return before


async def _held(connection: Connection, organisation_id: UUID) -> None:
    """One change of an organisation's people at a time: two clicks, or two administrators, are no error of ours."""
    await run(
        connection, "select 1 from cab.organisations where organisation_id = %s for update", (organisation_id,)
    )  # fmt: skip


async def _member(connection: Connection, organisation_id: UUID, person_id: UUID) -> str:
    await _held(connection, organisation_id)
    found = await one(
        connection,
        "select m.role, o.owner_id from cab.memberships m join cab.organisations o using (organisation_id)"
        " where m.organisation_id = %s and m.person_id = %s for update",
        (organisation_id, person_id),
    )
    if found is None:
        raise NotFound("member.unknown")
    if found["owner_id"] == person_id:
        raise Forbidden("member.is_owner")
    return str(found["role"])


async def invite(connection: Connection, organisation_id: UUID, email: str, role: str, by: UUID) -> tuple[UUID, str]:
    """Invite an address, anew when it was; the invitation's id, and the token for the letter.

    Conflict when its person is a member already, or too many wait.
    """
    await _held(connection, organisation_id)
    known = await one(
        connection,
        "select exists (select 1 from cab.memberships m join cab.people p using (person_id)"
        " where m.organisation_id = %(id)s and p.email = %(email)s) as member,"
        " (select count(*) from cab.invitations where organisation_id = %(id)s and accepted_at is null"
        "  and revoked_at is null and expires_at > now()) as waiting",
        {"id": organisation_id, "email": email},
    )
    assert known is not None  # noqa: S101 - two questions give one row
    if known["member"]:
        raise Conflict("member.already")
    if known["waiting"] >= MAX_OPEN:
        raise Conflict("invitation.too_many", {"limit": MAX_OPEN})
    await run(
        connection,
        "update cab.invitations set revoked_at = now() where organisation_id = %s and email = %s"
        " and accepted_at is null and revoked_at is null",
        (organisation_id, email),
    )
    id_, token = new_id(), secrets.token_urlsafe(24)
    await run(
        connection,
        "insert into cab.invitations (invitation_id, organisation_id, email, role, token_hash, invited_by, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))",
        (id_, organisation_id, email, role, hash_token(token), by, INVITED_SECONDS),
    )
    return id_, token


async def invitations(connection: Connection, organisation_id: UUID) -> list[DictRow]:
    """Who was invited and has not come yet, newest first; `over`: too late for him."""
    return await rows(
        connection,
        "select i.invitation_id, i.email, i.role, p.name as invited_by, i.created_at, i.expires_at,"
        " i.expires_at <= now() as over from cab.invitations i left join cab.people p on p.person_id = i.invited_by"
        " where i.organisation_id = %s and i.accepted_at is null and i.revoked_at is null"
        " order by i.created_at desc, i.invitation_id",
        (organisation_id,),
    )


async def take_back(connection: Connection, organisation_id: UUID, invitation_id: UUID) -> str:
    """Take an invitation back; the address that it was for. NotFound when it is over already."""
    found = await one(
        connection,
        "update cab.invitations set revoked_at = now() where organisation_id = %s and invitation_id = %s"
        " and accepted_at is null and revoked_at is null returning email",
        (organisation_id, invitation_id),
    )
    if found is None:
        raise NotFound("invitation.unknown")
    return str(found["email"])


async def accept(connection: Connection, token: str, person_id: UUID, email: str | None) -> DictRow:
    """Join the organisation that a letter invited to; it is for the address that it went to, and for once.

    NotFound `invitation.unknown`, also for another's; a member of it keeps the greater role.
    """
    found = await one(
        connection,
        "update cab.invitations i set accepted_at = now(), accepted_by = %s from cab.organisations o"
        " where i.token_hash = %s and i.email = %s and i.accepted_at is null and i.revoked_at is null"
        " and i.expires_at > now() and o.organisation_id = i.organisation_id"
        # Who invited may do so still: an administrator who was let go leaves no doors open.
        " and exists (select 1 from cab.memberships m where m.organisation_id = i.organisation_id"
        "  and m.person_id = i.invited_by and m.role = 'admin')"
        " returning i.organisation_id, i.role, o.name",
        (person_id, hash_token(token), email),
    )
    if found is None:
        raise NotFound("invitation.unknown")
    await run(
        connection,
        "insert into cab.memberships as m (organisation_id, person_id, role) values (%s, %s, %s)"
        " on conflict (organisation_id, person_id) do nothing",
        (found["organisation_id"], person_id, found["role"]),
    )
    return found

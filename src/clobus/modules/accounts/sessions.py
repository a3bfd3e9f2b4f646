"""Sessions of people: begun by a proof, found by a token of which a hash is kept, rotated, ended.

A token that was rotated away stays good until its successor was seen, and a minute longer: a lost answer signs nobody
out. Afterwards it is the sign of a stolen copy, and ends the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from clobus.core.auth import Membership, Principal, Role, Via, hash_token, new_token
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.ids import new_id
from clobus.modules.accounts.rights import MEMBERS, NOWHERE

PREFIX = "session"
GRACE_SECONDS = 60
SEEN_SECONDS = 60
"""How often the last sight of a session is written."""
ENDED_DAYS = 30

# Clients of a session: those it was opened for, and those that its person of Telegram is linked to now.
FIND = """
select s.id, s.method, s.role, s.telegram_user_id, s.key_hash, s.idle_seconds, s.token_hash = %(hash)s as current,
       s.former_hash is not null as rotated, s.former_until, s.former_until < now() as former_over,
       s.rotated_at < now() - make_interval(secs => %(rotate)s) as rotate_due,
       s.seen_at < now() - make_interval(secs => %(seen)s) as seen_due,
       k.name as key_name, k.scopes, k.subject_id, s.person_id, s.proved_at, s.strong, p.name as person_name,
       p.role as person_role,
       (select coalesce(jsonb_agg(jsonb_build_array(m.organisation_id, o.client_id, m.role)
               order by m.created_at, m.organisation_id), '[]')
        from cab.memberships m join cab.organisations o using (organisation_id)
        where m.person_id = s.person_id) as memberships,
       array(select c.client_id from cons.clients c where c.client_id = any(s.subjects) and not c.deleted
             order by array_position(s.subjects, c.client_id)) as opened_for,
       array(select l.client_id from cons.telegram_links l join cons.clients c using (client_id)
             where l.telegram_user_id = s.telegram_user_id and not c.deleted
             order by l.created_at, l.client_id) as linked
from sys.sessions s left join sys.api_keys k on k.key_hash = s.key_hash
left join cab.people p on p.person_id = s.person_id
where (s.token_hash = %(hash)s or s.former_hash = %(hash)s) and s.revoked_at is null and s.expires_at > now()
  and s.seen_at > now() - make_interval(secs => s.idle_seconds)
  and p.locked_at is null
  and (s.method <> 'key' or (k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))
"""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions live, in seconds: unused, at most, and with one token."""

    idle: float
    absolute: float
    staff_idle: float
    staff_absolute: float
    rotate: float
    # Staff without a second factor are let in as anybody is, with no right of the staff.
    staff_second_factor: bool = True


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session; the token is kept nowhere."""

    id: UUID
    token: str
    seconds: float


async def begin(
    connection: Connection, lifetimes: Lifetimes, *, method: str, role: Role = Role.CLIENT,
    subjects: Sequence[UUID] = (), telegram_user_id: int | None = None, key_hash: bytes | None = None,
    agent: str = "other", person_id: UUID | None = None, strong: bool = False, address: str | None = None,
) -> Begun:  # fmt: skip
    """Open a session by a proof that was checked: `method` is link, telegram, key or person.

    `strong`: he proved more than that he knows a password.
    """
    staff = role is not Role.CLIENT
    idle, absolute = (lifetimes.staff_idle, lifetimes.staff_absolute) if staff else (lifetimes.idle, lifetimes.absolute)
    begun = Begun(new_id(), new_token(PREFIX), absolute)
    await run(
        connection,
        "insert into sys.sessions (id, token_hash, method, role, subjects, telegram_user_id, key_hash, agent,"
        " person_id, strong, address, proved_at, idle_seconds, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now(), %s, now() + make_interval(secs => %s))",
        (begun.id, hash_token(begun.token), method, role.value, list(subjects), telegram_user_id, key_hash, agent,
         person_id, strong, address, idle, absolute),
    )  # fmt: skip
    return begun


async def find(db: Database, token: str, lifetimes: Lifetimes) -> tuple[Principal, str | None] | None:
    """Whose session this is, and the token that replaces this one when it is due; None when it is no session now."""
    token_hash = hash_token(token)
    params = {"hash": token_hash, "rotate": lifetimes.rotate, "seen": SEEN_SECONDS}
    async with db.read() as connection:
        row = await one(connection, FIND, params)
        if row is None:
            return None
        if not row["current"] and row["former_over"]:
            await end(connection, row["id"])
            return None
        if row["current"] and row["rotated"] and row["former_until"] is None:
            await run(
                connection,
                "update sys.sessions set former_until = now() + make_interval(secs => %s), seen_at = now()"
                " where id = %s",
                (GRACE_SECONDS, row["id"]),
            )
        elif row["seen_due"]:
            await run(connection, "update sys.sessions set seen_at = now() where id = %s", (row["id"],))
        fresh = await rotate(connection, token) if row["current"] and row["rotate_due"] else None
    return _principal(row, lifetimes), fresh


def _principal(row: dict[str, Any], lifetimes: Lifetimes) -> Principal:
    if row["method"] == "person":
        return _person(row, lifetimes)
    clients = [*row["opened_for"], *row["linked"]]
    if row["method"] == "key":
        own = (row["subject_id"],) if row["subject_id"] else ()
        return Principal(
            f"key:{row['key_hash'].hex()[:24]}", row["key_name"], Role(row["role"]), frozenset(row["scopes"]),
            row["subject_id"], frozenset(own), Via.SESSION, None, row["id"],
        )  # fmt: skip
    who = f"tg:{row['telegram_user_id']}" if row["telegram_user_id"] else f"session:{row['id']}"
    return Principal(
        f"client:{clients[0]}" if row["method"] == "link" and clients else who, row["method"], Role.CLIENT,
        frozenset(), clients[0] if clients else None, frozenset(clients), Via.SESSION, row["telegram_user_id"],
        row["id"],
    )  # fmt: skip


def _person(row: dict[str, Any], lifetimes: Lifetimes) -> Principal:
    """A person with an account: of the staff by his role, else acting for the first of his organisations."""
    memberships = tuple(
        Membership(UUID(organisation), UUID(client) if client else None, MEMBERS[role])
        for organisation, client, role in row["memberships"]
    )
    person = Principal(
        f"person:{row['person_id']}", row["person_name"], Role.CLIENT, NOWHERE, via=Via.SESSION,
        session_id=row["id"], person_id=row["person_id"], memberships=memberships, proved_at=row["proved_at"],
    )  # fmt: skip
    # A session that was begun before he became staff has a client's long life: he signs in anew.
    staff = row["person_role"] is not None and row["role"] != Role.CLIENT
    if staff and (row["strong"] or not lifetimes.staff_second_factor):
        return replace(person, role=Role(row["person_role"]), scopes=frozenset())
    return person.acting_for(memberships[0]) if memberships else person


async def prove(connection: Connection, session_id: UUID, *, strong: bool) -> None:
    """Note that the person of a session just proved again that it is he."""
    await run(
        connection,
        "update sys.sessions set proved_at = now(), strong = strong or %s where id = %s",
        (strong, session_id),
    )


async def end_all_of(connection: Connection, person_id: UUID, but: UUID | None = None) -> int:
    """End all sessions of a person, but for one; returns how many ended."""
    return await run(
        connection,
        "update sys.sessions set revoked_at = now() where person_id = %s and revoked_at is null"
        " and id is distinct from %s",
        (person_id, but),
    )


async def rotate(connection: Connection, token: str) -> str | None:
    """Replace a session's token; None when somebody was faster."""
    fresh = new_token(PREFIX)
    done = await run(
        connection,
        "update sys.sessions set token_hash = %s, former_hash = token_hash, former_until = null, rotated_at = now(),"
        " seen_at = now() where token_hash = %s and revoked_at is null",
        (hash_token(fresh), hash_token(token)),
    )
    return fresh if done else None


async def end(connection: Connection, session_id: UUID) -> bool:
    """End a session; other processes know it within seconds."""
    return await run(
        connection, "update sys.sessions set revoked_at = now() where id = %s and revoked_at is null", (session_id,)
    ) > 0  # fmt: skip


# Sessions of the same person: of his Telegram, of his key, or of just his client.
SAME = (
    "from sys.sessions s, sys.sessions mine where mine.id = %(id)s and s.revoked_at is null and s.expires_at > now()"
    " and s.method = mine.method and s.telegram_user_id is not distinct from mine.telegram_user_id"
    " and s.key_hash is not distinct from mine.key_hash and s.subjects = mine.subjects"
    " and s.person_id is not distinct from mine.person_id"
)


async def listed(connection: Connection, session_id: UUID) -> list[dict[str, Any]]:
    """The live sessions of the person who has this one, newest first."""
    found = await rows(
        connection,
        "select s.id, s.method, s.agent, s.address, s.created_at, s.seen_at, s.expires_at, s.id = mine.id as current "  # noqa: S608 - text of ours
        f"{SAME} and s.seen_at > now() - make_interval(secs => s.idle_seconds)"
        " order by s.created_at desc, s.id limit 100",
        {"id": session_id},
    )
    return [dict(row) for row in found]


async def end_of_person(connection: Connection, session_id: UUID, which: UUID | None) -> int:
    """End one session (or, with None, all) of the person who has this one; returns how many ended."""
    return await run(
        connection,
        "update sys.sessions set revoked_at = now() where id in (select s.id "  # noqa: S608 - text of ours
        f"{SAME} and (%(which)s::uuid is null or s.id = %(which)s))",
        {"id": session_id, "which": which},
    )


async def forget_old(connection: Connection) -> int:
    """Delete sessions and links that ended long ago; returns how many."""
    params = (ENDED_DAYS,)
    gone = await run(
        connection,
        "delete from sys.sessions where least(expires_at, coalesce(revoked_at, expires_at),"
        " seen_at + make_interval(secs => idle_seconds)) < now() - make_interval(days => %s)",
        params,
    )
    return gone + await run(
        connection, "delete from sys.links where expires_at < now() - make_interval(days => %s)", params
    )

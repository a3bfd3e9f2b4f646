"""People with accounts: found, made, changed, locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.db import Connection, one, rows, run
from clobus.core.ids import new_id

LOOKS = frozenset({"name", "language"})
"""What a person changes of himself without a proof."""
STAFF_ROLES = ("manager", "head", "administrator", "auditor")


def has_password(person: DictRow) -> bool:
    """Whether he can sign in by an address and a password."""
    return person["email"] is not None and person["password_hash"] is not None


async def load(connection: Connection, person_id: UUID) -> DictRow | None:
    """A person by our id."""
    return await one(connection, "select * from cab.people where person_id = %s", (person_id,))


async def by_login(connection: Connection, login: str) -> DictRow | None:
    """A person by his e-mail or his telephone, in their forms."""
    return await one(connection, "select * from cab.people where email = %(l)s or phone_number = %(l)s", {"l": login})


async def by_subject(connection: Connection, issuer: str, subject: str) -> DictRow | None:
    """A person by what an OpenID provider calls him."""
    return await one(
        connection, "select * from cab.people where oidc_issuer = %s and oidc_subject = %s", (issuer, subject)
    )


async def make(connection: Connection, values: Mapping[str, Any]) -> DictRow | None:
    """Make a person of columns and values; None when somebody has his e-mail, telephone or Telegram already."""
    given = {"person_id": new_id(), **values}
    names = ", ".join(given)
    return await one(
        connection,
        f"insert into cab.people ({names}) values ({', '.join(f'%({name})s' for name in given)})"  # noqa: S608 - names of columns, ours
        " on conflict do nothing returning *",
        given,
    )


async def change(connection: Connection, person_id: UUID, values: Mapping[str, Any]) -> DictRow | None:
    """Write columns of a person; None when there is no such person. psycopg.errors.UniqueViolation for another's."""
    sets = ", ".join(f"{name} = %({name})s" for name in values)
    return await one(
        connection,
        f"update cab.people set {sets}, updated_at = now() where person_id = %(person_id)s returning *",  # noqa: S608 - names of columns, ours
        {**values, "person_id": person_id},
    )


async def listed(
    connection: Connection, *, text: str | None = None, role: str | None = None, locked: bool | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[DictRow]:  # fmt: skip
    """People by what they are called, newest first; `role` is one of the staff's, `client` for all others."""
    return await rows(
        connection,
        "select p.person_id, p.name, p.email, p.phone_number, p.language, p.role, p.account_id,"
        " p.telegram_user_id is not null as telegram, p.locked_at is not null as locked, p.created_at,"
        " (exists (select 1 from cab.second_factors f where f.person_id = p.person_id and f.confirmed_at is not null)"
        "  or exists (select 1 from cab.credentials c where c.person_id = p.person_id)) as second_factor,"
        " (select max(s.seen_at) from sys.sessions s where s.person_id = p.person_id) as seen_at,"
        " (select coalesce(jsonb_agg(jsonb_build_object('organisation_id', o.organisation_id, 'name', o.name,"
        "   'role', m.role, 'owner', o.owner_id = p.person_id) order by o.name), '[]') from cab.memberships m"
        "   join cab.organisations o using (organisation_id) where m.person_id = p.person_id) as organisations"
        " from cab.people p where (%(text)s::text is null"
        " or strpos(lower(concat_ws(' ', p.name, p.email, p.phone_number)), lower(%(text)s)) > 0)"
        " and (%(role)s::text is null or coalesce(p.role, 'client') = %(role)s)"
        " and (%(locked)s::boolean is null or (p.locked_at is not null) = %(locked)s)"
        " and (%(after)s::uuid is null or p.person_id < %(after)s) order by p.person_id desc limit %(limit)s",
        {"text": text, "role": role, "locked": locked, "after": after, "limit": limit},
    )


async def other_administrators(connection: Connection, person_id: UUID) -> int:
    """How many unlocked administrators there are beside this person; they are locked until the transaction ends."""
    found = await rows(
        connection,
        "select person_id from cab.people where role = 'administrator' and locked_at is null order by person_id"
        " for update",
    )
    return sum(row["person_id"] != person_id for row in found)


async def forget_unused_secrets(connection: Connection, person_id: UUID) -> None:
    """A new password, or a lock: whatever was half done in his name is over, a change of address above all."""
    await run(connection, "delete from cab.proofs where person_id = %s", (person_id,))

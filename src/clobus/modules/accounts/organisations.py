"""Organisations: made, shown, changed, handed over, and found again among the clients of the desk.

An organisation is a client's company for sure only when its tax id finds one client and the person who names it has
that client's own e-mail or telephone, proved by a letter or by Telegram. Everything else a person of the staff decides:
tax ids are public and codes can be counted, so naming them proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, Forbidden, NotFound
from clobus.core.ids import new_id
from clobus.modules.accounts import organisation_keys, rights

MAX_EACH = 50
"""Organisations that one person may own."""


async def make(connection: Connection, owner_id: UUID, inn: str, name: str) -> DictRow:
    """A new organisation, its owner an administrator of it. Conflict when he owns one of the tax id, or too many."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"owner:{owner_id}",))
    own = await rows(connection, "select inn from cab.organisations where owner_id = %s", (owner_id,))
    if any(row["inn"] == inn for row in own):
        raise Conflict("organisation.owned")
    if len(own) >= MAX_EACH:
        raise Conflict("organisation.too_many", {"limit": MAX_EACH})
    made = await one(
        connection,
        "insert into cab.organisations (organisation_id, inn, name, owner_id) values (%s, %s, %s, %s) returning *",
        (new_id(), inn, name, owner_id),
    )
    assert made is not None  # noqa: S101 - an insert returns its row
    await run(
        connection,
        "insert into cab.memberships (organisation_id, person_id, role) values (%s, %s, 'admin')",
        (made["organisation_id"], owner_id),
    )
    return made


SHOWN = (
    "select o.organisation_id, o.inn, o.name, o.client_id, o.matched_by, o.created_at, o.owner_id, m.role,"
    " o.owner_id = m.person_id as owner, c.code_abonent as code,"
    " exists (select 1 from cab.merges g where g.organisation_id = o.organisation_id and g.same is null) as unsure"
    " from cab.organisations o join cab.memberships m using (organisation_id)"
    " left join cons.clients c on c.client_id = o.client_id"
)


async def of_person(connection: Connection, person_id: UUID) -> list[DictRow]:
    """A person's organisations with his role in each, the first joined first."""
    return await rows(connection, f"{SHOWN} where m.person_id = %s order by m.created_at, o.organisation_id",
                      (person_id,))  # fmt: skip


async def shown(connection: Connection, organisation_id: UUID, person_id: UUID) -> DictRow:
    """An organisation for one of its members; NotFound for anybody else."""
    found = await one(
        connection, f"{SHOWN} where o.organisation_id = %s and m.person_id = %s", (organisation_id, person_id)
    )
    if found is None:
        raise NotFound("organisation.unknown")
    return found


async def allowed(connection: Connection, organisation_id: UUID, person_id: UUID, scope: str) -> DictRow:
    """The organisation, when this person may do so there: NotFound for others' ones, Forbidden `auth.role`."""
    found = await shown(connection, organisation_id, person_id)
    if not rights.may(found["role"], scope):
        raise Forbidden("auth.role")
    return found


async def holding(connection: Connection, organisations: Sequence[UUID], cons_id: UUID) -> DictRow | None:
    """Which of these organisations a request is of; None: of none."""
    return await one(
        connection,
        "select o.organisation_id, o.name from cons.cons c join cons.clients s using (client_id)"
        " join cab.organisations o on o.client_id in (s.client_id, s.parent_id)"
        " where c.cons_id = %s and o.organisation_id = any(%s)",
        (cons_id, list(organisations)),
    )


async def rename(connection: Connection, organisation_id: UUID, name: str) -> None:
    """Call it otherwise; the tax id stays, it is what it is."""
    await run(
        connection,
        "update cab.organisations set name = %s, updated_at = now() where organisation_id = %s",
        (name, organisation_id),
    )


async def hand_over(connection: Connection, organisation_id: UUID, owner_id: UUID, person_id: UUID) -> None:
    """Make another member the owner, who becomes an administrator; the former one stays that.

    Forbidden, NotFound, Conflict for a member who is locked: nobody could hand it on.
    """
    held = await one(
        connection,
        "select owner_id from cab.organisations where organisation_id = %s for update",
        (organisation_id,),
    )
    if held is None or held["owner_id"] != owner_id:
        raise Forbidden("organisation.owner_only")
    joined = await run(
        connection,
        "update cab.memberships set role = 'admin' where organisation_id = %s and person_id = %s",
        (organisation_id, person_id),
    )
    if not joined:
        raise NotFound("member.unknown")
    if await one(connection, "select 1 from cab.people where person_id = %s and locked_at is not null", (person_id,)):
        raise Conflict("member.locked")
    await run(
        connection,
        "update cab.organisations set owner_id = %s, updated_at = now() where organisation_id = %s",
        (person_id, organisation_id),
    )


# Owners among the desk's clients with a tax id, and whether the person has a contact of theirs. A contact of a user of
# theirs is not enough: it would make him an administrator of what he may not even see.
CANDIDATES = """
select c.client_id, c.code_abonent, t.organisation_id as taken_by, lower(btrim(c.email)) = %(email)s as by_email,
       (regexp_replace(c.phone_number, '\\D', '', 'g') = substr(%(phone)s, 2)
        or '998' || regexp_replace(c.phone_number, '\\D', '', 'g') = substr(%(phone)s, 2)) as by_phone
from cons.clients c left join cab.organisations t on t.client_id = c.client_id
where c.org_inn = %(inn)s and c.is_parent and not c.deleted and coalesce(c.parent_key, %(folder)s) = %(folder)s
  and (%(code)s::text is null or c.code_abonent = %(code)s)
order by c.client_id limit 20
"""


async def match(
    connection: Connection, organisation: Mapping[str, Any], person: Mapping[str, Any], folder: UUID,
    code: str | None = None,
) -> str | None:  # fmt: skip
    """Look for the organisation among clients. `email` or `phone`: matched by that proof; None: nobody is sure."""
    found = await rows(
        connection, CANDIDATES,
        {"inn": organisation["inn"], "folder": folder, "code": code, "email": person["email"],
         "phone": person["phone_number"]},
    )  # fmt: skip
    proved = [row for row in found if row["by_email"] or row["by_phone"]]
    if len(proved) == 1 and proved[0]["taken_by"] is None:
        by = "email" if proved[0]["by_email"] else "phone"
        if await settle(connection, organisation["organisation_id"], proved[0]["client_id"], by):
            return by
    for row in found:
        reason = "taken" if row["taken_by"] else "several" if len(proved) > 1 else "unproved"
        await run(
            connection,
            "insert into cab.merges (organisation_id, client_id, reason) values (%s, %s, %s) on conflict do nothing",
            (organisation["organisation_id"], row["client_id"], reason),
        )
    return None


async def of_telephone(connection: Connection, person: Mapping[str, Any]) -> int:
    """Organisations for the clients whose own telephone is the person's and that nobody has yet; how many."""
    found = await rows(
        connection,
        "select c.client_id, c.org_inn, coalesce(c.company_name, c.name, c.org_inn) as name from cons.telegram_links l"
        " join cons.clients c using (client_id) left join cab.organisations t on t.client_id = c.client_id"
        " where l.telegram_user_id = %s and l.proof = 'phone' and c.is_parent and not c.deleted"
        " and t.organisation_id is null and c.org_inn ~ '^[0-9]{9}([0-9]{5})?$' order by c.client_id limit 20",
        (person["telegram_user_id"],),
    )
    made = 0
    for row in found:
        try:
            own = await make(connection, person["person_id"], row["org_inn"], row["name"][:300])
        except Conflict:  # two clients of one tax id: a person of the staff says which it is
            continue
        made += await settle(connection, own["organisation_id"], row["client_id"], "phone")
    return made


async def settle(connection: Connection, organisation_id: UUID, client_id: UUID, by: str) -> bool:
    """Note which client an organisation is; False when it is one already, or the client is another's."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"settle:{client_id}",))
    return await run(
        connection,
        "update cab.organisations set client_id = %(client)s, matched_by = %(by)s, updated_at = now()"
        " where organisation_id = %(id)s and client_id is null"
        " and not exists (select 1 from cab.organisations where client_id = %(client)s)",
        {"client": client_id, "by": by, "id": organisation_id},
    ) > 0  # fmt: skip


async def part(connection: Connection, organisation_id: UUID, client_id: UUID) -> None:
    """An organisation is that client no more: its people and its keys see nothing of the client's."""
    await run(
        connection,
        "update cab.organisations set client_id = null, matched_by = null, updated_at = now()"
        " where organisation_id = %s and client_id = %s",
        (organisation_id, client_id),
    )
    await organisation_keys.end_for_client(connection, organisation_id, client_id)

"""Statements on clients beside those of the sync."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core.db import Connection, one, rows, run
from clobus.core.ids import new_id

# Owners whom the platform may match: of our folder, or made here and not in 1C yet; the oldest 1C element first.
OURS = "c.is_parent and not c.deleted and (c.parent_key = %(folder)s or c.cl_ref_key is null)"
FIRST = " order by c.cl_ref_key is null, c.created_at, c.client_id limit 1"

# A user shows what his owner says of the company.
SHOWN = """
select c.client_id, c.client_id_hash, coalesce(o.cl_ref_key, c.cl_ref_key) as cl_ref_key, c.is_parent, c.parent_id,
       coalesce(o.code_abonent, c.code_abonent) as "subscriberId", coalesce(o.code_abonent, c.code_abonent)
       as code_abonent, case when o.client_id is null then c.org_inn else o.org_inn end as org_inn,
       case when o.client_id is null then c.company_name else o.company_name end as company_name,
       c.name, c.contact_name, case when o.client_id is null then c.partner else coalesce(o.partner, c.partner) end
       as partner, c.email, c.phone_number,
       case when o.client_id is null then c.country else o.country end as country,
       case when o.client_id is null then c.region else o.region end as region,
       case when o.client_id is null then c.city else o.city end as city,
       coalesce(o.subs_id, c.subs_id) as subs_id, coalesce(o.subs_start, c.subs_start) as subs_start,
       coalesce(o.subs_end, c.subs_end) as subs_end, coalesce(o.tariff_id, c.tariff_id) as tariff_id,
       coalesce(o.tariffperiod_id, c.tariffperiod_id) as tariffperiod_id, c.source_id, c.chatwoot_pubsub_token,
       c.created_at, c.updated_at
from cons.clients c left join cons.clients o on o.client_id = c.parent_id
where (%(reach)s::uuid[] is null or c.client_id = any(%(reach)s) or c.parent_id = any(%(reach)s))
"""


async def lock(connection: Connection, *names: str) -> None:
    """Hold names until the end of the transaction; in one order, so that two callers never wait for each other."""
    for name in sorted(set(names)):
        await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


async def shown(connection: Connection, client_id: UUID, reach: frozenset[UUID] | None) -> DictRow | None:
    """A client as callers read him, when he is within reach."""
    return await one(connection, f"{SHOWN} and c.client_id = %(id)s", {"id": client_id, "reach": listed(reach)})


async def id_by_hash(connection: Connection, hashed: str, folder: UUID) -> UUID | None:
    """The client known by a hash now, or before; None when nobody or more than one subscriber is."""
    found = await rows(
        connection,
        "select c.client_id, coalesce(c.parent_id, c.client_id) as owner from cons.clients c where not c.deleted and"
        " (c.parent_key = %(folder)s or c.cl_ref_key is null) and c.client_id in (select client_id from cons.clients"
        " where client_id_hash = %(hash)s union all select client_id from cons.client_hashes where hash = %(hash)s)"
        " order by c.client_id_hash is distinct from %(hash)s, c.is_parent desc, c.created_at limit 20",
        {"hash": hashed.lower(), "folder": folder},
    )
    return found[0]["client_id"] if len({row["owner"] for row in found}) == 1 else None


async def id_by_code(connection: Connection, code: str, folder: UUID) -> UUID | None:
    """The oldest owner with a subscriber code; else the owner of a user with it; else that user."""
    found = await one(
        connection,
        "select coalesce(c.parent_id, c.client_id) as client_id from cons.clients c where c.code_abonent = %(code)s"
        " and not c.deleted and (c.parent_key = %(folder)s or c.cl_ref_key is null)"
        " order by c.is_parent desc, c.cl_ref_key is null, c.created_at, c.client_id limit 1",
        {"code": code, "folder": folder},
    )
    return found["client_id"] if found else None


async def load(connection: Connection, client_id: UUID, *, lock_it: bool = False) -> DictRow | None:
    """The whole row of a client."""
    sql = "select * from cons.clients where client_id = %s"
    return await one(connection, f"{sql} for no key update" if lock_it else sql, (client_id,))


async def by_key(connection: Connection, key: UUID) -> DictRow | None:
    """The client that is this counterparty of 1C."""
    return await one(connection, "select * from cons.clients where cl_ref_key = %s", (key,))


async def owner_by_code(connection: Connection, code: str, folder: UUID, but: UUID | None = None) -> DictRow | None:
    """The owner with a subscriber code, but one."""
    return await one(
        connection,
        f"select * from cons.clients c where {OURS} and c.code_abonent = %(code)s"  # noqa: S608 - text of ours
        f" and c.client_id is distinct from %(but)s{FIRST}",
        {"code": code, "folder": folder, "but": but},
    )


async def owner_by_tax_id(connection: Connection, inn: str, folder: UUID, but: UUID | None = None) -> DictRow | None:
    """The owner with a tax id, but one; one without a code after those with a code."""
    return await one(
        connection,
        f"select * from cons.clients c where {OURS} and c.org_inn = %(inn)s"  # noqa: S608 - text of ours
        " and c.client_id is distinct from %(but)s"
        " order by c.code_abonent is null, c.cl_ref_key is null, c.created_at, c.client_id limit 1",
        {"inn": inn, "folder": folder, "but": but},
    )


async def user_of(
    connection: Connection, owner: UUID, email: str | None, phone: str | None, hashes: Sequence[str]
) -> DictRow | None:  # fmt: skip
    """A user of an owner: by hash or e-mail; by telephone when one of both has no e-mail."""
    return await one(
        connection,
        "select c.* from cons.clients c where c.parent_id = %(owner)s and not c.deleted and ("
        " c.client_id_hash = any(%(hashes)s) or lower(c.email) = lower(%(email)s::text)"
        " or (c.phone_number = %(phone)s and (c.email is null or %(email)s::text is null)))"
        " order by c.created_at, c.client_id limit 1",
        {"owner": owner, "email": email, "phone": phone, "hashes": list(hashes)},
    )


async def insert(connection: Connection, values: dict[str, Any]) -> DictRow:
    """Write a new client; columns are named by our own code."""
    full = {"client_id": new_id(), **values}
    names, places = ", ".join(full), ", ".join(f"%({name})s" for name in full)
    made = await one(connection, f"insert into cons.clients ({names}) values ({places}) returning *", full)  # noqa: S608 - names of ours, values are parameters
    if made is None:
        raise RuntimeError("an insert gave no row")
    return made


async def update(connection: Connection, client_id: UUID, values: dict[str, Any], wanted: dict[str, Any]) -> DictRow:
    """Change columns of a client and note what 1C is to show; columns are named by our own code."""
    names = "".join(f"{name} = %({name})s, " for name in values)
    changed = await one(
        connection,
        f"update cons.clients set {names} wanted = wanted || %(wanted_)s, updated_at = now()"  # noqa: S608 - as above
        " where client_id = %(id_)s returning *",
        {**values, "wanted_": Jsonb(wanted), "id_": client_id},
    )
    if changed is None:
        raise RuntimeError("a client vanished while it was changed")
    return changed


async def inherit(connection: Connection, owner: UUID) -> list[UUID]:
    """Give the users of an owner his code, tax id and company; returns those that Chatwoot knows."""
    found = await rows(
        connection,
        "update cons.clients u set code_abonent = o.code_abonent, org_inn = o.org_inn, company_name = o.company_name,"
        " updated_at = now() from cons.clients o where o.client_id = %s and u.parent_id = o.client_id"
        " and (u.code_abonent, u.org_inn, u.company_name) is distinct from"
        " (o.code_abonent, o.org_inn, o.company_name) returning u.client_id, u.contact_id",
        (owner,),
    )
    return [row["client_id"] for row in found if row["contact_id"] is not None]


async def remember_hash(connection: Connection, hashed: str, client_id: UUID) -> None:
    """Let a client be found by a hash that the site made of what it typed."""
    await run(
        connection,
        "insert into cons.client_hashes (hash, client_id) select %(hash)s, client_id from cons.clients"
        " where client_id = %(id)s and client_id_hash is distinct from %(hash)s on conflict do nothing",
        {"hash": hashed, "id": client_id},
    )


def listed(reach: frozenset[UUID] | None) -> list[UUID] | None:
    """A reach as a parameter: None stands for everybody."""
    return None if reach is None else sorted(reach)

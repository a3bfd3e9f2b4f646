"""Pairs of an organisation and a client of which nobody is sure: a person of the staff says what they are."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import DictRow

from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, NotFound
from clobus.modules.accounts import organisations


async def waiting(connection: Connection, *, limit: int = 100) -> list[DictRow]:
    """Pairs that wait for a decision, and organisations that no client was found for, oldest first."""
    return await rows(
        connection,
        "select o.organisation_id, o.inn, o.name, o.created_at, p.name as owner_name, p.email as owner_email,"
        " p.phone_number as owner_phone, g.reason, c.client_id, c.code_abonent as client_code,"
        " c.company_name as client_name, c.org_inn as client_inn, c.email as client_email,"
        " c.phone_number as client_phone, t.name as taken_by from cab.organisations o"
        " join cab.people p on p.person_id = o.owner_id"
        " left join cab.merges g on g.organisation_id = o.organisation_id and g.same is null"
        " left join cons.clients c on c.client_id = g.client_id"
        " left join cab.organisations t on t.client_id = g.client_id"
        " where o.client_id is null and (g.client_id is not null or not exists"
        "  (select 1 from cab.merges d where d.organisation_id = o.organisation_id))"
        " order by o.created_at, o.organisation_id, c.client_id limit %s",
        (limit,),
    )


async def decide(connection: Connection, organisation_id: UUID, client_id: UUID, by: UUID, *, same: bool) -> None:
    """Say whether they are one company. NotFound; Conflict `merge.taken` when either is another's already."""
    known = await one(
        connection,
        "select o.client_id, c.parent_id from cab.organisations o, cons.clients c where o.organisation_id = %s"
        " and c.client_id = %s and not c.deleted and c.is_parent for update of o",
        (organisation_id, client_id),
    )
    if known is None:
        raise NotFound("merge.unknown")
    if same and not await organisations.settle(connection, organisation_id, client_id, "staff"):
        raise Conflict("merge.taken")
    await run(
        connection,
        "insert into cab.merges as g (organisation_id, client_id, reason, same, decided_by, decided_at)"
        " values (%s, %s, 'unproved', %s, %s, now()) on conflict (organisation_id, client_id) do update"
        " set same = excluded.same, decided_by = excluded.decided_by, decided_at = now()",
        (organisation_id, client_id, same, by),
    )
    if same:
        await run(
            connection,
            "update cab.merges set same = false, decided_by = %s, decided_at = now()"
            " where organisation_id = %s and same is null",
            (by, organisation_id),
        )


async def take_back(connection: Connection, organisation_id: UUID, client_id: UUID) -> bool:
    """Let a decided pair wait again, and what the same decision denied with it; whether they were one company.
    NotFound when nothing was decided about them.
    """
    pair = await one(
        connection,
        "select same, decided_at from cab.merges where organisation_id = %s and client_id = %s and same is not null"
        " for update",
        (organisation_id, client_id),
    )
    if pair is None:
        raise NotFound("merge.unknown")
    if pair["same"]:
        await organisations.part(connection, organisation_id, client_id)
    await run(
        connection,
        "update cab.merges set same = null, decided_by = null, decided_at = null"
        " where organisation_id = %s and (client_id = %s or %s and decided_at = %s)",
        (organisation_id, client_id, pair["same"], pair["decided_at"]),
    )
    return bool(pair["same"])


async def decided(connection: Connection, *, limit: int = 50) -> list[DictRow]:
    """What was decided lately: of which pair, how, by whom and when; newest first."""
    return await rows(
        connection,
        "select o.organisation_id, o.name, o.inn, c.client_id, c.company_name as client_name,"
        " c.code_abonent as client_code, g.same, g.decided_at, p.name as decided_by from cab.merges g"
        " join cab.organisations o using (organisation_id) join cons.clients c on c.client_id = g.client_id"
        " left join cab.people p on p.person_id = g.decided_by where g.same is not null"
        " order by g.decided_at desc, o.organisation_id, c.client_id limit %s",
        (limit,),
    )

"""Keep clients as 1C shows them, and find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows, run
from clobus.core.ids import new_id
from clobus.core.upsert import compare, upsert

COLUMNS = {
    "client_id": "uuid", "cl_ref_key": "uuid", "data_version": "text", "parent_key": "uuid", "code": "text",
    "deleted": "boolean", "code_abonent": "text", "org_inn": "text", "company_name": "text", "email": "text",
    "phone_number": "text", "country": "text", "region": "text", "city": "text", "subs_id": "text",
    "subs_start": "timestamptz", "subs_end": "timestamptz", "tariff_id": "uuid", "tariffperiod_id": "uuid",
    "org_id": "uuid",
}  # fmt: skip


async def keep(connection: Connection, items: Sequence[Mapping[str, Any]], folder: UUID) -> tuple[int, int]:
    """Write counterparties by their key; returns how many are new and how many changed.

    A client that the platform made and 1C took over meanwhile is adopted by code and tax id, in our folder alone:
    a subscriber code never re-points a key (domain.md §11.1).
    """
    latest = {item["cl_ref_key"]: item for item in items}
    await _adopt(connection, [item for item in latest.values() if item["parent_key"] == folder])
    rows_ = [{"client_id": new_id(), **item} for item in latest.values()]
    written = await upsert(
        connection, "cons.clients", ["cl_ref_key"], COLUMNS, rows_, once=["client_id"], returning="cl_ref_key"
    )
    keys = [row["cl_ref_key"] for row in written]
    if keys:
        await run(
            connection,
            "update cons.cons c set client_id = k.client_id, org_inn = k.org_inn from cons.clients k"
            " where k.cl_ref_key = any(%s) and c.client_key = k.cl_ref_key"
            " and (c.client_id, c.org_inn) is distinct from (k.client_id, k.org_inn)",
            (keys,),
        )
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def differing(
    connection: Connection, items: Sequence[Mapping[str, Any]]
) -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Hold counterparties against our clients: our ids of those found, 1C's keys of absent and of differing ones."""
    columns = {name: kind for name, kind in COLUMNS.items() if name in items[0]} if items else {}
    seen, absent, wrong = await compare(
        connection, "cons.clients", ["cl_ref_key"], columns, items, identity="client_id"
    )  # fmt: skip
    return seen, [items[at]["cl_ref_key"] for at in absent], [items[at]["cl_ref_key"] for at in wrong]


async def versions(connection: Connection, keys: Sequence[UUID]) -> dict[UUID, str | None]:
    """The version of each of these counterparties that we hold."""
    found = await rows(
        connection, "select cl_ref_key, data_version from cons.clients where cl_ref_key = any(%s)", (list(keys),)
    )
    return {row["cl_ref_key"]: row["data_version"] for row in found}


async def alone(connection: Connection, seen: Sequence[UUID]) -> list[UUID]:
    """1C's keys of our clients that are not among `seen` (our ids) and not known to be deleted."""
    found = await rows(
        connection,
        "select cl_ref_key from cons.clients c where cl_ref_key is not null and not deleted"
        " and not exists (select 1 from unnest(%s::uuid[]) as s (id) where s.id = c.client_id)",
        (list(seen),),
    )
    return [row["cl_ref_key"] for row in found]


async def mark_gone(connection: Connection, keys: Sequence[UUID]) -> int:
    """Note that 1C says explicitly not to have these counterparties; returns how many were changed."""
    return await run(
        connection, "update cons.clients set deleted = true where cl_ref_key = any(%s) and not deleted", (list(keys),)
    )


async def _adopt(connection: Connection, ours: Sequence[Mapping[str, Any]]) -> None:
    waiting = await one(
        connection, "select 1 from cons.clients where cl_ref_key is null and is_parent and code_abonent is not null"
    )
    if not waiting:
        return
    for item in ours:
        await run(
            connection,
            "update cons.clients set cl_ref_key = %(key)s where client_id = (select client_id from cons.clients"
            " where cl_ref_key is null and is_parent and code_abonent = %(code)s and org_inn = %(inn)s"
            " order by created_at limit 1) and not exists (select 1 from cons.clients where cl_ref_key = %(key)s)",
            {"key": item["cl_ref_key"], "code": item["code_abonent"], "inn": item["org_inn"]},
        )


async def load(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Clients by our id; absent ones are not in the answer."""
    found = await rows(connection, "select * from cons.clients where client_id = any(%s)", (list(ids),))
    return {row["client_id"]: dict(row) for row in found}


async def owner_of(connection: Connection, client_id: UUID) -> dict[str, Any] | None:
    """The owner of a subscriber: the client itself, or the parent of a user; None when there is no such client."""
    return await one(
        connection,
        "select o.* from cons.clients c join cons.clients o on o.client_id = coalesce(c.parent_id, c.client_id)"
        " where c.client_id = %s",
        (client_id,),
    )


async def set_key(connection: Connection, client_id: UUID, key: UUID) -> None:
    """Note which counterparty of 1C a client is."""
    await run(connection, "update cons.clients set cl_ref_key = %s where client_id = %s", (key, client_id))


async def set_contact(connection: Connection, client_id: UUID, contact_id: int, source_id: str | None) -> None:
    """Note which contact of Chatwoot a client is."""
    await run(
        connection,
        "update cons.clients set contact_id = %s, source_id = coalesce(%s, source_id) where client_id = %s",
        (contact_id, source_id, client_id),
    )

"""Keep clients as 1C shows them, find them, and change them so that both partners hear of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import outbox
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Invalid, NotFound
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.core.upsert import compare, upsert
from clobus.modules.clients import matching, names, queries
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.clients.types import KIND, WRITTEN_TO_ONEC, Rules

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
        await _keep_wishes(connection, keys)
        await _tell_chatwoot(connection, [row["cl_ref_key"] for row in written if not row["made"]])
        await run(
            connection,
            "update cons.cons c set client_id = k.client_id, org_inn = k.org_inn from cons.clients k"
            " where k.cl_ref_key = any(%s) and c.client_key = k.cl_ref_key"
            " and (c.client_id, c.org_inn) is distinct from (k.client_id, k.org_inn)",
            (keys,),
        )
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def _keep_wishes(connection: Connection, keys: Sequence[UUID]) -> None:
    """What we asked 1C to show and it does not show yet stays ours; what it shows now is no wish any more."""
    columns = ", ".join(f"{name} = case when wanted ? '{name}' then wanted ->> '{name}' else {name} end"
                        for name in WRITTEN_TO_ONEC)  # fmt: skip
    await run(
        connection,
        f"update cons.clients set {columns} where cl_ref_key = any(%s) and wanted <> '{{}}'",  # noqa: S608 - names of ours
        (list(keys),),
    )


async def _tell_chatwoot(connection: Connection, keys: Sequence[UUID]) -> None:
    """Contacts of changed clients, and of their users, are looked at again; who has no contact gets none for it."""
    found = await rows(
        connection,
        "select c.client_id from cons.clients k join cons.clients c on k.client_id in (c.client_id, c.parent_id)"
        " where k.cl_ref_key = any(%s) and c.contact_id is not null",
        (list(keys),),
    )
    await outbox.touch(connection, "chatwoot", KIND, [row["client_id"] for row in found])


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


async def set_key(connection: Connection, client_id: UUID, key: UUID, folder: UUID) -> bool:
    """Note which counterparty of our folder a client is; False when another client is that one."""
    done = await run(
        connection,
        "update cons.clients set cl_ref_key = %(key)s, parent_key = %(folder)s where client_id = %(id)s and not exists"
        " (select 1 from cons.clients where cl_ref_key = %(key)s and client_id <> %(id)s)",
        {"key": key, "folder": folder, "id": client_id},
    )
    return done > 0


async def set_contact(connection: Connection, client_id: UUID, contact_id: int, source_id: str | None) -> None:
    """Note which contact of Chatwoot a client is."""
    await run(
        connection,
        "update cons.clients set contact_id = %s, source_id = coalesce(%s, source_id) where client_id = %s",
        (contact_id, source_id, client_id),
    )


async def save(connection: Connection, given: ClientIn, rules: Rules, *, actor: str, origin: Origin) -> matching.Saved:
    """Find or make a client and change what the caller may; both partners look at it again. Errors: matching.py."""
    saved = await matching.save(connection, given, rules)
    row = saved.row
    if not saved.made and not saved.changed and not saved.others:
        return saved
    client_id = row["client_id"]
    await outbox.touch(connection, "chatwoot", KIND, [client_id, *saved.others])
    owners = [client_id] if row["is_parent"] else []
    await outbox.touch(connection, "onec", KIND, [*owners, *saved.others])
    # What was changed is kept, whose it is too; the values are personal data and stay out of the log.
    changes = {"client_id": (None, str(client_id)), "fields": (None, saved.changed)}
    await publish(connection, [Event("ClientMade" if saved.made else "ClientChanged", None, origin, actor, changes)])
    return saved


async def shown(connection: Connection, client_id: UUID, reach: frozenset[UUID] | None) -> dict[str, Any]:
    """A client as callers read him, a user with his owner's company; NotFound also out of reach."""
    found = await queries.shown(connection, client_id, reach)
    if found is None:
        raise NotFound("client.unknown")
    return dict(found)


async def shown_by_hash(
    connection: Connection, hashed: str, folder: UUID, reach: frozenset[UUID] | None
) -> dict[str, Any]:  # fmt: skip
    """The client whom the site knows by this MD5, now or before; NotFound when it is not one subscriber's."""
    client_id = await queries.id_by_hash(connection, hashed, folder)
    if client_id is None:
        raise NotFound("client.unknown")
    return await shown(connection, client_id, reach)


async def shown_by_code(
    connection: Connection, code: str, folder: UUID, reach: frozenset[UUID] | None
) -> dict[str, Any]:  # fmt: skip
    """The owner with a subscriber code; Invalid when it is no number, NotFound when nobody has it."""
    try:
        clean = names.subscriber_code(code)
    except ValueError:
        raise Invalid("client.code_is_no_number") from None
    client_id = await queries.id_by_code(connection, clean, folder)
    if client_id is None:
        raise NotFound("client.unknown")
    return await shown(connection, client_id, reach)


async def stands(connection: Connection, client_id: UUID) -> bool:
    """Whether there is such a client, not deleted."""
    found = await one(connection, "select 1 from cons.clients where client_id = %s and not deleted", (client_id,))
    return found is not None


async def confirm_onec(connection: Connection, client_id: UUID, sent: Mapping[str, Any]) -> None:
    """Forget the wishes that 1C shows now, unless they changed since they were read."""
    await run(
        connection,
        "update cons.clients set wanted = coalesce((select jsonb_object_agg(w.key, w.value) from jsonb_each(wanted) w"
        " where not (%(sent)s::jsonb ? w.key and %(sent)s::jsonb -> w.key = w.value)), '{}') where client_id = %(id)s",
        {"sent": Jsonb(dict(sent)), "id": client_id},
    )


async def with_owner(connection: Connection, client_id: UUID) -> dict[str, Any] | None:
    """A client and what Chatwoot is told of him, a user with his owner's company and, lacking own, contacts."""
    return await one(
        connection,
        "select c.*, coalesce(c.email, o.email) as mail, coalesce(c.phone_number, o.phone_number) as phone,"
        " coalesce(c.name, c.contact_name, c.company_name, o.company_name) as title,"
        " coalesce(o.org_inn, c.org_inn) as inn, coalesce(o.code_abonent, c.code_abonent) as subscriber,"
        " coalesce(o.company_name, c.company_name) as company, coalesce(o.partner, c.partner) as served_by,"
        " case when o.client_id is null then c.country else o.country end as land,"
        " case when o.client_id is null then c.region else o.region end as area,"
        " case when o.client_id is null then c.city else o.city end as town"
        " from cons.clients c left join cons.clients o on o.client_id = c.parent_id where c.client_id = %s",
        (client_id,),
    )

"""Clients as people of the desk find them: companies with their users, and those that look like one company."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound

SHOWN = (
    "o.client_id::text, o.code_abonent, o.org_inn, coalesce(o.company_name, o.name) as company_name, o.phone_number,"
    " o.email, o.city, o.language, o.subs_end, o.cl_ref_key is not null as in_onec, o.deleted"
)
COUNTED = (
    "(select count(*) from cons.clients u where u.parent_id = o.client_id and not u.deleted)::int as users,"
    " (select count(*) from cons.cons c where c.client_id = o.client_id or c.client_id in"
    " (select u.client_id from cons.clients u where u.parent_id = o.client_id))::int as requests"
)


async def found(connection: Connection, text: str | None, *, skip: int, limit: int) -> list[dict[str, Any]]:
    """Companies by a part of the name, a code, a tax id, digits of a telephone; the last changed first without text."""
    needle = (text or "").strip()
    like = needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    digits = "".join(filter(str.isdigit, needle))
    picked = await rows(
        connection,
        f"select {SHOWN}, {COUNTED} from (select * from cons.clients o where o.is_parent and not o.deleted"  # noqa: S608 - text of ours, values are parameters
        " and (%(needle)s = '' or o.company_name ilike %(like)s or o.name ilike %(like)s or o.code_abonent = %(needle)s"
        " or o.org_inn = %(needle)s or lower(o.email) = lower(%(needle)s) or (length(%(digits)s) >= 7"
        r" and regexp_replace(o.phone_number, '\D', '', 'g') like '%%' || %(digits)s))"
        " order by o.updated_at desc, o.client_id offset %(skip)s limit %(limit)s) o",
        {"needle": needle, "like": f"%{like}%", "digits": digits, "skip": skip, "limit": limit},
    )
    return [dict(row) for row in picked]


async def whole(connection: Connection, client_id: UUID) -> dict[str, Any]:
    """A company (of a user: his company) with its users, who of them has Telegram, and what 1C is still to show."""
    row = await one(
        connection,
        f"select {SHOWN}, {COUNTED}, o.contact_name, o.partner, o.country, o.region, o.subs_start, o.contact_id,"  # noqa: S608 - text of ours, values are parameters
        " array(select jsonb_object_keys(o.wanted)) as unconfirmed, o.created_at, o.updated_at from cons.clients w"
        " join cons.clients o on o.client_id = coalesce(w.parent_id, w.client_id) where w.client_id = %s",
        (client_id,),
    )
    if row is None:
        raise NotFound("client.unknown")
    people = await rows(
        connection,
        "select u.client_id::text, coalesce(u.name, u.contact_name) as name, u.email, u.phone_number, u.language,"
        " exists (select 1 from cons.telegram_links t where t.client_id = u.client_id) as telegram"
        " from cons.clients u where (u.client_id = %(id)s or u.parent_id = %(id)s) and not u.deleted"
        " order by u.is_parent desc, u.created_at limit 200",
        {"id": UUID(row["client_id"])},
    )
    return {**row, "people": [dict(each) for each in people]}


async def doubles(connection: Connection, limit: int = 100) -> list[dict[str, Any]]:
    """Tax ids under which several companies stand: 1C's doubles, which a person joins there."""
    picked = await rows(
        connection,
        "select o.org_inn, jsonb_agg(jsonb_build_object('client_id', o.client_id, 'code_abonent', o.code_abonent,"
        " 'company_name', coalesce(o.company_name, o.name), 'in_onec', o.cl_ref_key is not null)"
        " order by o.created_at) as companies from cons.clients o where o.is_parent and not o.deleted"
        " and coalesce(o.org_inn, '') <> '' group by 1 having count(*) > 1 order by count(*) desc, 1 limit %s",
        (limit,),
    )
    return [dict(row) for row in picked]

"""Requests as callers read them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound

FIELDS = (
    "c.cons_id::text, c.cl_ref_key::text, c.client_id::text, c.client_key::text, c.number, c.status, c.org_inn,"
    " c.importance, c.create_date, c.start_date, c.end_date, c.redate_time::text, c.redate::text, c.lang,"
    " c.consultation_type, c.denied, c.manager::text, u.description as manager_name, c.author::text, c.comment,"
    " c.online_question_cat::text, c.online_question::text, c.con_blocks::text, c.con_rates, c.con_calls,"
    " c.chatwoot_source_id, c.source, c.created_at, c.updated_at"
)
FROM = " from cons.cons c left join cons.users u on u.cl_ref_key = c.manager and not u.deletion_mark"
OWN = " and (%(owner)s::uuid is null or c.client_id in (select client_id from cons.clients where client_id = %(owner)s"
OWN += " or parent_id = %(owner)s))"


async def read(connection: Connection, name: str, owner: UUID | None) -> dict[str, Any]:
    """A request by our id, 1C number or conversation; NotFound also when it is another client's."""
    params: dict[str, Any] = {"name": name, "owner": owner}
    try:
        params["id"] = UUID(name)
        where = "c.cons_id = %(id)s"
    except ValueError:
        where = "(c.number = %(name)s or c.conversation_id::text = %(name)s)"
    found = await one(
        connection,
        f"select {FIELDS}{FROM} where {where}{OWN} order by (c.number = %(name)s) desc nulls last limit 1",  # noqa: S608 - names of ours, values are parameters
        params,
    )
    if found is None:
        raise NotFound("consultation.unknown")
    return dict(found)


async def of_client(connection: Connection, client_id: UUID, skip: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Requests of a client and of its users, newest first, and how many there are."""
    params = {"owner": client_id, "skip": skip, "limit": limit}
    counted = await one(connection, f"select count(*) as n from cons.cons c where true{OWN}", params)  # noqa: S608 - names of ours, values are parameters
    found = await rows(
        connection,
        f"select {FIELDS}{FROM} where true{OWN} order by c.create_date desc, c.cons_id offset %(skip)s limit %(limit)s",  # noqa: S608 - names of ours, values are parameters
        params,
    )
    return [dict(row) for row in found], counted["n"] if counted else 0


async def answer_state(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """What the answer to a creation needs beside the request itself."""
    found = await one(
        connection,
        "select c.client_id, c.cl_ref_key, c.number, c.conversation_id, c.chatwoot_source_id, c.status, c.source,"
        " c.lang, c.consultation_type, k.chatwoot_pubsub_token from cons.cons c"
        " left join cons.clients k using (client_id) where c.cons_id = %s",
        (cons_id,),
    )
    if found is None:
        raise NotFound("consultation.unknown")
    return dict(found)

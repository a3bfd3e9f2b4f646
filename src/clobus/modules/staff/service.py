"""Keep managers as 1C shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from clobus.core import outbox
from clobus.core.db import Connection, rows, run
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.core.upsert import compare, upsert

COLUMNS = {
    "account_id": "uuid", "cl_ref_key": "uuid", "data_version": "text", "user_id": "text", "description": "text",
    "email": "text", "department": "text", "chatwoot_team": "text", "deletion_mark": "boolean", "invalid": "boolean",
    "ru": "boolean", "uz": "boolean", "con_limit": "integer", "start_hour": "time", "end_hour": "time",
}  # fmt: skip
MANAGER = "manager"


async def keep(connection: Connection, items: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Write users by their key; those that are new or changed are looked at by Chatwoot's side. Counts new, changed."""
    latest = {item["cl_ref_key"]: item for item in items}
    written = await upsert(
        connection,
        "cons.users",
        ["cl_ref_key"],
        COLUMNS,
        [{"account_id": new_id(), **item} for item in latest.values()],
        once=["account_id"],
        returning="account_id",
    )
    await outbox.touch(connection, "chatwoot", MANAGER, [row["account_id"] for row in written])
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def keep_skills(connection: Connection, skills: Sequence[tuple[UUID, UUID]]) -> int:
    """Make the skills exactly these (manager, category); what stands already is not written. Returns rows touched."""
    managers, categories = [m for m, _ in skills], [c for _, c in skills]
    gone = await run(
        connection,
        "delete from cons.users_skill s where not exists (select 1 from unnest(%s::uuid[], %s::uuid[]) as g (m, c)"
        " where (g.m, g.c) = (s.user_key, s.category_key))",
        (managers, categories),
    )
    made = await run(
        connection,
        "insert into cons.users_skill select distinct m, c from unnest(%s::uuid[], %s::uuid[]) as g (m, c)"
        " on conflict do nothing",
        (managers, categories),
    )
    return gone + made


async def differing(
    connection: Connection, items: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> tuple[list[UUID], list[UUID]]:
    """1C's keys of users that we lack, and of those that differ from ours in these columns."""
    kinds = {name: COLUMNS[name] for name in ("cl_ref_key", *columns)}
    _, absent, wrong = await compare(connection, "cons.users", ["cl_ref_key"], kinds, items, identity="account_id")
    return [items[at]["cl_ref_key"] for at in absent], [items[at]["cl_ref_key"] for at in wrong]


async def differing_skills(connection: Connection, skills: Sequence[tuple[UUID, UUID]]) -> list[UUID]:
    """1C's keys of the managers whose skills are not exactly these."""
    found = await rows(
        connection,
        "select distinct coalesce(g.m, s.user_key) as key from unnest(%s::uuid[], %s::uuid[]) as g (m, c)"
        " full join cons.users_skill s on (s.user_key, s.category_key) = (g.m, g.c)"
        " where g.m is null or s.user_key is null",
        ([m for m, _ in skills], [c for _, c in skills]),
    )
    return [row["key"] for row in found]


async def alone(connection: Connection, shown: Sequence[UUID]) -> list[UUID]:
    """1C's keys of our users that are not among these and not known to be deleted."""
    found = await rows(
        connection,
        "select cl_ref_key from cons.users where not deletion_mark and cl_ref_key <> all(%s)",
        (list(shown),),
    )
    return [row["cl_ref_key"] for row in found]


async def mark_gone(connection: Connection, keys: Sequence[UUID]) -> int:
    """Note that 1C says explicitly not to have these users; returns how many were changed."""
    found = await rows(
        connection,
        "update cons.users set deletion_mark = true where cl_ref_key = any(%s) and not deletion_mark"
        " returning account_id",
        (list(keys),),
    )
    await outbox.touch(connection, "chatwoot", MANAGER, [row["account_id"] for row in found])
    return len(found)


async def managers(connection: Connection) -> list[dict[str, Any]]:
    """Those who take requests: not deleted, not invalid, with a limit and hours."""
    return [
        dict(row)
        for row in await rows(
            connection,
            "select * from cons.users where not deletion_mark and not invalid and con_limit is not null"
            " and (start_hour is not null or end_hour is not null) and cl_ref_key <> %s order by cl_ref_key",
            (UNDEFINED_MANAGER,),
        )
    ]


async def agents_of(connection: Connection) -> dict[UUID, int]:
    """The Chatwoot agent of each mapped manager."""
    found = await rows(connection, "select cl_manager_key, chatwoot_user_id from sys.user_mapping")
    return {row["cl_manager_key"]: row["chatwoot_user_id"] for row in found}

"""Every statement on requests."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from clobus.core.db import Connection, as_json, rows, run
from clobus.modules.consultations.types import ConsultationSnapshot, Kind, Row

COLUMNS = ", ".join(f"c.{field}" for field in Row.__struct_fields__)
TYPES = {
    "number": "text", "status": "text", "denied": "boolean", "deleted": "boolean", "client_key": "uuid",
    "manager": "uuid", "author": "uuid", "create_date": "timestamptz", "changed_date": "timestamptz",
    "start_date": "timestamptz", "end_date": "timestamptz", "lang": "text", "topic": "text", "comment": "text",
    "online_question_cat": "uuid", "online_question": "uuid", "con_blocks": "uuid", "wanted": "jsonb",
    "data_version": "text", "cl_ref_key": "uuid", "importance": "smallint", "redate": "date", "redate_time": "time",
}  # fmt: skip
SNAPSHOT = (
    "number text, status text, denied boolean, deleted boolean, client_key uuid, manager uuid, author uuid,"
    " create_date timestamptz, changed_date timestamptz, start_date timestamptz, end_date timestamptz, lang text,"
    " topic text, comment text, online_question_cat uuid, online_question uuid, con_blocks uuid, data_version text,"
    " importance smallint"
)
NAMES = ", ".join(part.split()[0] for part in SNAPSHOT.split(", "))
LINES = (
    "section text, line_number integer, po_type_key uuid, po_section_key uuid, con_blocks_key uuid,"
    " manager_help_key uuid, is_repeat boolean, question text, answer text"
)
LINE_NAMES = ", ".join(part.split()[0] for part in LINES.split(", "))
# Made once a session; emptied here too, since one transaction may come twice.
STAGE = "".join(
    f"create temp table if not exists {table} (cons_id uuid, ref_key uuid, {columns}) on commit delete rows;"  # noqa: S608 - names of ours
    f"delete from {table};"
    for table, columns in (("given_cons", SNAPSHOT), ("given_lines", LINES))
)
_snapshot = attrgetter("ref_key", *NAMES.split(", "))
_line = attrgetter(*LINE_NAMES.split(", "))


async def select(connection: Connection, where: str, params: Any, *, lock: bool = False) -> list[Row]:
    """Read requests by a condition on `c`; with `lock` in key order, so that two batches can't wait for each other."""
    sql = f"select {COLUMNS} from cons.cons c where {where}"  # noqa: S608 - names of our own columns
    if lock:
        sql += " order by c.cons_id for update of c"
    return [msgspec.convert(found, Row) for found in await rows(connection, sql, params)]


async def insert_snapshots(
    connection: Connection, items: Sequence[tuple[UUID, ConsultationSnapshot]], source: str
) -> set[UUID]:
    """Insert requests that 1C bore, with the client found by its key; returns the 1C keys that were really new.

    They come by binary COPY into tables of the session: half the price of one jsonb parameter.
    """
    await connection.execute(STAGE)
    await _copy(connection, "given_cons", SNAPSHOT, [(key, *_snapshot(snap)) for key, snap in items])
    await _copy(
        connection, "given_lines", LINES,
        [(key, snap.ref_key, *_line(line)) for key, snap in items for line in snap.answers],
    )  # fmt: skip
    known = await rows(
        connection,
        # One pass: the new rows, and the lines of just those. Names of our own columns are put in, no values.
        "with made as (insert into cons.cons (cons_id, cl_ref_key, consultation_type, source, client_id, org_inn,"  # noqa: S608 - names of ours, values are parameters
        f" {NAMES}) select g.cons_id, g.ref_key, %s, %s, k.client_id, k.org_inn,"
        f" {', '.join('g.' + name.strip() for name in NAMES.split(','))} from given_cons g"
        " left join cons.clients k on k.cl_ref_key = g.client_key"
        " on conflict (cl_ref_key) do nothing returning cons_id), lines as (insert into cons.q_and_a"
        f" (cons_id, cons_ref_key, {LINE_NAMES}) select cons_id, ref_key, {LINE_NAMES} from given_lines"
        " where cons_id in (select cons_id from made))"
        " select ref_key from given_cons where cons_id not in (select cons_id from made)",
        (Kind.ACCOUNTING.value, source),
    )
    return {snap.ref_key for _, snap in items} - {row["ref_key"] for row in known}


async def _copy(connection: Connection, table: str, columns: str, given: Sequence[Sequence[Any]]) -> None:
    async with connection.cursor().copy(f"copy {table} from stdin (format binary)") as copy:
        copy.set_types(["uuid", "uuid", *(part.split()[1] for part in columns.split(", "))])
        for row in given:
            await copy.write_row(row)


async def update_columns(connection: Connection, changes: dict[UUID, dict[str, Any]]) -> int:
    """Write different columns of many requests in one statement: a column that is not named keeps its value."""
    if not changes:
        return 0
    names = sorted({name for columns in changes.values() for name in columns})
    items = [{"cons_id": key, "has": sorted(columns), **columns} for key, columns in changes.items()]
    definition = ", ".join(f"{name} {TYPES[name]}" for name in names)
    settings = ", ".join(f"{name} = case when '{name}' = any(n.has) then n.{name} else c.{name} end" for name in names)
    return await run(
        connection,
        f"update cons.cons c set {settings}, updated_at = now() from jsonb_to_recordset(%s::jsonb)"  # noqa: S608 - names of ours, values are parameters
        f" as n (cons_id uuid, has text[], {definition}) where c.cons_id = n.cons_id",
        (as_json(items),),
    )


async def resolve_clients(connection: Connection, ids: Sequence[UUID]) -> int:
    """Point requests whose 1C client changed to our client of that key."""
    return await run(
        connection,
        "update cons.cons c set client_id = k.client_id, org_inn = k.org_inn from cons.clients k"
        " where c.cons_id = any(%s) and k.cl_ref_key = c.client_key and c.client_id is distinct from k.client_id",
        (list(ids),),
    )


_REST = [name for name in LINE_NAMES.split(", ") if name not in ("section", "line_number")]
_GIVEN = (
    "with given as materialized (select g.cons_id, g.ref_key, l.* from jsonb_to_recordset(%s::jsonb)"  # noqa: S608 - names of ours, values are parameters
    " as g (cons_id uuid, ref_key uuid, lines jsonb)"
    f" cross join lateral jsonb_to_recordset(g.lines) as l ({LINES}))"
)


def _as_given(items: dict[UUID, ConsultationSnapshot]) -> str:
    return as_json([{"cons_id": key, "ref_key": snap.ref_key, "lines": snap.answers} for key, snap in items.items()])


async def replace_answers(connection: Connection, items: dict[UUID, ConsultationSnapshot]) -> int:
    """Make the lines of these requests those of the snapshots; lines that are the same are not written."""
    if not items:
        return 0
    return await run(
        connection,
        f"{_GIVEN}, gone as (delete from cons.q_and_a a where a.cons_id = any(%s) and not exists"  # noqa: S608 - names of ours, values are parameters
        " (select 1 from given g where (g.cons_id, g.section, g.line_number) = (a.cons_id, a.section, a.line_number)))"
        f" insert into cons.q_and_a as a (cons_id, cons_ref_key, {LINE_NAMES}) select cons_id, ref_key, {LINE_NAMES}"
        " from given on conflict (cons_id, section, line_number) do update set "
        + ", ".join(f"{name} = excluded.{name}" for name in _REST)
        + f" where ({', '.join('a.' + name for name in _REST)}) is distinct from"
        f" ({', '.join('excluded.' + name for name in _REST)})",
        (_as_given(items), list(items)),
    )


async def differing_answers(connection: Connection, items: dict[UUID, ConsultationSnapshot]) -> set[UUID]:
    """The requests, of these, whose lines are not those of their snapshots; nothing is written."""
    if not items:
        return set()
    found = await rows(
        connection,
        f"{_GIVEN}, ours as (select * from cons.q_and_a where cons_id = any(%s))"  # noqa: S608 - names of ours, values are parameters
        " select distinct coalesce(g.cons_id, a.cons_id) as id from given g full join ours a"
        " on (g.cons_id, g.section, g.line_number) = (a.cons_id, a.section, a.line_number)"
        " where g.cons_id is null or a.cons_id is null"
        f" or ({', '.join('a.' + name for name in _REST)}) is distinct from"
        f" ({', '.join('g.' + name for name in _REST)})",
        (_as_given(items), list(items)),
    )
    return {row["id"] for row in found}


async def known_versions(connection: Connection, keys: Sequence[UUID]) -> dict[UUID, tuple[str | None, bool]]:
    """The stored version and deletion mark of requests by 1C key; absent ones are not in the answer."""
    found = await rows(
        connection, "select cl_ref_key, data_version, deleted from cons.cons where cl_ref_key = any(%s)", (list(keys),)
    )
    return {row["cl_ref_key"]: (row["data_version"], row["deleted"]) for row in found}

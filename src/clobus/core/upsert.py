"""Many records and one table in one statement: written (new and differing ones, never equal ones) or compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clobus.core.db import Connection, as_json, one, rows


async def upsert(
    connection: Connection,
    table: str,
    keys: Sequence[str],
    columns: Mapping[str, str],
    items: Sequence[Mapping[str, Any]],
    *,
    once: Sequence[str] = (),
    change: bool = True,
    guard: str = "",
    returning: str = "",
) -> list[dict[str, Any]]:
    """Write `items`, unique by `keys`; returns the rows really written: `made` tells new from changed.

    `columns` maps each column to its type; those in `once` are set at insertion only; `change=False` never updates,
    and `guard` is a condition on `t` and `excluded` under which alone a row is changed.
    Table and column names come from our own code, values travel as one JSON parameter.
    """
    if not items:
        return []
    names = ", ".join(columns)
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    mutable = [name for name in columns if name not in keys and name not in once]
    action = "do nothing"
    if change and mutable:
        settings = ", ".join(f"{name} = excluded.{name}" for name in mutable)
        ours = ", ".join(f"t.{name}" for name in mutable)
        theirs = ", ".join(f"excluded.{name}" for name in mutable)
        action = f"do update set {settings} where ({ours}) is distinct from ({theirs})"
        action += f" and {guard}" if guard else ""
    extra = "".join(f", t.{name.strip()}" for name in returning.split(",") if name.strip())
    found = await rows(
        connection,
        f"insert into {table} as t ({names}) select {names} from jsonb_to_recordset(%s::jsonb) as g ({definition})"  # noqa: S608 - names of ours, values are parameters
        f" order by {', '.join(keys)} on conflict ({', '.join(keys)}) {action} returning t.xmax = 0 as made{extra}",
        (as_json(items),),
    )
    return [dict(row) for row in found]


async def compare(
    connection: Connection,
    table: str,
    keys: Sequence[str],
    columns: Mapping[str, str],
    items: Sequence[Mapping[str, Any]],
    *,
    identity: str = "id",
) -> tuple[list[Any], list[int], list[int]]:
    """Hold `items` against a table, writing nothing.

    Returns the identities of the rows found, and the indexes of items whose row is absent and of those whose row
    differs. The first of `keys` is never null and has an index.
    """
    if not items:
        return [], [], []
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    first, *others = keys
    same = "".join(f" and t.{name} is not distinct from g.{name}" for name in others)
    rest = [name for name in columns if name not in keys]
    ours, theirs = (", ".join(f"{alias}.{name}" for name in rest) for alias in "tg")
    differs = f"({ours}) is distinct from ({theirs})"
    found = await one(
        connection,
        f"select coalesce(array_agg(t.{identity}) filter (where t.{identity} is not null), '{{}}') as seen,"  # noqa: S608 - names of ours, values are parameters
        f" coalesce(array_agg(g.n - 1) filter (where t.{identity} is null), '{{}}') as absent,"
        f" coalesce(array_agg(g.n - 1) filter (where t.{identity} is not null and {differs}),"
        f" '{{}}') as differing from rows from (jsonb_to_recordset(%s::jsonb) as ({definition})) with ordinality"
        f" as g ({', '.join(columns)}, n) left join {table} t on t.{first} = g.{first}{same}",
        (as_json(items),),
    )
    return (found["seen"], found["absent"], found["differing"]) if found else ([], [], [])

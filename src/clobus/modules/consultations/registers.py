"""What 1C's registers tell of requests: moves, calls, ratings, and the days on which managers take no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clobus.core.db import Connection, as_json, rows, run
from clobus.core.events import Event, Origin, publish
from clobus.core.upsert import upsert
from clobus.modules.consultations import ratings

REDATE = {
    "cons_key": "uuid", "clients_key": "uuid", "manager_key": "uuid", "period": "timestamptz",
    "old_date": "timestamptz", "new_date": "timestamptz", "comment": "text",
}  # fmt: skip
CALL = {"cons_key": "uuid", "period": "timestamptz", "client_key": "uuid", "manager": "uuid"}
RATING = {
    "cons_key": "uuid", "manager_key": "uuid", "question_number": "integer", "client_key": "uuid", "rating": "smallint",
    "question_text": "text", "comment": "text", "sent_to_base": "boolean", "rating_date": "timestamptz",
}  # fmt: skip
Items = Sequence[Mapping[str, Any]]


async def keep_redates(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Add moves that are new; the newest is shown on the request, in the business's local time."""
    keys = ["cons_key", "clients_key", "manager_key", "period"]
    unique = _unique(items, keys)
    written = await upsert(connection, "cons.cons_redate", keys, REDATE, unique, change=False)
    moved = sorted({item["cons_key"] for item in unique})  # also those whose request came later than its move
    found = await rows(
        connection,
        "update cons.cons c set redate = l.at::date, redate_time = l.at::time, updated_at = now()"
        " from (select distinct on (cons_key) cons_key, new_date at time zone 'Asia/Tashkent' as at, new_date,"
        " old_date from cons.cons_redate where cons_key = any(%s) order by cons_key, period desc) l"
        " where c.cl_ref_key = l.cons_key and (c.redate, c.redate_time) is distinct from (l.at::date, l.at::time)"
        " returning c.cons_id, l.old_date, l.new_date",
        (moved,),
    )
    if not backfill:
        await publish(
            connection,
            [
                Event(
                    "Rescheduled", row["cons_id"], Origin.ONEC, changes={"redate": (row["old_date"], row["new_date"])}
                )
                for row in found
            ],
        )
    return len(written), 0


async def keep_calls(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Add calls that are new."""
    keys = ["cons_key", "period", "manager"]
    written = await upsert(connection, "cons.calls", keys, CALL, _unique(items, keys), change=False)
    touched = sorted({item["cons_key"] for item in items})
    found = await rows(
        connection,
        "update cons.cons c set con_calls = l.calls from (select cons_key, jsonb_agg(jsonb_build_object('period',"
        " period, 'manager', manager) order by period) as calls from cons.calls where cons_key = any(%s)"
        " group by 1) l where c.cl_ref_key = l.cons_key and c.con_calls is distinct from l.calls returning c.cons_id",
        (touched,),
    )
    if not backfill:
        await publish(connection, [Event("Called", row["cons_id"], Origin.ONEC) for row in found])
    return len(written), 0


async def keep_ratings(connection: Connection, items: Items, *, backfill: bool) -> tuple[int, int]:
    """Keep answers of ratings and the aggregate on the request (domain.md §9)."""
    keys = ["cons_key", "manager_key", "question_number"]
    written = await upsert(connection, "cons.cons_rating_answers", keys, RATING, _unique(items, keys))
    changed = await ratings.aggregate(connection, sorted({item["cons_key"] for item in items}))
    if not backfill:
        await publish(connection, [Event("Rated", cons_id, Origin.ONEC) for cons_id in changed])
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def keep_closings(connection: Connection, items: Items) -> tuple[int, int]:
    """Keep the closed days; a row that says "open again" removes its day. The last word of a batch counts."""
    latest = _unique(items, ["period", "manager_key"])
    data = as_json([item for item in latest if item["closed"]])
    made = await run(
        connection,
        "insert into cons.queue_closing (period, manager_key) select period, manager_key from"
        " jsonb_to_recordset(%s::jsonb) as g (period timestamptz, manager_key uuid) on conflict do nothing",
        (data,),
    )
    opened = as_json([item for item in latest if not item["closed"]])
    gone = await run(
        connection,
        "delete from cons.queue_closing q using jsonb_to_recordset(%s::jsonb)"
        " as g (period timestamptz, manager_key uuid) where (q.period, q.manager_key) = (g.period, g.manager_key)",
        (opened,),
    )
    return made, gone


def _unique(items: Items, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    return list({tuple(item[key] for key in keys): item for item in items}.values())

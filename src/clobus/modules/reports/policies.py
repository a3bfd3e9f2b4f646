"""What clients are promised: how soon a request is answered and closed, in working time, by kind and importance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clobus.core.db import Connection, as_json, rows, run
from clobus.modules.reports import recounting

recount = recounting.state


async def listed(connection: Connection) -> list[dict[str, Any]]:
    """All promises; importance None stands for each that has no row of its own."""
    found = await rows(
        connection,
        "select kind, importance, first_seconds, closing_seconds from rep.sla_policies"
        " order by kind, importance nulls first",
    )
    return [dict(row) for row in found]


async def replace(connection: Connection, promises: Sequence[dict[str, Any]], by: str) -> None:
    """Promise these and nothing else, of all requests ever made: they are counted anew in the background."""
    await run(connection, "delete from rep.sla_policies")
    await run(
        connection,
        "insert into rep.sla_policies (kind, importance, first_seconds, closing_seconds) select * from"
        " jsonb_to_recordset(%s::jsonb) as p (kind text, importance smallint, first_seconds integer,"
        " closing_seconds integer)",
        (as_json(list(promises)),),
    )
    await recounting.ask(connection, by)

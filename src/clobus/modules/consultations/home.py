"""What a client sees first: how many of his requests go on, what comes next, what waits for his word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.modules.consultations.ratings import UNRATED
from clobus.modules.consultations.reading import FIELDS, FROM, Filters, Scope, page
from clobus.modules.consultations.types import TERMINAL, Status

GOING = tuple(status for status in Status if status not in TERMINAL)
DONE = (Status.CLOSED, Status.RESOLVED)
ASKED = timedelta(days=30)
"""So long after its end a consultation is still asked about here, and so long a word in a talk is news."""
HOUR = timedelta(hours=1)
"""So long after its moment a consultation still counts as the next one: it is going on."""
MANY, FEW, ASK = 10, 5, 3
TO_RATE = f"{UNRATED} and c.end_date > %(asked)s"
# Who spoke last on the newest requests: words are Chatwoot's, so only the side and the moment stand here.
SPOKEN = """
select c.cons_id::text, c.number, left(c.comment, 300) as comment, c.status,
       case m.direction when 'in' then 'client' else 'desk' end as side, m.created_at as at
from (select c.cons_id, c.number, c.comment, c.status from cons.cons c where {scope}
      order by c.create_date desc, c.cons_id desc limit 100) c
join lateral (select s.direction, s.created_at from cons.messages s
              where s.cons_id = c.cons_id and s.direction <> 'note' and s.via <> 'platform'
                and s.created_at > %(asked)s order by s.message_id desc limit 1) m on true
order by m.created_at desc, c.cons_id limit %(few)s
"""


async def shown(connection: Connection, scope: Scope, *, rates: bool) -> dict[str, Any]:
    """All of it for the requests of a scope; `rates`: whether the reader may rate, and is asked to."""
    now = clock.now()
    given = {**scope.params, "asked": now - ASKED, "since": now - HOUR, "few": FEW, "ask": ASK}
    counts = await one(
        connection,
        f"select count(*) filter (where c.status = any(%(going)s)) as going,"  # noqa: S608 - names of ours, values are parameters
        f" count(*) filter (where c.status = any(%(done)s)) as done, count(*) filter (where {TO_RATE}) as unrated"
        f" from cons.cons c where {scope.sql}",
        {**given, "going": list(GOING), "done": list(DONE)},
    )
    following = await one(
        connection,
        f"select {FIELDS}{FROM} where {scope.sql} and c.status = any(%(going)s) and c.start_date > %(since)s"  # noqa: S608 - as above
        " order by c.start_date, c.cons_id limit 1",
        {**given, "going": list(GOING)},
    )
    unrated = await rows(
        connection,
        f"select {FIELDS}{FROM} where {scope.sql} and {TO_RATE} order by c.end_date desc, c.cons_id limit %(ask)s",  # noqa: S608 - as above
        given,
    )
    going, _ = await page(connection, scope, Filters(status=GOING), limit=MANY)
    latest, _ = await page(connection, scope, Filters(status=DONE), limit=FEW)
    told = {"going": 0, "done": 0, "unrated": 0} | (dict(counts) if counts else {})
    return {
        "counts": told if rates else told | {"unrated": 0},
        "next": dict(following) if following else None,
        "going": going, "latest": latest,
        "unrated": [dict(row) for row in unrated] if rates else [],
        "messages": [dict(row) for row in await rows(connection, SPOKEN.format(scope=scope.sql), given)],
    }  # fmt: skip

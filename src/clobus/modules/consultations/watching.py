"""Which live topics a caller may watch, whom a change concerns, and what somebody missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from clobus.core.db import Connection, one, rows
from clobus.core.live import Change

OWN = "(select client_id from cons.clients where client_id = any(%(own)s) or parent_id = any(%(own)s))"
MARGIN = "5 minutes"
"""A transaction may commit after one with higher event numbers: this far back is looked besides. Longer ones renew."""


def parse(topic: str) -> tuple[str, UUID] | None:
    """Kind and id of `consultation:<id>` or `client:<id>`; None for anything else."""
    kind, _, number = topic.partition(":")
    if kind not in ("consultation", "client"):
        return None
    try:
        return kind, UUID(number)
    except ValueError:
        return None


async def allowed(connection: Connection, topics: Collection[str], own: Collection[UUID] | None) -> set[str]:
    """Those of the topics that exist for a caller who speaks for the clients `own`; None: for everybody."""
    asked = {topic: what for topic in topics if (what := parse(topic))}
    params = {
        "requests": [id_ for kind, id_ in asked.values() if kind == "consultation"],
        "clients": [id_ for kind, id_ in asked.values() if kind == "client"],
        "own": list(own or ()), "all": own is None,
    }  # fmt: skip
    found = await rows(
        connection,
        f"select 'consultation' as kind, cons_id as id from cons.cons where cons_id = any(%(requests)s)"  # noqa: S608 - a constant of ours
        f" and (%(all)s or client_id in {OWN}) union all select 'client', client_id from cons.clients"
        f" where client_id = any(%(clients)s) and (%(all)s or client_id in {OWN})",
        params,
    )
    seen = {(row["kind"], row["id"]) for row in found}
    return {topic for topic, what in asked.items() if what in seen}


async def newest(connection: Connection, requests: Sequence[UUID]) -> list[Change]:
    """The newest event of each request, its client and the client's owner."""
    found = await rows(
        connection,
        "select c.cons_id, e.id, array_remove(array[c.client_id, k.parent_id], null) as clients from cons.cons c"
        " left join cons.clients k using (client_id) cross join lateral (select max(id) as id from log.events"
        " where cons_id = c.cons_id) e where c.cons_id = any(%s) and e.id is not null",
        (list(requests),),
    )
    return [Change(row["cons_id"], row["id"], row["clients"]) for row in found]


async def missed(connection: Connection, topics: Collection[str], last: int) -> dict[str, int] | None:
    """Topics that changed since event `last`, with their newest event; None when that is too long ago to tell.

    A topic may be named that did not change: a page that reads once too often loses nothing.
    """
    since = await one(connection, f"select at - interval '{MARGIN}' as at from log.events where id = %s", (last,))  # noqa: S608 - a constant of ours
    if since is None:
        return None
    asked = {topic: what for topic in topics if (what := parse(topic))}
    found = await rows(
        connection,
        "select 'consultation:' || e.cons_id as topic, max(e.id) as event from log.events e"
        " where e.cons_id = any(%(requests)s) and (e.id > %(last)s or e.at > %(at)s) group by 1 union all"
        " select 'client:' || w.id, max(e.id) from unnest(%(clients)s::uuid[]) as w (id)"
        " join cons.clients k on k.client_id = w.id or k.parent_id = w.id join cons.cons c on c.client_id = k.client_id"
        " join log.events e on e.cons_id = c.cons_id where e.id > %(last)s or e.at > %(at)s group by 1 union all"
        " select 'desk', max(e.id) from log.events e where e.id >= %(last)s",
        {
            "requests": [id_ for kind, id_ in asked.values() if kind == "consultation"],
            "clients": [id_ for kind, id_ in asked.values() if kind == "client"],
            "last": last, "at": since["at"],
        },
    )  # fmt: skip
    return {row["topic"]: row["event"] for row in found if row["topic"] in topics and row["event"] is not None}

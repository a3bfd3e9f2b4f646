"""A client is asked for a rating when his consultation is over: once, or again when he never answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import DictRow

from clobus.core import clock
from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, rows, run
from clobus.core.events import Event, Origin, publish
from clobus.modules.accounts import links
from clobus.modules.consultations import queries, ratings
from clobus.modules.consultations.ratings import MARKS, UNRATED, Answer, Rater
from clobus.modules.consultations.types import Kind, Row, Status
from clobus.modules.notifications import service as notifications

OLD = timedelta(days=7)
"""What ended so long ago is history: nobody is asked about it."""
BATCH = 100
RATED = (Status.CLOSED, Status.RESOLVED)
State = Literal["open", "used", "expired", "unfinished", "unknown"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How clients are asked: where the page of links is, how long a link holds, whether Chatwoot asks by itself."""

    base_url: str
    link_seconds: float
    csat: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link stands for; without a request when it is unknown."""

    state: State
    row: Row | None = None


async def on_events(connection: Connection, events: Sequence[Event]) -> None:
    """Queue the question when a consultation is over; take it back while it waits, when it goes on."""
    closed = [event.cons_id for event in events if event.cons_id is not None and event.name == "Closed"]
    if closed:
        await run(
            connection,
            "insert into cons.rating_requests as r (cons_id, due_at) select c.cons_id, now() from cons.cons c"  # noqa: S608 - a condition of ours
            f" where c.cons_id = any(%s) and {UNRATED} and c.end_date > %s order by c.cons_id"
            " on conflict (cons_id) do update set due_at = excluded.due_at where r.answered_at is null",
            (closed, clock.now() - OLD),
        )
    opened = [
        event.cons_id for event in events if event.cons_id is not None and event.name in ("Reopened", "Cancelled")
    ]
    if opened:
        await run(
            connection, "update cons.rating_requests set due_at = null where cons_id = any(%s) and due_at is not null",
            (opened,),
        )  # fmt: skip


async def ask(connection: Connection, rules: Rules) -> int:
    """Ask for what is due; returns how many were asked. A link that was sent before ends.

    The request is locked with its question, as whoever rates it locks it first: who waits for nobody can't deadlock.
    """
    found = await rows(
        connection,
        "select r.cons_id, r.asks, c.lang, c.status, c.consultation_type as kind from cons.rating_requests r"
        " join cons.cons c using (cons_id) where r.due_at <= now() order by r.due_at limit %s"
        " for update of r, c skip locked",
        (BATCH,),
    )
    asked = [row for row in found if Status(row["status"]) in RATED]
    for row in asked:
        await _ask(connection, row, rules)
    await run(
        connection,
        "update cons.rating_requests set due_at = null where cons_id = any(%s)",
        ([row["cons_id"] for row in found],),
    )
    await publish(
        connection,
        # The link stands in no log, so its message is queued here and not by the event.
        [Event("RatingAsked", row["cons_id"], Origin.PLATFORM, changes={"link": (None, True)}) for row in asked],
    )
    return len(asked)


async def _ask(connection: Connection, row: DictRow, rules: Rules) -> None:
    cons_id = row["cons_id"]
    await links.revoke(connection, links.RATE, cons_id)
    token = await links.make(connection, links.RATE, cons_id, rules.link_seconds)
    await run(
        connection,
        "update cons.rating_requests set asked_at = now(), asks = asks + 1, token_hash = %s where cons_id = %s",
        (hash_token(token), cons_id),
    )
    buttons = [[{"text": "⭐" * mark, "data": f"r:{cons_id.hex}:{mark}"} for mark in MARKS]]
    # Chatwoot puts its own question into the conversation of a support request.
    await notifications.notify(
        connection, type="rating_ask", cons_id=cons_id, language=row["lang"], key=f"ask-{row['asks'] + 1}",
        params={"url": f"{rules.base_url.rstrip('/')}/rate/{token}", "buttons": buttons},
        beside=rules.csat and row["kind"] == Kind.SUPPORT.value,
    )  # fmt: skip


async def invitation(connection: Connection, token: str) -> Invitation:
    """What a link stands for now, without using it up."""
    known = await one(
        connection,
        "select r.cons_id, r.answered_at from cons.rating_requests r where r.token_hash = %s",
        (hash_token(token),),
    )
    if known is None:
        return Invitation("unknown")
    [row] = await queries.select(connection, "c.cons_id = %s", (known["cons_id"],))
    if known["answered_at"] is not None:
        return Invitation("used", row)
    if await links.peek(connection, links.RATE, token) is None:
        return Invitation("expired", row)
    return Invitation("open" if row.status in RATED else "unfinished", row)


async def answer(connection: Connection, token: str, answers: Sequence[Answer]) -> Mapping[str, Any] | None:
    """Use a link up with the answers; None when somebody was quicker, or it holds no more.

    Raises what `ratings.give` raises: with its transaction undone the link holds on.
    """
    cons_id: UUID | None = await links.peek(connection, links.RATE, token)
    if cons_id is None:
        return None
    row = await ratings.locked(connection, cons_id)  # before the link, as whoever asks anew does
    if await links.use(connection, links.RATE, token) is None:
        return None
    rater = Rater(ratings.client_of(row), "link", "link")
    return await ratings.give(connection, row, answers, rater, clock.now())

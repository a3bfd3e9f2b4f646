"""What clients think of a consultation: answers, and the aggregate that the request shows (domain.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound
from clobus.core.events import Event, Origin, publish
from clobus.core.upsert import upsert
from clobus.modules.consultations import policy, queries
from clobus.modules.consultations.types import Row

COLUMNS = {
    "cons_key": "uuid", "manager_key": "uuid", "question_number": "integer", "client_key": "uuid", "rating": "smallint",
    "question_text": "text", "comment": "text", "rating_date": "timestamptz",
}  # fmt: skip
KEYS = ["cons_key", "manager_key", "question_number"]
NOTHING: dict[str, Any] = {"average": None, "count": 0, "answers": []}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a mark from 1 to 5 (None: only a comment) for a question by its number."""

    question_number: int
    rating: int | None
    question: str | None = None
    comment: str | None = None
    manager_key: UUID | None = None


def key_of(row: Row) -> UUID:
    """Under which key answers are kept: the document's; a support request has none, so its own id."""
    return row.cl_ref_key or row.cons_id


async def give(
    connection: Connection, row: Row, answers: Sequence[Answer], by: str, at: datetime, *, origin: Origin = Origin.API
) -> dict[str, Any]:
    """Keep the answers of a locked request that has ended with a consultation, and give the aggregate.

    An answer to the same question about the same manager replaces the earlier one. Publishes Rated when the aggregate
    changed; Conflict for a request that was not closed.
    """
    policy.ensure_may_rate(row.status)
    items = {
        (answer.manager_key or row.manager, answer.question_number): {
            "cons_key": key_of(row), "manager_key": answer.manager_key or row.manager,
            "question_number": answer.question_number, "client_key": row.client_key, "rating": answer.rating,
            "question_text": answer.question, "comment": answer.comment, "rating_date": at.replace(microsecond=0),
        }
        for answer in answers
    }  # fmt: skip
    before = await of_request(connection, row.cons_id)
    await upsert(connection, "cons.cons_rating_answers", KEYS, COLUMNS, list(items.values()))
    changed = await aggregate(connection, [key_of(row)])
    after = await of_request(connection, row.cons_id)
    if changed:
        changes = {"average": (before["average"], after["average"]), "count": (before["count"], after["count"])}
        await publish(connection, [Event("Rated", row.cons_id, origin, by, changes)])
    return after


async def aggregate(connection: Connection, keys: Sequence[UUID]) -> list[UUID]:
    """Show the average and the answers on the requests of these keys; gives the requests that changed."""
    found = await rows(
        connection,
        "update cons.cons c set con_rates = l.rates, updated_at = now() from (select cons_key,"
        " jsonb_build_object('average', round(avg(rating), 2), 'count', count(rating), 'answers',"
        " jsonb_agg(jsonb_build_object('question_number', question_number, 'rating', rating, 'question',"
        " question_text, 'comment', comment, 'manager_key', manager_key) order by question_number, manager_key))"
        " as rates from cons.cons_rating_answers where cons_key = any(%(keys)s) group by 1) l"
        " where (c.cl_ref_key = l.cons_key or (c.cons_id = l.cons_key and c.cl_ref_key is null))"
        " and c.con_rates is distinct from l.rates returning c.cons_id",
        {"keys": list(keys)},
    )
    return [row["cons_id"] for row in found]


async def of_request(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """The aggregate of a request: `{average, count, answers}`, empty when nobody has rated it."""
    found = await one(connection, "select con_rates from cons.cons where cons_id = %s", (cons_id,))
    return dict(found["con_rates"]) if found and found["con_rates"] else dict(NOTHING)


async def rate(connection: Connection, cons_id: UUID, answers: Sequence[Answer], by: str) -> dict[str, Any]:
    """`give` for a request by its id, which is locked first; NotFound when there is none."""
    found = await queries.select(connection, "c.cons_id = %s", (cons_id,), lock=True)
    if not found:
        raise NotFound("consultation.unknown")
    return await give(connection, found[0], answers, by, clock.now())

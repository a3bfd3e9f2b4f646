"""What clients think of a consultation: answers, and the aggregate that the request shows (domain.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from clobus.core import clock, outbox
from clobus.core.db import Connection, as_json, one, rows, run
from clobus.core.errors import Conflict, Invalid, NotFound
from clobus.core.events import Event, Origin, publish
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import policy, queries
from clobus.modules.consultations.types import Row
from clobus.modules.knowledge import rating_questions

SUBJECT = "rating"
"""The kind under which the outbox names a request whose answers 1C lacks."""
NOTHING: dict[str, Any] = {"average": None, "count": 0, "answers": []}
CHANGEABLE = timedelta(days=7)
"""How long the same person may think better of it."""
COMMENT = 1000
MARKS = range(1, 6)
UNRATED = "c.status in ('closed', 'resolved') and not c.denied and coalesce((c.con_rates ->> 'count')::integer, 0) = 0"
"""A condition on `cons.cons c`: it ended with a consultation that has no mark yet."""
Via = Literal["link", "telegram", "api", "chatwoot"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a mark from 1 to 5 (None: only a comment) for a question by its number."""

    question_number: int
    rating: int | None
    question: str | None = None
    comment: str | None = None
    manager_key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rater:
    """Who answers: `person` is the same for the same one, by whatever way he comes twice; `actor` is for the audit."""

    person: str
    via: Via
    actor: str
    origin: Origin = Origin.API


@dataclass(frozen=True, slots=True)
class Aggregated:
    """A request whose aggregate changed."""

    cons_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]

    def event(self, origin: Origin, actor: str | None = None) -> Event:
        """Rated when marks changed; Changed when only what stands beside them did."""
        names = [name for name in ("average", "count") if self.before[name] != self.after[name]]
        if not names:
            return Event("Changed", self.cons_id, origin, actor, {"con_rates": (None, "comment")})
        return Event("Rated", self.cons_id, origin, actor, {n: (self.before[n], self.after[n]) for n in names})


def client_of(row: Row) -> str:
    """The person of whoever speaks for a request's client on the site: its key, its session, its link."""
    return f"client:{row.client_id}"


def key_of(row: Row) -> UUID:
    """Under which key answers are kept: the document's; a support request has none, so its own id."""
    return row.cl_ref_key or row.cons_id


async def give(
    connection: Connection, row: Row, answers: Sequence[Answer], rater: Rater, at: datetime
) -> dict[str, Any]:
    """Keep the answers of a locked request that has ended with a consultation, and give the aggregate.

    A request has one set of answers: the same person changes his within a week. Publishes Rated when marks changed,
    and lets 1C's register be told. Conflict for a request that was not closed, or that is rated already; Invalid for a
    mark that is none.
    """
    policy.ensure_may_rate(row.status)
    if any(answer.rating is not None and answer.rating not in MARKS for answer in answers):
        raise Invalid("consultation.mark")
    await _ensure_may_answer(connection, row, rater, at)
    await run(
        connection,  # what was answered before 1C gave the document its key
        "update cons.cons_rating_answers set cons_key = %s where cons_id = %s and cons_key <> %s",
        (key_of(row), row.cons_id, key_of(row)),
    )
    items = await _items(connection, row, answers, at.replace(microsecond=0))
    written = await _write(connection, items)
    await run(
        connection,
        "insert into cons.rating_requests as r (cons_id, answered_at, answered_by, via) values (%s, %s, %s, %s)"
        " on conflict (cons_id) do update set due_at = null, answered_at = coalesce(r.answered_at,"
        " excluded.answered_at), answered_by = coalesce(r.answered_by, excluded.answered_by),"
        " via = coalesce(r.via, excluded.via)",
        (row.cons_id, at, rater.person, rater.via),
    )
    changed = await aggregate(connection, [key_of(row)])
    await publish(connection, [one_.event(rater.origin, rater.actor) for one_ in changed])
    if written and not row.is_support:
        await outbox.touch(connection, "onec", SUBJECT, [row.cons_id])
    return changed[0].after if changed else await of_request(connection, row.cons_id)


async def _ensure_may_answer(connection: Connection, row: Row, rater: Rater, at: datetime) -> None:
    """One set a request: whose it is may change it for a week."""
    known = await one(
        connection,
        "select answered_at, answered_by from cons.rating_requests where cons_id = %s and answered_at is not null",
        (row.cons_id,),
    )
    if known is not None:
        if known["answered_by"] != rater.person or at - known["answered_at"] > CHANGEABLE:
            raise Conflict("consultation.rated")
        return
    elsewhere = await one(
        connection,
        "select 1 from cons.cons_rating_answers where cons_key = %s and cons_id is null and rating is not null limit 1",
        (key_of(row),),
    )
    if elsewhere is not None:
        raise Conflict("consultation.rated")


async def _items(connection: Connection, row: Row, answers: Sequence[Answer], at: datetime) -> list[dict[str, Any]]:
    """The answers as rows, one a question and manager; the last word about each counts."""
    texts = await rating_questions.texts(connection, row.lang)
    kept = await rows(
        connection,
        "select question_number, manager_key from cons.cons_rating_answers where cons_id = %s order by id",
        (row.cons_id,),
    )
    ours: dict[int, UUID | None] = {one_["question_number"]: one_["manager_key"] for one_ in kept}
    named = [answer.manager_key for answer in answers if answer.manager_key is not None]
    known = {
        one_["cl_ref_key"]
        for one_ in await rows(connection, "select cl_ref_key from cons.users where cl_ref_key = any(%s)", (named,))
    }
    # 1C takes no record without a manager (domain.md §2.6).
    usual = row.manager or (None if row.is_support else UNDEFINED_MANAGER)
    items: dict[tuple[UUID | None, int], dict[str, Any]] = {}
    for answer in answers:
        number = answer.question_number
        manager = answer.manager_key if answer.manager_key in known else ours.get(number, usual)
        items[manager, number] = {
            "cons_id": row.cons_id, "cons_key": key_of(row), "manager_key": manager, "question_number": number,
            "client_key": row.client_key, "rating": answer.rating,
            "question_text": answer.question or texts.get(number), "comment": _clean(answer.comment),
            "rating_date": at, "period": at,
        }  # fmt: skip
    return list(items.values())


def _clean(comment: str | None) -> str | None:
    """A comment as 1C gives it back."""
    return (comment or "").replace("\x00", "").replace("\r\n", "\n").strip()[:COMMENT] or None


async def _write(connection: Connection, items: Sequence[dict[str, Any]]) -> int:
    """Write answers; returns how many are new or other than before. A comment that is not given stays."""
    return await run(
        connection,
        "insert into cons.cons_rating_answers as t (cons_id, cons_key, manager_key, question_number, client_key,"
        " rating, question_text, comment, rating_date, period, version) select g.cons_id, g.cons_key, g.manager_key,"
        " g.question_number, g.client_key, g.rating, g.question_text, g.comment, g.rating_date, g.period, 1"
        " from jsonb_to_recordset(%s::jsonb) as g (cons_id uuid, cons_key uuid, manager_key uuid,"
        " question_number integer, client_key uuid, rating smallint, question_text text, comment text,"
        " rating_date timestamptz, period timestamptz) order by g.manager_key, g.question_number"
        " on conflict (cons_key, manager_key, question_number) do update set cons_id = excluded.cons_id,"
        " rating = coalesce(excluded.rating, t.rating), comment = coalesce(excluded.comment, t.comment),"
        " question_text = coalesce(t.question_text, excluded.question_text), rating_date = excluded.rating_date,"
        " period = coalesce(t.period, excluded.period), version = t.version + 1, updated_at = now()"
        " where (t.rating, t.comment) is distinct from"
        " (coalesce(excluded.rating, t.rating), coalesce(excluded.comment, t.comment))",
        (as_json(items),),
    )


async def aggregate(connection: Connection, keys: Sequence[UUID], *, news: bool = True) -> list[Aggregated]:
    """Show the average and the answers on the requests of these keys; gives the requests that changed.

    `news` is False for history, of which Chatwoot is not told.
    """
    found = await rows(
        connection,
        "update cons.cons c set con_rates = l.rates, updated_at = now(),"
        " rated_at = case when %(news)s then now() else c.rated_at end from (select cons_key,"
        " jsonb_build_object('average', round(avg(rating), 2), 'count', count(rating), 'answers',"
        " jsonb_agg(jsonb_build_object('question_number', question_number, 'rating', rating, 'question',"
        " question_text, 'comment', comment, 'manager_key', manager_key) order by question_number, manager_key))"
        " as rates from cons.cons_rating_answers where cons_key = any(%(keys)s) group by 1) l, cons.cons b"
        " where (c.cl_ref_key = l.cons_key or (c.cons_id = l.cons_key and c.cl_ref_key is null))"
        " and b.cons_id = c.cons_id and c.con_rates is distinct from l.rates"
        " returning c.cons_id, b.con_rates as before, c.con_rates as after",
        {"keys": list(keys), "news": news},
    )
    return [Aggregated(row["cons_id"], row["before"] or NOTHING, row["after"]) for row in found]


async def of_request(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """The aggregate of a request: `{average, count, answers}`, empty when nobody has rated it."""
    found = await one(connection, "select con_rates from cons.cons where cons_id = %s", (cons_id,))
    return dict(found["con_rates"]) if found and found["con_rates"] else dict(NOTHING)


async def locked(connection: Connection, cons_id: UUID) -> Row:
    """A request by its id, locked; NotFound when there is none."""
    found = await queries.select(connection, "c.cons_id = %s", (cons_id,), lock=True)
    if not found:
        raise NotFound("consultation.unknown")
    return found[0]


async def rate(connection: Connection, cons_id: UUID, answers: Sequence[Answer], by: str) -> dict[str, Any]:
    """`give` for whoever speaks for the client over the API."""
    row = await locked(connection, cons_id)
    return await give(connection, row, answers, Rater(client_of(row), "api", by), clock.now())

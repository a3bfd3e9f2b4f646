"""Answers on their way into 1C's register, and how what comes back from it meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core import clock, outbox
from clobus.core.db import Connection, as_json, rows, run
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import queries
from clobus.modules.consultations.ratings import SUBJECT
from clobus.modules.consultations.types import Row

STANDS = "t.version <= t.sent_version and (t.cons_id is null or coalesce(excluded.rating_date >= t.rating_date, true))"
"""When a record of 1C may replace our row: not while 1C has yet to hear of ours, nor by a picture that is older."""


@dataclass(frozen=True, slots=True)
class Due:
    """An answer that 1C's register does not have, or has otherwise."""

    id: int
    version: int
    manager_key: UUID
    question_number: int
    rating: int | None
    question: str | None
    comment: str | None
    period: datetime
    rating_date: datetime


async def wake(connection: Connection, cons_id: UUID) -> None:
    """Let the register be told of answers that were given before 1C had the request."""
    found = await rows(
        connection,
        "select distinct t.cons_id from cons.cons_rating_answers t join cons.cons c using (cons_id)"
        " where t.cons_id = %s and t.version > t.sent_version and c.cl_ref_key is not null",
        (cons_id,),
    )
    await outbox.touch(connection, "onec", SUBJECT, [row["cons_id"] for row in found])


async def settle(connection: Connection, cons_id: UUID) -> tuple[Row, list[Due]] | None:
    """What is to be told of a request, under its final keys; None for support, or while 1C does not have it."""
    found = await queries.select(connection, "c.cons_id = %s", (cons_id,), lock=True)
    if not found or found[0].is_support or found[0].cl_ref_key is None:
        return None
    row = found[0]
    await run(
        connection,
        "update cons.cons_rating_answers set cons_key = %(key)s, client_key = coalesce(%(client)s, client_key),"
        " manager_key = coalesce(manager_key, %(manager)s) where cons_id = %(id)s and cons_key <> %(key)s",
        {"key": row.cl_ref_key, "client": row.client_key, "manager": row.manager or UNDEFINED_MANAGER, "id": cons_id},
    )
    waiting = await rows(
        connection,
        "select id, version, manager_key, question_number, rating, question_text as question, comment, period,"
        " rating_date from cons.cons_rating_answers where cons_id = %s and version > sent_version order by id",
        (cons_id,),
    )
    return row, [Due(**one_) for one_ in waiting]


async def sent(connection: Connection, due: Due, period: datetime | None) -> None:
    """Note that the register shows an answer, under the moment that it shows."""
    await run(
        connection,
        "update cons.cons_rating_answers set sent_version = greatest(sent_version, %s),"
        " period = coalesce(%s, period), sent_to_base = true, updated_at = %s where id = %s",
        (due.version, period, clock.now(), due.id),
    )


async def meet(connection: Connection, items: Sequence[Mapping[str, Any]]) -> None:
    """Before records of 1C are kept: an answer of ours whose manager was changed over there goes by that one now."""
    await run(
        connection,
        "update cons.cons_rating_answers t set manager_key = g.manager_key from jsonb_to_recordset(%s::jsonb)"
        " as g (cons_key uuid, manager_key uuid, question_number integer, period timestamptz)"
        " where t.cons_key = g.cons_key and t.question_number = g.question_number and t.period = g.period"
        " and t.cons_id is not null and t.version <= t.sent_version and t.manager_key is distinct from g.manager_key"
        " and not exists (select 1 from cons.cons_rating_answers o where o.cons_key = g.cons_key"
        " and o.question_number = g.question_number and o.manager_key is not distinct from g.manager_key)",
        (as_json(items),),
    )


async def answered_elsewhere(connection: Connection, ids: Sequence[UUID]) -> None:
    """Nobody is asked any more what 1C knows already."""
    await run(
        connection,
        "insert into cons.rating_requests as r (cons_id, answered_at, answered_by, via)"
        " select id, now(), 'onec', 'onec' from unnest(%s::uuid[]) as id order by id on conflict (cons_id) do update"
        " set due_at = null, answered_at = excluded.answered_at, answered_by = excluded.answered_by,"
        " via = excluded.via where r.answered_at is null",
        (list(ids),),
    )

"""Rows of the operational registers: redates, calls, ratings, closed queues."""

from __future__ import annotations

from typing import Any

from clobus.gateways.onec.entities import Call, QueueClosing, Rating, Redate
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping.text import instant, text


def redate(row: Redate, ctx: Context) -> dict[str, Any]:
    """A move of a consultation to another date."""
    period = instant(row.period, ctx.zone, "the period")
    new = instant(row.new_date, ctx.zone, "the new date")
    if row.consultation_key is None or period is None or new is None:
        raise InvalidRecord("the request, the period or the new date is absent")
    return {
        "cons_key": row.consultation_key, "clients_key": row.client_key, "manager_key": row.manager_key,
        "period": period, "old_date": instant(row.old_date, ctx.zone, "the old date"), "new_date": new,
        "comment": text(row.comment, 5000),
    }  # fmt: skip


def call(row: Call, ctx: Context) -> dict[str, Any]:
    """An attempt to call the client."""
    period = instant(row.period, ctx.zone, "the period")
    if row.consultation_key is None or period is None:
        raise InvalidRecord("the request or the period is absent")
    return {
        "cons_key": row.consultation_key, "period": period, "client_key": row.client_key, "manager": row.manager_key,
    }  # fmt: skip


def rating(row: Rating, ctx: Context) -> dict[str, Any]:
    """One answer of a rating; the date may be empty in old rows."""
    if row.consultation_key is None or row.question_number is None:
        raise InvalidRecord("the request or the number of the question is absent")
    if row.rating is not None and not 0 <= row.rating <= 5:
        raise InvalidRecord("the rating is not between 1 and 5")
    return {
        "cons_key": row.consultation_key, "manager_key": row.manager_key, "question_number": row.question_number,
        "client_key": row.client_key, "rating": row.rating or None, "question_text": text(row.question, 5000),
        "comment": text(row.comment, 5000), "sent_to_base": row.sent_to_base,
        "rating_date": instant(row.rated_at, ctx.zone, "the date of the rating"),
        "period": instant(row.period, ctx.zone, "the period"),
    }  # fmt: skip


def queue_closing(row: QueueClosing, ctx: Context) -> dict[str, Any]:
    """A day on which a manager takes no more."""
    day = instant(row.day[:10] + "T00:00:00" if row.day else None, ctx.zone, "the day")
    if row.manager_key is None or day is None:
        raise InvalidRecord("the manager or the day is absent")
    return {"period": day, "manager_key": row.manager_key, "closed": row.closed}

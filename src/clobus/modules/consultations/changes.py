"""What staff and services may change of a request by hand, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.db import Connection
from clobus.core.errors import Invalid, NotFound, Unprocessable
from clobus.core.events import Event, Origin, publish
from clobus.modules.consultations import moves, policy, queries, service
from clobus.modules.consultations.forms import ChangeIn
from clobus.modules.consultations.moments import in_zone
from clobus.modules.consultations.types import TERMINAL, Actor, Row, Status

TEXTS = ("comment", "topic", "importance")


async def change(
    connection: Connection, cons_id: UUID, given: ChangeIn, rules: moves.Rules, *, actor: Actor, by: str
) -> None:
    """Do what was asked, all of it or nothing: the date first (see `moves.move`), then words, then the status.

    Conflict for an ended request, Unprocessable for a status that its kind does not have or an end without closing.
    """
    named = given.model_fields_set
    if not named:
        raise Invalid("consultation.nothing_to_change")
    row = await _locked(connection, cons_id, given, rules, actor=actor, by=by)
    ended = _end(row, given, rules) if "end_date" in named else None
    await _say(connection, row, given, by)
    if given.status is None:
        return
    policy.ensure_may_set(row.consultation_type, row.status, given.status)
    if given.status is row.status:
        return
    row = await _load(connection, cons_id)
    if given.status is Status.CANCELLED:
        await service.cancel(connection, row, actor_name=by, at=clock.now(), origin=Origin.API)
    elif given.status in TERMINAL:
        at = ended or clock.now()
        await service.close(connection, row, actor=actor, actor_name=by, at=at, origin=Origin.API)
    else:
        await _stage(connection, row, given.status, by)


async def _locked(
    connection: Connection, cons_id: UUID, given: ChangeIn, rules: moves.Rules, *, actor: Actor, by: str
) -> Row:
    """The request, locked and moved when that was asked: the owner's lock comes before the row's."""
    if "start_date" in given.model_fields_set:
        if given.start_date is None:
            raise Unprocessable("consultation.date_required")
        wanted = in_zone(given.start_date, rules.zone).replace(microsecond=0)
        if (await _load(connection, cons_id, lock=False)).start_date != wanted:
            await moves.move(connection, cons_id, wanted, rules, actor=actor, by=by)
    row = await _load(connection, cons_id)
    if row.is_terminal and not (given.model_fields_set == {"status"} and given.status is row.status):
        policy.ensure_open(row.status)
    return row


async def _load(connection: Connection, cons_id: UUID, *, lock: bool = True) -> Row:
    found = (await service.load(connection, [cons_id], lock=lock)).get(cons_id)
    if found is None:
        raise NotFound("consultation.unknown")
    return found


def _end(row: Row, given: ChangeIn, rules: moves.Rules) -> datetime | None:
    """The end that was given: only with closing, and not ahead of now or before the request was made."""
    if given.end_date is None:
        return None
    ended = in_zone(given.end_date, rules.zone)
    if given.status not in (Status.CLOSED, Status.RESOLVED):
        raise Unprocessable("consultation.end_without_closing")
    if not row.create_date <= ended <= clock.now():
        raise Unprocessable("consultation.end_date")
    return ended


async def _say(connection: Connection, row: Row, given: ChangeIn, by: str) -> None:
    columns = {
        name: getattr(given, name)
        for name in TEXTS
        if name in given.model_fields_set and getattr(given, name) != getattr(row, name)
    }
    if not columns:
        return
    write: dict[str, Any] = dict(columns)
    if not row.is_support:
        write["wanted"] = {**row.wanted, **columns}
    await queries.update_columns(connection, {row.cons_id: write})
    # The old and the new text stand in the request and in 1C's history; here only that it was changed.
    changes = {name: (None, value if name == "importance" else None) for name, value in columns.items()}
    await publish(connection, [Event("Changed", row.cons_id, Origin.API, by, changes)])


async def _stage(connection: Connection, row: Row, wanted: Status, by: str) -> None:
    write = {"status": wanted, "wanted": {**row.wanted, "status": wanted.value}}
    await queries.update_columns(connection, {row.cons_id: write})
    changes = {"status": (row.status.value, wanted.value)}
    await publish(connection, [Event("Changed", row.cons_id, Origin.API, by, changes)])


async def take_back(
    connection: Connection, cons_id: UUID, window: timedelta, *, actor: Actor, by: str
) -> None:  # fmt: skip
    """Cancel a request for its client, within the window after it was made; staff are not bound by that.

    Conflict when it has ended, or the window has passed.
    """
    row = await _load(connection, cons_id)
    now = clock.now()
    policy.ensure_may_take_back(row.status, row.end_date, row.create_date, now, window, actor)
    await service.cancel(connection, row, actor_name=by, at=now, origin=Origin.API)

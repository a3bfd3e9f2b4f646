"""Days on which a manager takes no more, as people of the desk set them: ours at once, 1C's register follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock, outbox
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import NotFound, Unprocessable
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import registers

SUBJECT = "closing"
DAYS_AHEAD = 60


@dataclass(frozen=True, slots=True)
class Due:
    """A day that 1C is to show closed or open; `period` is its beginning."""

    wish_id: UUID
    manager_key: UUID
    period: datetime
    closed: bool


async def ask(
    connection: Connection, manager_key: UUID, day: date, *, closed: bool, by: str, zone: ZoneInfo
) -> bool:  # fmt: skip
    """Close a day for a manager or open it again; whether that changed anything.

    NotFound for no manager; Unprocessable for a day that has passed or is too far ahead.
    """
    today = clock.now().astimezone(zone).date()
    if not 0 <= (day - today).days <= DAYS_AHEAD:
        raise Unprocessable("closing.day", {"days": DAYS_AHEAD})
    found = await one(
        connection,
        "select 1 from cons.users where cl_ref_key = %s and not deletion_mark and not invalid and cl_ref_key <> %s",
        (manager_key, UNDEFINED_MANAGER),
    )
    if found is None:
        raise NotFound("manager.unknown")
    period = datetime.combine(day, time(), zone)
    item = {"period": period, "manager_key": manager_key, "closed": closed}
    if not sum(await registers.keep_closings(connection, [item])):
        return False
    made = await one(
        connection,
        "insert into cons.closing_wishes (wish_id, manager_key, day, closed, asked_by) values (%s, %s, %s, %s, %s)"
        " on conflict (manager_key, day) do update set closed = excluded.closed, asked_by = excluded.asked_by,"
        " asked_at = now(), sent_at = null returning wish_id",
        (new_id(), manager_key, day, closed, by),
    )
    if made is not None:
        await outbox.touch(connection, "onec", SUBJECT, [made["wish_id"]])
    return True


async def due(connection: Connection, wish_id: UUID, zone: ZoneInfo) -> Due | None:
    """What 1C is to be told, None when that is done."""
    row = await one(
        connection,
        "select wish_id, manager_key, day, closed from cons.closing_wishes where wish_id = %s and sent_at is null",
        (wish_id,),
    )
    if row is None:
        return None
    return Due(row["wish_id"], row["manager_key"], datetime.combine(row["day"], time(), zone), row["closed"])


async def sent(connection: Connection, done: Due) -> None:
    """1C shows it so; nothing when somebody wants it otherwise by now."""
    await run(
        connection,
        "update cons.closing_wishes set sent_at = now() where wish_id = %s and closed = %s",
        (done.wish_id, done.closed),
    )


async def standing(
    connection: Connection, items: Sequence[Mapping[str, Any]], zone: ZoneInfo
) -> list[Mapping[str, Any]]:  # fmt: skip
    """What 1C shows, without the days about which it is still to be told."""
    waiting = await rows(
        connection,
        "select day, manager_key from cons.closing_wishes where sent_at is null and manager_key = any(%s)",
        ([item["manager_key"] for item in items],),
    )
    ours = {(row["day"], row["manager_key"]) for row in waiting}
    if not ours:
        return list(items)
    return [item for item in items if (item["period"].astimezone(zone).date(), item["manager_key"]) not in ours]

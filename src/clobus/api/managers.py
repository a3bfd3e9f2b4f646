"""Routes of managers (domain.md §5.5), for staff and services alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.core import clock
from clobus.core.auth import READERS, require
from clobus.modules.consultations import queue, reading

router = APIRouter(prefix="/api/managers", tags=["managers"])
STAFF = Depends(require(*READERS, scope="managers:read"))
LOAD = ("queue_count", "limit", "load_percent", "available_slots")
HOURS = ("start_hour", "end_hour")


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


@router.get("/load", dependencies=[STAFF])
async def load(request: Request) -> Response:
    """Managers with limits: how many wait for each, least loaded first."""
    async with request.app.state.runtime.db.read() as connection:
        return _json(await queue.loads(connection))


@router.get("/available", dependencies=[STAFF])
async def available(
    request: Request,
    category_key: UUID | None = None,
    language: Literal["ru", "uz", "en"] | None = None,
    current_time: datetime | None = None,
    po_section_key: UUID | None = None,
    po_type_key: UUID | None = None,
) -> Response:
    """Who takes accounting requests now, or at `current_time` (without a zone it is local). Skills are by category:
    software is accepted and does not narrow.
    """
    zone = request.app.state.runtime.settings.tz
    at = current_time or clock.now()
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
    async with request.app.state.runtime.db.read() as connection:
        found = await queue.available(connection, at, category_key, language)
    return _json([{name: value for name, value in row.items() if name not in HOURS} for row in found])


@router.get("/consultations/{name}/queue-info", dependencies=[STAFF])
async def queue_info(request: Request, name: str) -> Response:
    """Where a request stands in its manager's queue; nulls when it has no manager or does not wait, 404."""
    async with request.app.state.runtime.db.read() as connection:
        shown = await reading.read(connection, name[:64], None)
        return _json(await queue.place_of(connection, UUID(shown["cons_id"])))


@router.get("/{manager_key}/load", dependencies=[STAFF])
async def load_of(request: Request, manager_key: UUID) -> Response:
    """How loaded one manager is; 404 when there is none."""
    async with request.app.state.runtime.db.read() as connection:
        found = await queue.load_of(connection, manager_key)
    return _json({name: found[name] for name in LOAD})


@router.get("/{manager_key}/wait-time", dependencies=[STAFF])
async def wait_time(
    request: Request,
    manager_key: UUID,
    average_duration_minutes: Annotated[float | None, Query(gt=0, le=480)] = None,
) -> Response:
    """How long a request would wait that came to this manager now, by his own figures of 30 days; 404."""
    async with request.app.state.runtime.db.read() as connection:
        return _json(await queue.wait_of(connection, manager_key, average_duration_minutes))

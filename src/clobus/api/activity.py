"""What happened lately, for people of the staff; and the way to the sandbox page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from clobus.core.auth import READERS, public, require
from clobus.core.db import one, rows
from clobus.core.errors import NotFound

router = APIRouter(tags=["operations"])
STAFF = Depends(require(*READERS, scope="events:read"))


class EventOut(BaseModel):
    """One event: what happened to which request, where it came from."""

    id: int
    name: str
    cons_id: UUID | None
    number: str | None
    origin: str
    at: datetime


class EventsOut(BaseModel):
    """Events, and the newest number there is."""

    items: list[EventOut]
    last: int


@router.get("/api/events", dependencies=[STAFF], response_model=EventsOut)
async def events(
    request: Request,
    after: Annotated[int | None, Query(ge=0, lt=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Events after one, oldest first, or the newest without `after`: `{items, last}`; names and numbers, no texts."""
    order = "desc" if after is None else "asc"
    async with request.app.state.runtime.db.read() as connection:
        found = await rows(
            connection,
            "select e.id, e.name, e.cons_id, c.number, e.origin, e.at from log.events e left join cons.cons c"  # noqa: S608 - one of two words
            f" using (cons_id) where e.id > %s order by e.id {order} limit %s",
            (after or 0, limit),
        )
        newest = await one(connection, "select coalesce(max(id), 0) as id from log.events")
    items = found if after is not None else found[::-1]
    last = items[-1]["id"] if items else max(after or 0, newest["id"] if newest else 0)
    return Response(msgspec.json.encode({"items": items, "last": last}), media_type="application/json")


@router.get("/sandbox", dependencies=[Depends(public())], include_in_schema=False)
async def sandbox(request: Request) -> RedirectResponse:
    """The page of the twins, which is at an address of its own; 404 beside real partners."""
    address = request.app.state.runtime.settings.sandbox_url
    if address is None:
        raise NotFound("http.404")
    return RedirectResponse(str(address))

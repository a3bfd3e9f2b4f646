"""Free days and hours for a consultation, as a page offers them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from clobus.api.answers import problems_of
from clobus.api.replies import answer, move_rules, named, settings_of
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.errors import Invalid
from clobus.modules.clients import service as clients
from clobus.modules.consultations import slots

router = APIRouter(prefix="/api/slots", tags=["consultations"])
Caller = Annotated[Principal, Depends(require(Role.CLIENT, Role.SERVICE, *STAFF, scope="consultations:read"))]


class DayOut(BaseModel):
    """A day with the moments at which a consultation may begin."""

    day: date
    slots: list[datetime]


class SlotsOut(BaseModel):
    """Days with free hours, up to the horizon; a full day is left out."""

    days: list[DayOut]


@router.get("", response_model=SlotsOut, responses=problems_of("client.required", "client.unknown",
                                                               "consultation.unknown"),
            summary="Free days and hours")  # fmt: skip
async def free(
    request: Request, principal: Caller, category: UUID | None = None, language: Literal["uz", "ru", "en"] = "ru",
    client_id: UUID | None = None, moved: str | None = None,
) -> Response:  # fmt: skip
    """When an accounting consultation can be had: hours of the centre in which somebody who suits is free. `moved`
    names a request that is to be moved. Staff and services say for which client.
    """
    rules = move_rules(settings_of(request))
    async with request.app.state.runtime.db.read() as connection:
        client = principal.subject_id if principal.role is Role.CLIENT else client_id
        if client is None:
            raise Invalid("client.required")
        await clients.shown(connection, client, None)
        moving = await named(connection, moved, principal) if moved else None
        found = await slots.free(connection, slots.Wish(client, category, language, moving), rules)
    shown = [
        {"day": day, "slots": [slots.instant(day, hour, rules.zone) for hour in hours]} for day, hours in found.items()
    ]
    return answer({"days": shown})

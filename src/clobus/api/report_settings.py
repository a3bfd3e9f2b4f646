"""Routes of what reports are measured by and of those that are sent by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.replies import answer, settings_of
from clobus.api.report_forms import PromisesIn, PromisesOut, ScheduleIn, ScheduleOut, SchedulesOut
from clobus.core import clock
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.modules.reports import policies, schedules

router = APIRouter(prefix="/api/report-settings", tags=["reports"])
READ = Depends(require(*STAFF, Role.AUDITOR, scope="reports:read"))
SEE = Depends(require(Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR, scope="reports:read"))
Writer = Annotated[Principal, Depends(require(Role.HEAD, Role.ADMINISTRATOR, scope="reports:write"))]


@router.get("/sla", response_model=PromisesOut, dependencies=[READ], summary="Read promises")
async def promises(request: Request) -> Response:
    """How soon requests are answered and closed, by kind and importance, in working seconds."""
    async with request.app.state.runtime.db.read() as connection:
        return answer({"items": await policies.listed(connection), "recount": await policies.recount(connection)})


@router.put("/sla", response_model=PromisesOut, summary="Change promises")
async def promise(request: Request, body: PromisesIn, principal: Writer) -> Response:
    """Promise these and nothing else; all requests are counted anew in the background, `recount` tells how far."""
    async with request.app.state.runtime.db.transaction() as connection:
        before = await policies.listed(connection)
        await policies.replace(connection, [item.model_dump() for item in body.items], principal.id)
        after = await policies.listed(connection)
        await noted(
            connection, request, principal, "sla.changed", "sla", before={"items": before}, after={"items": after}
        )
        return answer({"items": after, "recount": await policies.recount(connection)})


@router.get("/schedules", response_model=SchedulesOut, dependencies=[SEE], summary="List schedules")
async def listed(request: Request) -> Response:
    """Reports that are sent by themselves, and what became of the last of each."""
    async with request.app.state.runtime.db.read() as connection:
        return answer({"items": await schedules.listed(connection, local=_local(request))})


@router.post("/schedules", response_model=ScheduleOut, status_code=201, summary="Make a schedule")
async def make(request: Request, body: ScheduleIn, principal: Writer) -> Response:
    """Let a report be sent by itself."""
    async with request.app.state.runtime.db.transaction() as connection:
        made = await schedules.put(connection, _plain(body), principal.id)
        [shown] = await schedules.listed(connection, made, local=_local(request))
        await noted(connection, request, principal, "schedule.made", str(made), after=_kept(shown))
    return answer(shown, 201)


@router.put(
    "/schedules/{schedule_id}", response_model=ScheduleOut, responses=problems_of("report.schedule"),
    summary="Change a schedule",
)  # fmt: skip
async def change(request: Request, schedule_id: UUID, body: ScheduleIn, principal: Writer) -> Response:
    """Change a schedule as a whole; 404."""
    async with request.app.state.runtime.db.transaction() as connection:
        before = await schedules.listed(connection, schedule_id)
        await schedules.put(connection, _plain(body), principal.id, schedule_id)
        [shown] = await schedules.listed(connection, schedule_id, local=_local(request))
        was, now = _kept(before[0]), _kept(shown)
        await noted(connection, request, principal, "schedule.changed", str(schedule_id), before=was, after=now)
    return answer(shown)


@router.delete(
    "/schedules/{schedule_id}", status_code=204, summary="End a schedule",
    responses=problems_of("report.schedule"),
)  # fmt: skip
async def remove(request: Request, schedule_id: UUID, principal: Writer) -> Response:
    """End a schedule; 404."""
    async with request.app.state.runtime.db.transaction() as connection:
        before = await schedules.listed(connection, schedule_id)
        await schedules.remove(connection, schedule_id)
        await noted(connection, request, principal, "schedule.removed", str(schedule_id), before=_kept(before[0]))
    return Response(status_code=204)


def _local(request: Request) -> datetime:
    return clock.now().astimezone(settings_of(request).tz)


def _kept(shown: dict[str, Any]) -> dict[str, Any]:
    """What the log keeps of a schedule."""
    kept = {name: shown[name] for name in schedules.COLUMNS if name != "schedule_id"}
    return kept | {"at": shown["at"].isoformat("minutes")}


def _plain(body: ScheduleIn) -> dict[str, object]:
    return {**body.model_dump(), "filters": body.filters.model_dump(mode="json", exclude_none=True)}

"""Routes of the desk's console: managers, and the days on which they take no more."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.desk import Reader
from clobus.api.desk_forms import ClosingIn, ManagerOut
from clobus.api.replies import answer, settings_of
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.errors import Forbidden
from clobus.modules.accounts import behind
from clobus.modules.consultations import closings, workload

router = APIRouter(prefix="/api/desk/managers", tags=["desk"])
Closer = Annotated[Principal, Depends(require(*STAFF, scope="desk:write", limit="creates"))]


@router.get("", response_model=list[ManagerOut], summary="Managers")
async def listed(request: Request, principal: Reader) -> Response:
    """Managers with load, hours, languages, skills and closed days, the most loaded first."""
    async with request.app.state.runtime.db.read() as connection:
        own = await behind.manager_of(connection, principal)
        return answer([_shown(row, own) for row in await workload.listed(connection, settings_of(request).tz)])


def _shown(row: dict[str, Any], own: UUID | None) -> dict[str, Any]:
    return {**row, "own": row["manager_key"] == str(own)}


@router.put(
    "/{manager_key}/closings/{day}", response_model=ManagerOut, summary="Close or open a day",
    responses=problems_of("manager.unknown", "closing.day", "auth.role"),
)  # fmt: skip
async def close(
    request: Request, manager_key: UUID, day: date, body: ClosingIn, principal: Closer
) -> Response:  # fmt: skip
    """Say that a manager takes no more on a day, or takes again: counts here at once, 1C's register is told by the next
    push. The head for everybody, a manager for himself. 403, 404, 422.
    """
    zone = settings_of(request).tz
    async with request.app.state.runtime.db.transaction() as connection:
        own = await behind.manager_of(connection, principal)
        if principal.role is Role.MANAGER and own != manager_key:
            raise Forbidden("auth.role")
        changed = await closings.ask(connection, manager_key, day, closed=body.closed, by=principal.id, zone=zone)
        if changed:
            await noted(
                connection, request, principal, "queue.closed" if body.closed else "queue.opened",
                f"{manager_key}/{day}", before={"closed": not body.closed}, after={"closed": body.closed},
            )  # fmt: skip
        [shown] = await workload.listed(connection, zone, manager_key)
    return answer(_shown(shown, own))

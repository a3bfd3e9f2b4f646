"""What people of the staff did by the console is written down with the act itself; and which manager somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request

from clobus.api.identity import actor_of
from clobus.core.auth import Principal
from clobus.core.db import Connection
from clobus.modules.accounts import audit, behind


async def noted(
    connection: Connection, request: Request, principal: Principal, act: str, target: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write an act down in its own transaction: who did what to what, and what it was before and after."""
    await audit.note(connection, actor_of(request, principal), act, target=target, before=before, after=after)


async def manager_of(connection: Connection, principal: Principal) -> UUID | None:
    """The key in 1C of the manager that a caller is; None for a key, and for whoever takes no requests."""
    return await behind.manager_of(connection, principal.person_id) if principal.person_id else None

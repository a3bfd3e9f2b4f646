"""What people of the staff did by the console is written down with the act itself; and which manager somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request

from clobus.core.auth import Principal
from clobus.core.db import Connection
from clobus.core.events import Event, Origin, publish


async def noted(
    connection: Connection, request: Request, principal: Principal, act: str, target: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write an act down in its own transaction: who did what to what, and what it was before and after."""
    del request
    old, new = dict(before or {}), dict(after or {})
    changes = {name: (old.get(name), new.get(name)) for name in {**old, **new}} | {"target": (None, target)}
    await publish(connection, [Event(act, None, Origin.OPERATOR, principal.id, changes)])


async def manager_of(connection: Connection, principal: Principal) -> UUID | None:
    """The key in 1C of the manager that a caller is; None for a key, and for whoever takes no requests."""
    del connection, principal
    return None

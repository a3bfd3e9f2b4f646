"""What people of the staff did by the console is written down with the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from clobus.api.identity import actor_of
from clobus.core.auth import Principal
from clobus.core.db import Connection
from clobus.modules.accounts import audit


async def noted(
    connection: Connection, request: Request, principal: Principal, act: str, target: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write an act down in its own transaction: who did what to what, and what it was before and after."""
    await audit.note(connection, actor_of(request, principal), act, target=target, before=before, after=after)

"""What people with accounts change by other routes than those of accounts is in the log of acts, too.

What changed stands in `log.events`, written with the change; here is who did it, from where, by which route. The routes
of accounts write their own acts, with before and after.
"""

from __future__ import annotations

import psycopg
import psycopg_pool
import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clobus.api.identity import actor_of
from clobus.core import auth
from clobus.core.cookies import SAFE_METHODS
from clobus.core.db import Database
from clobus.modules.accounts import audit

log = structlog.get_logger()
OWN = ("/api/me", "/api/auth", "/api/organisations", "/api/invitations", "/api/people", "/api/merges",
       "/api/desk", "/api/ops", "/api/live")  # fmt: skip
"""Routes that write their acts themselves, and the tickets of pages that listen, which change nothing."""


class Witness:
    """Stands around the routes; an act is written down once it was done."""

    def __init__(self, app: ASGIApp, db: Database) -> None:
        self.app = app
        self.db = db

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or scope["path"].startswith(OWN):
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await self._noted(scope, message["status"])
            await send(message)

        await self.app(scope, receive, answer)

    async def _noted(self, scope: Scope, status: int) -> None:
        """Before the answer goes out; a log that can't be written is told of, the act was done."""
        person = scope.get(auth.PERSON_KEY)
        if person is None:
            return
        route = getattr(scope.get("route"), "path", scope["path"])
        after = {"path": scope["path"][:300], "status": status}
        try:
            async with self.db.transaction() as connection:
                actor = actor_of(Request(scope), person)
                await audit.note(connection, actor, "request", target=f"{scope['method']} {route}", after=after)
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.error("api.act_not_noted", route=route, error=type(error).__name__)

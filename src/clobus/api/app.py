"""The application: doors, guards, routes."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from clobus.api import activity, consultations, health, hooks, live, ops, problems, words
from clobus.api.creation import Creator
from clobus.api.health import Pings
from clobus.api.middleware import Around
from clobus.core.auth import Door
from clobus.core.ratelimit import Limiter
from clobus.modules.accounts.service import KeyRing
from clobus.runtime import Runtime
from clobus.sync.chatwoot.webhook import Door as ChatwootDoor


def create_app(runtime: Runtime, *, intervals: Mapping[str, float]) -> FastAPI:
    """Build the API over an open runtime; `intervals` of the processes, in seconds, tell what is stale."""
    app = FastAPI(
        title="Clobus Platform",
        version="0.1.0",
        description="Requests for consultations: made once, in sync with 1C and Chatwoot.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    settings, limits = runtime.settings, runtime.settings.limits
    app.state.runtime = runtime
    app.state.intervals = dict(intervals)
    app.state.pings = Pings()
    app.state.creator = Creator(runtime.db, settings)
    app.state.chatwoot_door = ChatwootDoor(runtime.db)
    app.state.door = Door(
        KeyRing(runtime.db),
        Limiter(
            {
                "requests": limits.requests_per_minute,
                "creates": limits.creates_per_minute,
                "public": limits.requests_per_minute,
                "health": max(600, limits.requests_per_minute),
                "webhooks": limits.webhooks_per_minute,
                "guesses": 30,
            }
        ),
    )
    app.state.live = live.open_live(
        runtime.db, settings.secret_key.get_secret_value(), pages_each=limits.live_pages, topics_each=limits.live_topics
    )
    problems.install(app)
    for part in (live, activity, consultations, health, hooks, ops):
        app.include_router(part.router)
    for router in (words.dicts, words.managers):
        app.include_router(router)
    app.add_middleware(Around, body_bytes=limits.body_bytes)
    return app

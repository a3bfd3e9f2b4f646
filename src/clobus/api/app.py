"""The application: doors, guards, routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from clobus.api import (
    activity,
    articles,
    attachments,
    audit_log,
    clients,
    consultations,
    dashboard_app,
    desk,
    desk_staff,
    desk_words,
    health,
    home,
    hooks,
    live,
    logins,
    managers,
    me,
    messages,
    moves,
    oidc,
    openapi,
    operations,
    organisation_keys,
    organisations,
    people,
    problems,
    rate_page,
    ratings,
    reassignments,
    registering,
    report_settings,
    reports,
    sign_in_page,
    signing,
    slots,
    talk,
    telegram,
    telegram_login,
    web,
    words,
)
from clobus.api.creation import Creator
from clobus.api.health import Pings
from clobus.api.identity import BotName, open_identity
from clobus.api.middleware import Around
from clobus.api.shortcut import Shortcut
from clobus.core.auth import Door
from clobus.core.cookies import origin_of
from clobus.core.ratelimit import Limiter
from clobus.modules.accounts.callers import Callers, Trust
from clobus.modules.accounts.sessions import Lifetimes
from clobus.runtime import Runtime
from clobus.settings import Settings
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.receive import Receiver
from clobus.sync.chatwoot.reconcile import Desk
from clobus.sync.chatwoot.webhook import Door as ChatwootDoor
from clobus.sync.drift import Comparer
from clobus.sync.onec.editor import Editor
from clobus.sync.onec.feed import Context
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.onec.pull import Reader
from clobus.sync.refresh import Refresher
from clobus.sync.story import Teller
from clobus.sync.telegram.door import Door as TelegramDoor

ROUTERS = (
    words.dicts, ratings.averages, ratings.questions, organisations.joining, oidc.mine,
    *(part.router for part in (live, consultations, moves, ratings, attachments, clients, managers, telegram, signing,
                               sign_in_page, health, hooks, messages,
                               rate_page, activity, reassignments, report_settings, reports, registering, logins, me,
                               organisations, desk, desk_staff, desk_words, operations, dashboard_app,
                               organisation_keys, people, audit_log, telegram_login, oidc, talk, slots, articles, home,
                               web)),
)  # fmt: skip


def bare_app() -> FastAPI:
    """The routes without anything behind them: enough to describe them (`clobus openapi`)."""
    app = FastAPI(
        title="Clobus Platform",
        version="0.1.0",
        description="Requests for consultations: made once, in sync with 1C and Chatwoot.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        # As they are: `include_router` would make each route a second time at the first request, for options of an
        # application that none of ours has.
        app.router.routes.extend(router.routes)

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI wants it replaced
    return app


def create_app(runtime: Runtime, *, intervals: Mapping[str, float]) -> FastAPI:
    """Build the API over an open runtime; `intervals` of the processes, in seconds, tell what is stale."""
    app = bare_app()
    settings, limits = runtime.settings, runtime.settings.limits
    app.state.runtime = runtime
    app.state.intervals = dict(intervals)
    app.state.pings = Pings()
    app.state.creator = Creator(runtime.db, settings)
    _sync_of(app, runtime)
    app.state.chatwoot_door = ChatwootDoor(runtime.db)
    app.state.site = web.Site(settings.web_dir, chatwoot_origin(settings))
    app.state.callers = callers = Callers(runtime.db, trust_of(settings))
    app.state.identity = open_identity(settings)
    app.state.bot_name = BotName()
    app.state.telegram_door = TelegramDoor(runtime.db, settings.secret_key.get_secret_value())
    app.state.door = Door(
        callers,
        Limiter(
            {
                "requests": limits.requests_per_minute,
                "creates": limits.creates_per_minute,
                "public": limits.requests_per_minute,
                "health": max(600, limits.requests_per_minute),
                "webhooks": limits.webhooks_per_minute,
                "guesses": limits.guesses_per_minute,
                "signs": limits.signs_per_minute,
                "misses": limits.misses_per_minute,
            }
        ),
        frozenset({origin_of(str(settings.public_url))}),
        secure=settings.public_url.scheme == "https",
    )
    app.state.live = live.open_live(
        runtime.db, settings.secret_key.get_secret_value(), pages_each=limits.live_pages, topics_each=limits.live_topics
    )
    problems.install(app)
    app.add_middleware(Shortcut)
    app.add_middleware(
        Around, body_bytes=limits.body_bytes, upload_bytes=settings.attachments.request_bytes,
        secure=settings.public_url.scheme == "https",
    )  # fmt: skip
    return app


def _sync_of(app: FastAPI, runtime: Runtime) -> None:
    """What routes need of the sync: a fresh look, a story, a repair, words that go to 1C."""
    settings, given = runtime.settings, runtime.settings.onec
    db, onec, chatwoot, inbox = runtime.db, runtime.onec, runtime.chatwoot, settings.chatwoot.inbox_id
    directory = Directory(db, chatwoot, settings.tz)
    receiver = Receiver(db, chatwoot, directory, inbox)
    context = Context(onec.zone, UUID(settings.clients_folder))
    reader = Reader(onec, db, context, given.page_size, given.overlap_seconds, given.pages_in_flight)
    app.state.refresher = Refresher(db, onec, receiver, context)
    app.state.teller = Teller(db, onec, chatwoot, context)
    app.state.editor = Editor(db, onec, context)
    app.state.comparer = Comparer(db, reader, CONSULTATIONS, Desk(db, chatwoot, receiver, directory, inbox))


def chatwoot_origin(settings: Settings) -> str:
    """The origin that people see Chatwoot at: the only one that may frame our panel and speak to it."""
    return origin_of(str(settings.chatwoot.public_url or settings.chatwoot.base_url))


def trust_of(settings: Settings) -> Trust:
    """What callers are checked against."""
    given, telegram = settings.sessions, settings.telegram
    return Trust(
        Lifetimes(given.idle_seconds, given.absolute_seconds, given.staff_idle_seconds, given.staff_absolute_seconds,
                  given.rotate_seconds, settings.accounts.staff_second_factor),
        telegram.bot_token.get_secret_value() if telegram else None,
        telegram.init_data_seconds if telegram else 3600.0,
        settings.front_secret.get_secret_value() if settings.front_secret else None,
    )  # fmt: skip

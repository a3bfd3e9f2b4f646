"""Whether we live, are ready, keep up, and reach the partners; and what Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from clobus.core import auth, clock, schema
from clobus.core.auth import Role, public, require
from clobus.core.db import one, rows
from clobus.core.errors import ClobusError, NotFound
from clobus.core.metrics import DRIFT, LAG, QUEUE
from clobus.modules.ops import health

router = APIRouter(tags=["health"])
OPEN = Depends(public("health"))
PING_SECONDS = 10.0
KEEP_SECONDS = 5.0


@router.get("/health/live", dependencies=[OPEN])
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", dependencies=[OPEN])
async def ready(request: Request) -> JSONResponse:
    """The database answers and has the schema that this program needs; 503 otherwise."""
    try:
        async with asyncio.timeout(5), request.app.state.runtime.db.read() as connection:
            row = await one(connection, "select version_num from alembic_version")
    except Exception as error:  # whatever keeps the database away: not ready
        return JSONResponse({"status": "away", "database": type(error).__name__}, 503)
    known = schema.head()
    current = row["version_num"] if row else None
    good = current == known
    return JSONResponse({"status": "ok" if good else "schema", "schema": current, "needs": known}, 200 if good else 503)


@router.get("/api/health", dependencies=[OPEN])
async def old_health() -> dict[str, str]:
    """The old site's sign of life."""
    return {"status": "ok"}


@router.get("/api/health/db", dependencies=[OPEN])
async def old_database(request: Request) -> dict[str, str]:
    """The old site's look at the database: 200 in any case, without the error's text."""
    try:
        async with asyncio.timeout(5), request.app.state.runtime.db.read() as connection:
            await one(connection, "select 1")
    except Exception as error:  # whatever keeps the database away
        return {"status": "error", "database": "disconnected", "error": type(error).__name__}
    return {"status": "ok", "database": "connected"}


async def _etl(request: Request) -> list[dict[str, Any]]:
    async with request.app.state.runtime.db.read() as connection:
        return await health.processes(connection, request.app.state.intervals)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "process": row["name"], "status": "stale" if row["stale"] else "ok", "last_outcome": row["last_outcome"],
        "last_run": _iso(row["last_started"]), "last_success": _iso(row["last_success"]),
        "lag_seconds": None if row["lag"] is None else round(row["lag"], 1), "every_seconds": row["every"],
        "duration_ms": row["duration_ms"], "read": row["read_count"], "created": row["created_count"],
        "updated": row["updated_count"], "failed": row["failed_count"], "errors_last_hour": row["errors"],
        "error": row["error"],
    }  # fmt: skip


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


@router.get("/health/etl", dependencies=[OPEN])
async def etl(request: Request) -> JSONResponse:
    """All processes of the sync; 503 when one of them is stale."""
    found = [_shown(row) for row in await _etl(request)]
    stale = [row["process"] for row in found if row["status"] == "stale"]
    return JSONResponse(
        {"status": "stale" if stale else "ok", "stale": stale, "processes": found}, 503 if stale else 200
    )


@router.get("/health/etl/{process}", dependencies=[OPEN])
async def etl_process(request: Request, process: str) -> JSONResponse:
    """One process: last run, lag, errors; 503 when it is stale, 404 when there is none of that name."""
    for row in await _etl(request):
        if row["name"] == process:
            return JSONResponse(_shown(row), 503 if row["stale"] else 200)
    raise NotFound("health.process")


class Pings:
    """Asks partners for a sign of life, not more often than every few seconds."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, int, dict[str, Any]]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def ask(self, name: str, ping: Callable[[], Awaitable[object]]) -> JSONResponse:
        """200 when the partner answers, 503 when not."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            known = self._known.get(name)
            if known is None or known[0] < clock.monotonic():
                known = await self._ping(name, ping)
                self._known[name] = known
        return JSONResponse(known[2], known[1])

    async def _ping(self, name: str, ping: Callable[[], Awaitable[object]]) -> tuple[float, int, dict[str, Any]]:
        started, error = clock.monotonic(), None
        try:
            async with asyncio.timeout(PING_SECONDS):
                await ping()
        except TimeoutError:
            error = "no answer in time"
        except ClobusError as failed:
            error = failed.code
        body: dict[str, Any] = {
            "system": name, "status": "away" if error else "ok", "ms": round((clock.monotonic() - started) * 1000)
        }  # fmt: skip
        if error:
            body["error"] = error
        return clock.monotonic() + KEEP_SECONDS, 503 if error else 200, body


@router.get("/health/onec", dependencies=[OPEN])
async def onec(request: Request) -> JSONResponse:
    """Whether 1C answers."""
    found: JSONResponse = await request.app.state.pings.ask("onec", request.app.state.runtime.onec.ping)
    return found


@router.get("/health/chatwoot", dependencies=[OPEN])
async def chatwoot(request: Request) -> JSONResponse:
    """Whether Chatwoot answers."""
    found: JSONResponse = await request.app.state.pings.ask("chatwoot", request.app.state.runtime.chatwoot.ping)
    return found


SCRAPER = require(Role.SERVICE, Role.ADMINISTRATOR, Role.AUDITOR, scope="metrics:read")


async def _may_scrape(request: Request) -> None:
    """Prometheus on this machine needs no key; anybody else does."""
    if auth.address(request) not in ("127.0.0.1", "::1") or "x-forwarded-for" in request.headers:
        await SCRAPER(request)


_may_scrape.__dict__["guard"] = auth.guard_of(SCRAPER)


@router.get("/metrics", dependencies=[Depends(_may_scrape)], response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """All series of this process, and the gauges that are read from the tables."""
    async with request.app.state.runtime.db.read() as connection:
        for row in await health.processes(connection, request.app.state.intervals):
            LAG.labels(row["name"]).set(row["lag"] if row["lag"] is not None else float("nan"))
        QUEUE.clear()
        for row in await health.queues(connection):
            QUEUE.labels(row["queue"], row["state"]).set(row["n"])
        DRIFT.clear()
        for found in await rows(connection, "select kind, count(*) as n from sys.drift group by 1"):
            DRIFT.labels(found["kind"]).set(found["n"])
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

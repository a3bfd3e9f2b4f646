"""Routes of operations: the sync's health, drift and its repair, dead letters, partners."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.operations_forms import (
    DoneOut,
    DriftsOut,
    LetterActIn,
    LettersOut,
    LetterWholeOut,
    OverviewOut,
    PartnerPointOut,
    RepairIn,
    RepairOut,
    RunsOut,
)
from clobus.api.problems import language
from clobus.api.replies import answer
from clobus.core import i18n
from clobus.core.auth import Principal, Role, require
from clobus.modules.notifications import reading as messages
from clobus.modules.ops import dead_letters, health, partners, runs
from clobus.sync import mending

router = APIRouter(prefix="/api/ops", tags=["operations"])
Reader = Annotated[Principal, Depends(require(Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR, scope="ops:read"))]
Writer = Annotated[
    Principal, Depends(require(Role.HEAD, Role.ADMINISTRATOR, scope="ops:write", limit="creates"))
]  # fmt: skip
Hours = Annotated[int, Query(ge=1, le=24 * 14)]
Skip = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
LetterKind = Literal["outbox", "record", "webhook", "notification", "letter"]


@router.get("/overview", response_model=OverviewOut, summary="How the platform is")
async def overview(request: Request, principal: Reader) -> Response:
    """Processes with lag, queues, partners, alerts, and how much drift and how many dead letters there are."""
    del principal
    runtime, spoken = request.app.state.runtime, language(request)
    here = {"onec": runtime.onec.http.breaker, "chatwoot": runtime.chatwoot.http.breaker}
    async with runtime.db.read() as connection:
        told = {
            "processes": await health.processes(connection, request.app.state.intervals),
            "queues": await health.queues(connection),
            "partners": [
                {**row, "here": here[row["system"]].state.name.lower()}
                for row in await partners.summary(connection, timedelta(days=1))
            ],
            "alerts": [_alert(row, spoken) for row in await runs.alerts(connection)],
            "drift": await runs.drift_counts(connection),
            "dead_letters": await dead_letters.counts(connection),
            "messages": await messages.counts(connection),
        }
    return answer(told)


def _alert(row: dict[str, Any], spoken: str) -> dict[str, Any]:
    params = dict(row["text"]["params"])
    if "system" in params:
        params["system"] = i18n.catalogue(spoken).get(f"system.{params['system']}", params["system"])
    return {**row, "text": i18n.text(spoken, row["text"]["text"], params)}


@router.get("/runs", response_model=RunsOut, summary="Runs of processes")
async def processes(
    request: Request, principal: Reader, process: Annotated[str | None, Query(max_length=60)] = None, hours: Hours = 24,
    bad: bool = False, limit: Limit = 50,
) -> Response:  # fmt: skip
    """As a series over the last hours, and the newest of them; `bad` lists only those that did not come through."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        series = await runs.series(connection, timedelta(hours=hours), process)
        last = await runs.last(connection, process=process, bad=bad, limit=limit)
    return answer({"series": series, "last": last})


@router.get("/partners", response_model=list[PartnerPointOut], summary="Partners over time")
async def availability(request: Request, principal: Reader, hours: Hours = 24) -> Response:
    """Whether 1C and Chatwoot answered the worker, how quickly, and whether its breaker was open."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        return answer(await partners.series(connection, timedelta(hours=hours)))


@router.get("/drift", response_model=DriftsOut, summary="Differences between the systems")
async def drift(request: Request, principal: Reader, skip: Skip = 0, limit: Limit = 100) -> Response:
    """What the last comparison found and nothing has put right yet, the oldest first."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        found = await runs.drift(connection, skip=skip, limit=limit + 1)
        counts = await runs.drift_counts(connection)
    return answer({"items": found[:limit], "more": len(found) > limit, "counts": counts})


@router.post(
    "/drift/repair", response_model=RepairOut, summary="Repair one difference",
    responses=problems_of("drift.over", "gateway.down", "gateway.transient"),
)  # fmt: skip
async def repair(request: Request, body: RepairIn, principal: Writer) -> Response:
    """Let the owner of each field win now: 1C is read again, what a partner shows wrongly is pushed. `agreed` when the
    systems agree at once, `on_its_way` when a push is to come; 404 when it stands no more, 503 while a partner is away.
    """
    comparer, db = request.app.state.comparer, request.app.state.runtime.db
    async with db.transaction() as connection:
        row = await runs.one_drift(connection, body.consultation[:200], body.kind[:60])
        await noted(connection, request, principal, "drift.repaired", f"{row['kind']}/{row['consultation']}")
    state = "unknown"
    if await mending.mend(comparer, row):
        state = "agreed" if await mending.settle(comparer, row) else "on_its_way"
    return answer({"state": state})


@router.get("/dead-letters", response_model=LettersOut, summary="Dead letters")
async def letters(
    request: Request, principal: Reader, kind: LetterKind | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None, skip: Skip = 0, limit: Limit = 50,
) -> Response:  # fmt: skip
    """What could not be done, newest first, without what it holds."""
    del principal
    async with request.app.state.runtime.db.read() as connection:
        found = await dead_letters.page(connection, kind=kind, text=q, skip=skip, limit=limit + 1)
        counts = await dead_letters.counts(connection)
    return answer({"items": found[:limit], "more": len(found) > limit, "counts": counts})


@router.get(
    "/dead-letters/{kind}", response_model=LetterWholeOut, responses=problems_of("dead_letter.unknown"),
    summary="A dead letter with what it holds",
)  # fmt: skip
async def letter(
    request: Request, kind: LetterKind, name: Annotated[str, Query(alias="id", max_length=500)], principal: Reader
) -> Response:  # fmt: skip
    """One in full, its payload too, which may hold personal data: the look is written down. 404."""
    async with request.app.state.runtime.db.transaction() as connection:
        found = await dead_letters.one_of(connection, kind, name)
        await noted(connection, request, principal, "dead_letter.read", f"{kind}/{name}")
        return answer(found)


@router.post(
    "/dead-letters/act", response_model=DoneOut, summary="Try a dead letter again, or forget it",
    responses=problems_of("dead_letter.unknown", "dead_letter.message", "dead_letter.letter",
                          "dead_letter.not_editable"),
)  # fmt: skip
async def act(request: Request, body: LetterActIn, principal: Writer) -> Response:
    """Another try, with a `payload` from what it says instead; or forget it. Messages to people are never repeated:
    who they were for may have them; a letter about an account is, when surely nobody took it and it is not over.
    404, 409.
    """
    name = body.id[:500]
    async with request.app.state.runtime.db.transaction() as connection:
        before = None
        if body.payload is not None and body.act == "retry":
            before = await dead_letters.edit(connection, body.kind, name, body.payload)
        await (dead_letters.retry if body.act == "retry" else dead_letters.drop)(connection, body.kind, name)
        done = "dead_letter.retried" if before is None else "dead_letter.edited"
        said = "dead_letter.dropped" if body.act == "drop" else done
        edited = None if before is None else {"edited": _changed(before, body.payload or {})}
        await noted(connection, request, principal, said, f"{body.kind}/{name}", after=edited)
    return answer({"state": "waiting" if body.act == "retry" else "dropped"})


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Which members of a payload were changed: what they hold may be personal data."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

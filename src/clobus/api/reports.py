"""Routes of reports: figures, comparison, the requests behind them, files. A manager sees his own numbers alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from clobus.api.answers import problems_of
from clobus.api.problems import language
from clobus.api.replies import answer, settings_of
from clobus.api.report_forms import HeatOut, ReportOptionsOut, ReportOverviewOut, RequestsOut, TableOut
from clobus.core import clock
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.db import Connection
from clobus.core.errors import Forbidden, Invalid, NotFound
from clobus.core.pagination import cursor_of
from clobus.modules.accounts import behind
from clobus.modules.reports import drill, figures, files, tables, words
from clobus.modules.reports.types import By, Filters, Period

router = APIRouter(prefix="/api/reports", tags=["reports"])
READ = require(*STAFF, Role.AUDITOR, scope="reports:read")
Reader = Annotated[Principal, Depends(READ)]
MOST_YEARS = 12
DAYS = 30
PROBLEMS = ("report.period", "report.manager")
Name = Literal["volume", "times", "managers", "satisfaction", "sla", "changes"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What reports are asked for: days of Tashkent, both included (the last thirty unless named), and filters.

    A language, manager or category of nothing (empty, or a key of zeros) means: without one.
    """

    since: Annotated[date | None, Query(alias="from", description="The first day.")] = None
    until: Annotated[date | None, Query(alias="to", description="The last day.")] = None
    kind: Annotated[Literal["accounting", "support"] | None, Query()] = None
    channel: Annotated[str | None, Query(max_length=20, pattern=r"^[A-Za-z0-9_]*$")] = None
    language: Annotated[Literal["uz", "ru", "en", ""] | None, Query()] = None
    category: Annotated[UUID | None, Query(description="Key of a category in 1C.")] = None
    manager: Annotated[UUID | None, Query(description="Key of a manager in 1C.")] = None

    def period(self, today: date) -> Period:
        """The days; Invalid when the first is after the last, or they are too many."""
        last = self.until or max(today, self.since or today)
        first = self.since or last - timedelta(days=DAYS - 1)
        if first > last or last.year - first.year > MOST_YEARS or not 2000 <= first.year <= last.year <= 2100:
            raise Invalid("report.period", {"years": MOST_YEARS})
        return Period(first, last)

    def filters(self) -> Filters:
        """The filters for the module."""
        return Filters(self.kind, self.channel, self.language, self.category, self.manager)


Wanted = Annotated[Asked, Depends()]


@dataclass(frozen=True, slots=True)
class View:
    """What a caller may see of what he asked for, and in which language."""

    period: Period
    filters: Filters
    language: str


async def view_of(request: Request, connection: Connection, asked: Asked, principal: Principal) -> View:
    """Narrow a manager to his own numbers; Forbidden when nobody knows which manager he is."""
    period = asked.period(clock.business_day(clock.now(), settings_of(request).tz))
    filters = asked.filters()
    if principal.role is Role.MANAGER:
        own = await behind.manager_of(connection, principal)
        if own is None:
            raise Forbidden("report.manager")
        filters = replace(filters, manager=own)
    return View(period, filters, language(request))


def _columns(report: tables.Report, spoken: str) -> list[dict[str, str]]:
    return [{"name": c.name, "unit": c.unit, "title": words.column(spoken, c)} for c in report.columns]


def _days(period: Period) -> dict[str, date]:
    return {"from": period.first, "to": period.last}


def _shown(table: tables.Table, spoken: str) -> dict[str, Any]:
    return {
        "report": table.report.name, "title": words.title(spoken, table.report.name), "by": table.by,
        "by_title": words.grouped(spoken, table.by), "period": _days(table.period),
        "previous_period": _days(table.period.before()), "columns": _columns(table.report, spoken),
        "chart": list(table.report.chart), "total": table.total, "previous": table.previous,
        "rows": [
            {"key": line.key, "name": words.key(spoken, table.by, line), "values": line.values} for line in table.lines
        ],
    }  # fmt: skip


@router.get("/overview", response_model=ReportOverviewOut, responses=problems_of(*PROBLEMS), summary="Key figures")
async def overview(request: Request, asked: Wanted, principal: Reader) -> Response:
    """The key figures of a period beside those of the period before. Times are working seconds."""
    async with request.app.state.runtime.db.read() as connection:
        view = await view_of(request, connection, asked, principal)
        before = view.period.before()
        total = await tables.totals(connection, tables.OVERVIEW, view.period, view.filters)
        previous = await tables.totals(connection, tables.OVERVIEW, before, view.filters)
    shown = [
        {"name": c.name, "unit": c.unit, "title": words.column(view.language, c), "value": total[c.name],
         "previous": previous[c.name]} for c in tables.OVERVIEW
    ]  # fmt: skip
    return answer({"period": _days(view.period), "previous_period": _days(before), "figures": shown})


@router.get("/heat", response_model=HeatOut, responses=problems_of(*PROBLEMS), summary="Load by hour")
async def heat(request: Request, asked: Wanted, principal: Reader) -> Response:
    """How many requests came at each hour of each day of the week (1 is Monday), by Tashkent's clock."""
    async with request.app.state.runtime.db.read() as connection:
        view = await view_of(request, connection, asked, principal)
        cells = await figures.hours(connection, view.period, view.filters)
    return answer({"period": _days(view.period), "cells": cells, "total": sum(cell["n"] for cell in cells)})


@router.get("/options", response_model=ReportOptionsOut, summary="What reports may be narrowed to")
async def options(request: Request, principal: Reader) -> Response:
    """Values of each filter that any request has, with their names; a manager is not asked which manager."""
    spoken = language(request)
    async with request.app.state.runtime.db.read() as connection:
        found = await tables.choices(connection)
    if principal.role is Role.MANAGER:
        found["manager"] = []
    return answer(
        {
            by: [{"key": key, "name": words.named(spoken, by, key, name)} for key, name in values]
            for by, values in found.items()
        }
    )


@router.get(
    "/requests", response_model=RequestsOut, responses=problems_of(*PROBLEMS, "page.cursor"),
    summary="Requests behind a figure",
)  # fmt: skip
async def requests(
    request: Request, asked: Wanted, principal: Reader,
    only: Annotated[drill.Only | None, Query(description="Those that a figure counts.")] = None,
    weekday: Annotated[int | None, Query(ge=1, le=7)] = None, hour: Annotated[int | None, Query(ge=0, le=23)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """The requests that a figure is made of, newest first: `{items, next}`."""
    async with request.app.state.runtime.db.read() as connection:
        view = await view_of(request, connection, asked, principal)
        items, following = await drill.behind(
            connection, view.period, view.filters, only=only, weekday=weekday, hour=hour, cursor=cursor_of(cursor),
            limit=limit,
        )  # fmt: skip
    return answer({"items": items, "next": following})


@router.get("/{name}", response_model=TableOut, responses=problems_of(*PROBLEMS), summary="Read a report")
async def read(request: Request, name: Name, asked: Wanted, principal: Reader, by: By | None = None) -> Response:
    """A report as a table with its total and that of the period before. Times are working seconds, null: none."""
    async with request.app.state.runtime.db.read() as connection:
        view = await view_of(request, connection, asked, principal)
        table = await tables.table(connection, tables.REPORTS[name], view.period, view.filters, by)
    return answer(_shown(table, view.language))


@router.get(
    "/{name}/file", summary="Read a report as a file",
    responses={**problems_of("report.unknown", *PROBLEMS), 200: {"content": {m: {} for m in files.MEDIA.values()}}},
    response_class=Response,
)  # fmt: skip
async def file(
    request: Request, name: str, asked: Wanted, principal: Reader, by: By | None = None,
    kind: Annotated[files.Format, Query(alias="format")] = "xlsx",
) -> Response:  # fmt: skip
    """The report as Excel, CSV, PDF or a picture, in the caller's language."""
    report = tables.REPORTS.get(name)
    if report is None:
        raise NotFound("report.unknown")
    async with request.app.state.runtime.db.read() as connection:
        view = await view_of(request, connection, asked, principal)
        table = await tables.table(connection, report, view.period, view.filters, by)
        names = await files.filter_names(connection, table)
    made = await files.make(table, kind, view.language, names)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "X-Content-Type-Options": "nosniff"}
    return Response(made.content, media_type=made.media_type, headers=headers)

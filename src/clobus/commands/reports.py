"""`clobus reports`: reports on the screen and as files, and the sums that they are read from."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast, get_args
from uuid import UUID

import typer

from clobus.commands import session
from clobus.core import clock, i18n
from clobus.modules.reports import files, service, tables, upkeep, words
from clobus.modules.reports.types import By, Filters, Period
from clobus.runtime import Runtime
from clobus.sync.onec.push_summary import SummaryPush

app = typer.Typer(no_args_is_help=True, help="Counts, times, marks and kept promises.")
DAY = ["%Y-%m-%d"]
KINDS = ("accounting", "support")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(tables.REPORTS)}.")],
    since: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The first day.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="The last day.")] = None,
    by: Annotated[str | None, typer.Option(help=f"One of {', '.join(get_args(By))}.")] = None,
    kind: Annotated[str | None, typer.Option(help="accounting or support.")] = None,
    channel: Annotated[str | None, typer.Option(help="Where requests came from.")] = None,
    language: Annotated[str | None, typer.Option(help="The language of requests.")] = None,
    category: Annotated[UUID | None, typer.Option(help="The 1C key of a category.")] = None,
    manager: Annotated[UUID | None, typer.Option(help="The 1C key of a manager.")] = None,
    spoken: Annotated[str, typer.Option("--lang", help="uz, ru or en: the language of the report.")] = "ru",
    out: Annotated[Path | None, typer.Option(help="Write a file: .xlsx, .csv, .pdf or .png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; times in working seconds.")] = False,
) -> None:
    """A report of the last thirty days, or of the days named; days are Tashkent's, both included."""
    report = tables.REPORTS.get(name)
    if report is None or (by is not None and by not in get_args(By)):
        raise typer.BadParameter(f"reports are {', '.join(tables.REPORTS)}, by {', '.join(get_args(By))}")
    for option, given, known in (("--kind", kind, KINDS), ("--language", language, ("", *i18n.LANGUAGES)),
                                 ("--lang", spoken, i18n.LANGUAGES)):  # fmt: skip
        if given is not None and given not in known:
            raise typer.BadParameter(f"one of {', '.join(each for each in known if each)}", param_hint=option)
    suffix = out.suffix.removeprefix(".") if out else ""
    if out is not None and suffix not in files.MEDIA:
        raise typer.BadParameter("the file is .xlsx, .csv, .pdf or .png", param_hint="--out")
    filters = Filters(kind, channel, language, category, manager)

    async def work(runtime: Runtime) -> tuple[tables.Table, dict[str, str]]:
        period = _period(since, until, clock.business_day(clock.now(), runtime.settings.tz))
        async with runtime.db.read() as connection:
            table = await tables.table(connection, report, period, filters, cast(By | None, by))
            names = await files.filter_names(connection, table)
        if out is not None:
            made = await files.make(table, cast(files.Format, suffix), spoken, names)
            out.write_bytes(made.content)  # noqa: ASYNC240 - a command has nothing else to do meanwhile
        return table, names

    table, names = session.run(work)
    if out is not None:
        typer.echo(f"{out}: {len(table.lines)} rows")
    elif as_json:
        typer.echo(json.dumps(_plain(table), ensure_ascii=False, default=str, indent=2))
    else:
        _print(table, spoken, names)


@app.command()
def rebuild() -> None:
    """Make the sums anew from everything the desk holds; reports wait meanwhile."""

    async def work(runtime: Runtime) -> int:
        zone = runtime.settings.tz
        async with runtime.db.transaction() as connection:
            await service.keep_calendar(connection, runtime.settings.calendar.of(zone), zone)
            return await upkeep.rebuild(connection, zone)

    typer.echo(f"{session.run(work)} requests")


@app.command()
def onec() -> None:
    """Write the summary of the last days into the register of 1C that the settings name."""

    async def work(runtime: Runtime) -> str | None:
        given = runtime.settings.reports
        if given.onec_register is None:
            return None
        push = SummaryPush(runtime.db, runtime.onec, given.onec_register, runtime.onec.zone)
        this = await push.days(given.onec_days)
        return f"{given.onec_register}: {this.read} records, {this.created} created, {this.updated} changed"

    told = session.run(work)
    if told is None:
        typer.echo("error: CLOBUS_REPORTS__ONEC_REGISTER names no register", err=True)
        raise typer.Exit(2)
    typer.echo(told)


def _period(since: datetime | None, until: datetime | None, today: date) -> Period:
    last = until.date() if until else max(today, since.date() if since else today)
    first = since.date() if since else last - timedelta(days=29)
    if first > last:
        raise typer.BadParameter("the first day is after the last", param_hint="--from")
    return Period(first, last)


def _plain(table: tables.Table) -> dict[str, Any]:
    lines = [{"key": line.key, "name": line.name, **line.values} for line in table.lines]
    return {
        "report": table.report.name, "by": table.by, "from": table.period.first, "to": table.period.last,
        "rows": lines, "total": table.total, "previous": table.previous,
    }  # fmt: skip


def _print(table: tables.Table, spoken: str, names: dict[str, str]) -> None:
    columns = table.report.columns
    typer.echo(f"{words.title(spoken, table.report.name)} · {words.subtitle(spoken, table, names)}")
    rows = [[words.grouped(spoken, table.by), *(words.column(spoken, column) for column in columns)]]
    for line in table.lines:
        shown = (words.value(spoken, column, line.values[column.name]) for column in columns)
        rows.append([words.key(spoken, table.by, line), *shown])
    rows.append(
        [
            i18n.text(spoken, "report.total"),
            *(words.value(spoken, column, table.total[column.name]) for column in columns),
        ]
    )
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(text.ljust(w) if at == 0 else text.rjust(w) for at, (text, w) in
                             enumerate(zip(row, widths, strict=True))).rstrip())  # fmt: skip

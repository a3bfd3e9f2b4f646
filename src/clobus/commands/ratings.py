"""`clobus ratings`: what clients think of managers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from clobus.commands import session
from clobus.modules.consultations import rating_summary
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="What clients think of consultations.")
DAY = ["%Y-%m-%d"]


@app.callback()
def _ratings() -> None:
    """Keep `summary` a word of its own."""


@app.command()
def summary(
    since: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The first day.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="The last day.")] = None,
    manager: Annotated[UUID | None, typer.Option(help="The 1C key of one manager.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Averages by manager, the best first; days are Tashkent's, both included."""

    async def work(runtime: Runtime) -> dict[str, Any]:
        async with runtime.db.read() as connection:
            return await rating_summary.summary(
                connection, runtime.settings.tz, first=since.date() if since else None,
                last=until.date() if until else None, manager=manager,
            )  # fmt: skip

    found = session.run(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    typer.echo(f"{'average':>7} {'marks':>6} {'requests':>8}  {'1 / 2 / 3 / 4 / 5':<20} manager")
    for row in [*found["managers"], {**found["total"], "manager_name": "all", "manager_key": None}]:
        average = f"{row['average']:.2f}" if row["average"] is not None else "-"
        marks = " / ".join(str(n) for n in row["by_mark"])
        name = row["manager_name"] or row["manager_key"] or "nobody"
        typer.echo(f"{average:>7} {row['marks']:>6} {row['requests']:>8}  {marks:<20} {name}")

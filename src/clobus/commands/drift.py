"""`clobus drift`: do 1C, PostgreSQL and Chatwoot agree?"""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import typer

from clobus.commands import session
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync import drift as comparing
from clobus.sync.drift import Report

SHOWN = 50


def drift(
    repair: Annotated[bool, typer.Option("--repair", help="Put right what field ownership decides.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: compared, total, items.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep/--versions", help="Read whole 1C documents, or trust equal versions.")
    ] = True,
) -> None:
    """Compare 1C, PostgreSQL and Chatwoot record by record.

    What is only on its way between the systems is waited for, not listed. Exit code 0: they agree; 1: they differ;
    2: it could not be told.
    """

    async def work(runtime: Runtime) -> Report:
        this = assemble(runtime).comparer
        report = await comparing.compare_systems(this, deep=deep)
        for _ in range(3 if repair else 0):
            if not report.items:
                break
            await comparing.repair(this, report)
            async with runtime.db.transaction() as connection:
                await session.noted(connection, "drift.repaired", "all", after={"items": report.total})
            await comparing.wait_for_queues(runtime.db)
            report = await comparing.compare_systems(this, deep=deep)
        return report

    report = session.run(work)
    typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else _text(report))
    raise typer.Exit(1 if report.total else 0)


def _text(report: Report) -> str:
    lines = [f"compared: 1C {report.onec:,}, PostgreSQL {report.postgres:,}, Chatwoot {report.chatwoot:,}"]
    if not report.items:
        return "\n".join([*lines, "drift: 0, all three agree"])
    lines.append(f"drift: {report.total:,}")
    kinds = Counter(item.suspect.kind for item in report.items)
    lines += [f"  {count:>7,}  {kind}" for kind, count in kinds.most_common()]
    for item in report.items[:SHOWN]:
        about = ", ".join(str(name) for name in item.suspect.detail.get("fields", ()))
        lines.append(
            f"{item.suspect.consultation}  {item.suspect.kind:<20} {'+'.join(item.suspect.systems):<18}"
            f" since {item.since:%Y-%m-%d %H:%M:%S}  {about}".rstrip()
        )
    if len(report.items) > SHOWN:
        lines.append(f"and {len(report.items) - SHOWN:,} more: see --json")
    return "\n".join(lines)

"""`clobus messages`: what people were told, what became of it, and how it looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from clobus.commands import session
from clobus.modules.consultations.types import Kind
from clobus.modules.notifications import preview as previews
from clobus.modules.notifications import reading
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="What people were told, and what became of it.")
ID = Annotated[UUID, typer.Argument(help="The id as `list` prints it.")]


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="queued, sent, refused, failed, unknown or expired.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Such as accepted.")] = None,
    consultation: Annotated[UUID | None, typer.Option(help="Our id of a request.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
) -> None:
    """List messages, newest first."""

    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        async with runtime.db.read() as connection:
            return await reading.newest(connection, limit=limit, state=state, type_=type_, cons_id=consultation)

    found = session.run(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    for row in found:
        typer.echo(
            f"{row['id']}  {row['created_at']:%Y-%m-%d %H:%M:%S}  {row['state']:<8} {row['channel']:<8}"
            f" {row['type']:<15} {row['number'] or row['cons_id']}  {row['error'] or ''}".rstrip()
        )
    if not found:
        typer.echo("no messages")


@app.command()
def show(id_: ID) -> None:
    """Show one in full, its text too, and what became of it in each channel."""

    async def work(runtime: Runtime) -> dict[str, Any]:
        async with runtime.db.read() as connection:
            return await reading.read(connection, id_)

    typer.echo(json.dumps(session.run(work), ensure_ascii=False, default=str, indent=2))


@app.command()
def retry(id_: ID) -> None:
    """Send again what surely nobody took. What may have been sent is never repeated."""

    async def work(runtime: Runtime) -> None:
        async with runtime.db.transaction() as connection:
            await reading.retry(connection, id_)
            await session.noted(connection, "message.retried", str(id_))

    session.run(work)
    typer.echo("queued")


@app.command()
def preview(
    out: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("messages.html"),
    zone: Annotated[str, typer.Option(help="The zone of the sample dates.")] = "Asia/Tashkent",
) -> None:
    """Write one HTML page with every message in every language, as each channel shows it. Needs no database."""
    kinds = {Kind.ACCOUNTING.value: "accounting", Kind.SUPPORT.value: "technical support"}
    out.write_text(previews.page(ZoneInfo(zone), kinds), encoding="utf-8")
    typer.echo(str(out))

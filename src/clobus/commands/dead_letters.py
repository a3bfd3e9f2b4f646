"""`clobus dead-letters`: what could not be done, why, and another try."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from psycopg.rows import DictRow

from clobus.commands import session
from clobus.core.db import Connection, one, rows
from clobus.core.errors import Conflict, NotFound
from clobus.modules.ops import dead_letters
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="What could not be done, why, and another try.")
ID = Annotated[str, typer.Argument(help="KIND:ID as `list` prints it.")]
Act = Callable[[Connection, str, str], Awaitable[None]]
IDS = Annotated[str, typer.Argument(help="KIND:ID as `list` prints it, or `all`.")]


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
) -> None:
    """List dead letters, newest first."""

    async def work(runtime: Runtime) -> list[DictRow]:
        async with runtime.db.read() as connection:
            return await rows(
                connection,
                "select kind || ':' || id as id, error_class, error, attempts, first_at, last_at from sys.dead_letters"
                " order by last_at desc limit %s",
                (limit,),
            )

    found = session.run(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    for row in found:
        typer.echo(
            f"{row['id']}\n    {row['last_at']:%Y-%m-%d %H:%M:%S}  {row['attempts']} tries  {row['error_class']}:"
            f" {row['error'] or ''}"
        )
    if not found:
        typer.echo("no dead letters")


@app.command()
def show(id_: ID) -> None:
    """Show one in full, its payload too (which may hold personal data)."""

    async def work(runtime: Runtime) -> DictRow | None:
        async with runtime.db.transaction() as connection:
            found = await _find(connection, id_)
            if found is not None:
                await session.noted(connection, "dead_letter.read", id_)
            return found

    row = session.run(work)
    if row is None:
        raise _unknown(id_)
    typer.echo(json.dumps(row, ensure_ascii=False, default=str, indent=2))


@app.command()
def retry(id_: IDS) -> None:
    """Try again: the worker takes it up within a minute. Messages to people are never repeated."""
    done = session.run(lambda runtime: _on_each(runtime, id_, dead_letters.retry))
    if id_ != "all" and not done:
        typer.echo(f"error: {id_} is not repeated: who it was for may have it", err=True)
        raise typer.Exit(1)
    typer.echo(f"{done} to be tried again")


@app.command()
def drop(id_: IDS) -> None:
    """Forget one (or all) for good."""
    done = session.run(lambda runtime: _on_each(runtime, id_, dead_letters.drop))
    typer.echo(f"{done} dropped")


async def _on_each(runtime: Runtime, wanted: str, act: Act) -> int:
    async with runtime.db.transaction() as connection:
        if wanted == "all":
            found = await rows(connection, "select kind, id from sys.dead_letters")
        else:
            row = await _find(connection, wanted)
            if row is None:
                raise _unknown(wanted)
            found = [row]
        return sum([await _done(connection, row, act) for row in found])


async def _done(connection: Connection, row: dict[str, Any], act: Act) -> bool:
    try:
        await act(connection, row["kind"], row["id"])
    except (Conflict, NotFound):
        return False
    name = "dead_letter.retried" if act is dead_letters.retry else "dead_letter.dropped"
    await session.noted(connection, name, f"{row['kind']}/{row['id']}")
    return True


async def _find(connection: Connection, wanted: str) -> DictRow | None:
    kind, _, id_ = wanted.partition(":")
    return await one(connection, "select * from sys.dead_letters where kind = %s and id = %s", (kind, id_))


def _unknown(wanted: str) -> typer.Exit:
    typer.echo(f"error: there is no dead letter {wanted}", err=True)
    return typer.Exit(2)

"""The command line: `clobus --help`. Each group of commands has a file in `clobus.commands`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clobus.commands import dead_letters, keys, messages, ratings, sandbox, session, sync
from clobus.commands.drift import drift
from clobus.commands.explain import explain
from clobus.commands.openapi import openapi
from clobus.commands.serve import api, bot, worker
from clobus.core import migrations
from clobus.sandbox import instance as instances
from clobus.sandbox.up import up as start_everything

HELP = """The consultation desk in sync: 1C, PostgreSQL and Chatwoot agree.

Commands find the running instance by DATA (the directory of `make run`, by default .data), or by CLOBUS_... settings.
Exit codes: 0 all is well, 1 something differs or failed, 2 the command could not do its work."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(db, name="db")
app.add_typer(sync.app, name="sync")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(keys.app, name="keys")
app.add_typer(messages.app, name="messages")
app.add_typer(ratings.app, name="ratings")
app.add_typer(sandbox.app, name="sandbox")
app.command()(api)
app.command()(worker)
app.command()(bot)
app.command()(drift)
app.command()(explain)
app.command()(openapi)


class Size(StrEnum):
    """How much of the world the twins hold."""

    full = "full"
    small = "small"
    empty = "empty"


@app.command()
def up(
    size: Annotated[Size, typer.Option(help="How much the twins hold.")] = Size.full,
    port: Annotated[int, typer.Option(help="Where the API listens.")] = 8000,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(instances.DEFAULT_DATA),
) -> None:
    """Start everything on this machine and stay; Ctrl-C stops it."""
    raise typer.Exit(start_everything(size.value, port, data))


@db.command("url")
def db_url() -> None:
    """Print the database's address, password included."""
    with session.words():
        typer.echo(instances.database_url())


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    with session.words():
        url = instances.database_url()
    migrations.upgrade(url)
    typer.echo(f"the schema is at {migrations.current(url)}")

"""The command line: `clobus --help`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clobus.core import migrations
from clobus.sandbox import instance as instances
from clobus.sandbox.process import PartError
from clobus.sandbox.up import up as start_everything

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The database.")
sandbox = typer.Typer(no_args_is_help=True, help="The running instance and its twins.")
app.add_typer(db, name="db")
app.add_typer(sandbox, name="sandbox")


class Size(StrEnum):
    """How much of the world the twins hold."""

    full = "full"
    small = "small"
    empty = "empty"


@contextmanager
def words() -> Iterator[None]:
    """Turn a failure that has words into a message and exit code 1."""
    try:
        yield
    except PartError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


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
    with words():
        typer.echo(instances.database_url())


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    with words():
        url = instances.database_url()
    migrations.upgrade(url)
    typer.echo(f"the schema is at {migrations.current(url)}")


@sandbox.command("urls")
def sandbox_urls(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print the address of each part of the running instance."""
    with words():
        addresses = instances.load().urls()
    if as_json:
        typer.echo(json.dumps(addresses))
        return
    for name, address in addresses.items():
        typer.echo(f"{name:<10} {address}")

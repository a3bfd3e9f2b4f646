"""`clobus db`: the database's address and schema."""

from __future__ import annotations

import typer

from clobus.commands import session
from clobus.core import migrations
from clobus.sandbox import instance as instances

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.command("url")
def url() -> None:
    """Print the database's address, password included."""
    with session.words():
        typer.echo(instances.database_url())


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest schema."""
    with session.words():
        address = instances.database_url()
    migrations.upgrade(address)
    typer.echo(f"the schema is at {migrations.current(address)}")

"""`clobus people`: roles of people with accounts; the first administrator is made here."""

from __future__ import annotations

from typing import Annotated

import typer

from clobus.commands import session
from clobus.modules.accounts import people, sessions
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="Roles of people with accounts.")


@app.callback()
def people_() -> None:
    """Keep `role` a command of its own while it is the only one."""


@app.command()
def role(
    login: Annotated[str, typer.Argument(help="His e-mail or telephone.")],
    name: Annotated[str, typer.Argument(metavar="ROLE", help=f"{', '.join(people.STAFF_ROLES)}, or none.")],
) -> None:
    """Give somebody who has registered a role of the staff, or take it; his sessions end."""
    if name not in (*people.STAFF_ROLES, "none"):
        raise typer.BadParameter(f"there is no role {name}")
    wanted = None if name == "none" else name

    async def work(runtime: Runtime) -> bool:
        async with runtime.db.transaction() as connection:
            person = await people.by_login(connection, login.strip().lower())
            if person is None:
                return False
            await people.change(connection, person["person_id"], {"role": wanted})
            await sessions.end_all_of(connection, person["person_id"])
            before, after = {"role": person["role"]}, {"role": wanted}
            await session.noted(connection, "person.changed", str(person["person_id"]), before=before, after=after)
            return True

    if not session.run(work):
        typer.echo("error: there is nobody with this e-mail or telephone", err=True)
        raise typer.Exit(2)

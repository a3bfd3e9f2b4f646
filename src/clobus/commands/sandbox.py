"""`clobus sandbox`: the running instance, its twins, and life in them."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from clobus.commands import session
from clobus.core.auth import Role
from clobus.modules.accounts.service import create_key
from clobus.runtime import Runtime
from clobus.sandbox import instance as instances
from clobus.sandbox.simulate import Simulation

app = typer.Typer(no_args_is_help=True, help="The running instance and its twins.")


@app.command("urls")
def urls(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print the address of each part of the running instance."""
    with session.words():
        addresses = instances.load().urls()
    if as_json:
        typer.echo(json.dumps(addresses))
        return
    for name, address in addresses.items():
        typer.echo(f"{name:<10} {address}")


@app.command("token")
def token(
    role: Annotated[Role, typer.Argument(metavar="ROLE", help=", ".join(Role))],
    seconds: Annotated[float | None, typer.Option(help="How long it is valid; without it until revoked.")] = None,
) -> None:
    """Print a bearer token of that kind of caller (sandbox only: it needs an instance of `make run`)."""
    with session.words():
        instances.load()

    async def work(runtime: Runtime) -> str:
        async with runtime.db.transaction() as connection:
            return await create_key(connection, role, f"sandbox {role.value}", seconds=seconds)

    typer.echo(session.run(work))


@app.command("simulate")
def simulate(
    rate: Annotated[float, typer.Option(help="Acts per second of all people together.")] = 2.0,
    seconds: Annotated[float, typer.Option(help="How long; 0: until Ctrl-C.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same acts.")] = 1,
) -> None:
    """Play clients through our API, managers in Chatwoot, and 1C users, in the twins of the running instance."""
    with session.words():
        this = instances.load()

    async def work(runtime: Runtime) -> Simulation:
        async with runtime.db.transaction() as connection:
            key = await create_key(connection, Role.SERVICE, "simulation", seconds=max(seconds, 86_400))
        playing = Simulation(
            runtime.db, runtime.settings.tz, urls=this.urls(), api_key=key, desk=this.credentials("chatwoot"),
            seed=seed, say=typer.echo,
        )  # fmt: skip
        await playing.run(rate, seconds or None)
        return playing

    try:
        played = session.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("stopped")
        return
    typer.echo(json.dumps(played.counts, ensure_ascii=False))

"""`clobus keys`: API keys of services and of the staff."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

import typer

from clobus.commands import session
from clobus.core.auth import Role, hash_token
from clobus.modules.accounts import service
from clobus.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="API keys: who may call, and what.")
DAY = 86_400.0


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Whose key it is, for the list and the audit.")],
    role: Annotated[Role, typer.Option(help="Which kind of caller.")] = Role.SERVICE,
    scope: Annotated[list[str] | None, typer.Option(help="What it may (see docs/callers.md); repeat it.")] = None,
    everything: Annotated[bool, typer.Option("--all-scopes", help="All that its role may.")] = False,
    client: Annotated[UUID | None, typer.Option(help="The client for whom a key of that role speaks.")] = None,
    days: Annotated[float | None, typer.Option(help="How long; without it until revoked.", min=0.001)] = None,
) -> None:  # fmt: skip
    """Make a key and print it, once."""
    scopes = scope or []
    if role is Role.SERVICE and bool(scopes) == everything:
        raise _wrong("a service needs either --scope or --all-scopes")
    if unknown := sorted(set(scopes) - service.SCOPES):
        raise _wrong(f"there is no scope {unknown[0]}; known: {', '.join(sorted(service.SCOPES))}")
    if (role is Role.CLIENT) != (client is not None):
        raise _wrong("a key of role client, and no other, names its client")

    async def work(runtime: Runtime) -> str:
        async with runtime.db.transaction() as connection:
            token = await service.create_key(
                connection, role, name[:100], scopes, client, seconds=days * DAY if days else None
            )
            after = {"name": name[:100], "role": role.value, "scopes": scopes, "days": days}
            await session.noted(connection, "key.made", hash_token(token).hex()[:12], after=after)
            return token

    typer.echo(session.run(work))


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the keys that were not revoked; the keys themselves are kept nowhere."""

    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        async with runtime.db.read() as connection:
            return await service.list_keys(connection)

    found = session.run(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
        return
    for row in found:
        until = f"until {row['expires_at']:%Y-%m-%d %H:%M}" if row["expires_at"] else "until revoked"
        scopes = ", ".join(row["scopes"]) or "all of its role"
        typer.echo(f"{row['id']}  {row['role']:<13} {row['name']}: {scopes}; {until}{' (over)' if row['over'] else ''}")
    if not found:
        typer.echo("no keys")


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="The id that `list` prints.")]) -> None:
    """End a key, and the sessions that were begun with it, within seconds."""

    async def work(runtime: Runtime) -> int:
        async with runtime.db.transaction() as connection:
            ended = await service.revoke_key_named(connection, key.strip().lower())
            if ended:
                await session.noted(connection, "key.revoked", key.strip().lower())
            return ended

    if not session.run(work):
        raise _wrong(f"there is no key {key}")
    typer.echo("revoked")


def _wrong(text: str) -> typer.Exit:
    typer.echo(f"error: {text}", err=True)
    return typer.Exit(2)

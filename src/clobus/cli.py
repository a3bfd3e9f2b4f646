"""The command line: `clobus --help`. Each command has a file in `clobus.commands`, read when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

HELP = """The consultation desk in sync: 1C, PostgreSQL and Chatwoot agree.

Commands find the running instance by DATA (the directory of `make run`, by default .data), or by CLOBUS_... settings.
Exit codes: 0 all is well, 1 something differs or failed, 2 the command could not do its work."""

# A process needs a part of the platform: reading in all of it costs each one seconds and 100 MB.
COMMANDS = {
    "db": "The database.",
    "sync": "The processes of the sync.",
    "dead-letters": "What could not be done, why, and another try.",
    "keys": "API keys: who may call, and what.",
    "people": "Roles of people with accounts.",
    "messages": "What people were told, and what became of it.",
    "ratings": "What clients think of consultations.",
    "reports": "Counts, times, marks and kept promises.",
    "sandbox": "The running instance and its twins.",
    "api": "Serve the API, the operations page, health and metrics.",
    "worker": "Sync, push, handle webhooks, deliver messages, watch: all that goes on by itself.",
    "bot": "Speak with clients in Telegram.",
    "drift": "Compare 1C, PostgreSQL and Chatwoot record by record.",
    "explain": "Tell the whole story of one request: events, pushes, webhooks, messages, its state in each system.",
    "openapi": "Print the OpenAPI document of this version of the API.",
    "up": "Start everything on this machine and stay; Ctrl-C stops it.",
}
"""Every command with what `--help` says of it."""


def loaded(name: str) -> Any:
    """The command of a name, from its file: an `app` with commands of its own, or one function."""
    module = import_module(f"clobus.commands.{name.replace('-', '_')}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name)(getattr(module, name))
    command = get_command(app)
    command.name = name
    return command


class Commands(TyperGroup):
    """The commands of the table; to list them none is read in."""

    listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself, or for the list its name and help."""
        if cmd_name not in COMMANDS:
            return None
        if self.listing:
            return TyperGroup(name=cmd_name, help=COMMANDS[cmd_name])
        return loaded(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """List the commands."""
        self.listing = True
        super().format_help(ctx, formatter)


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback(help=HELP)
def clobus() -> None:
    """Take the options that all commands share: there are none."""

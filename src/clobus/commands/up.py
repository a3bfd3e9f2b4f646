"""`clobus up`: everything on this machine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clobus.sandbox import instance as instances
from clobus.sandbox.up import up as start_everything


class Size(StrEnum):
    """How much of the world the twins hold."""

    full = "full"
    small = "small"
    empty = "empty"


def up(
    size: Annotated[Size, typer.Option(help="How much the twins hold.")] = Size.full,
    port: Annotated[int, typer.Option(help="Where the API listens.")] = 8000,
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(instances.DEFAULT_DATA),
) -> None:
    """Start everything on this machine and stay; Ctrl-C stops it."""
    raise typer.Exit(start_everything(size.value, port, data))

"""How a command finds the running instance, opens what it needs, and says what went wrong."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
import psycopg_pool
import typer

from clobus import settings as settings_of
from clobus.core import logging
from clobus.core.db import Connection
from clobus.core.errors import ClobusError, GatewayError
from clobus.modules.accounts import audit
from clobus.runtime import Runtime, open_runtime
from clobus.sandbox import instance as instances
from clobus.sandbox.process import PartError
from clobus.settings import MissingSettings, Settings

T = TypeVar("T")


@contextmanager
def words() -> Iterator[None]:
    """Turn a failure that has words into a message and exit code 2; other failures keep their trace."""
    try:
        yield
    except (PartError, MissingSettings) as error:
        _end(str(error))
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        _end(f"the database does not answer: {str(error).splitlines()[0]}")
    except GatewayError as error:
        _end(f"{error} {error.vendor_text}".rstrip())
    except ClobusError as error:
        _end(f"{error.code} {error.data or ''}".rstrip())


def _end(text: str) -> None:
    typer.echo(f"error: {text}", err=True)
    raise typer.Exit(2)


def settings() -> Settings:
    """The settings of the environment, completed by those of the instance that DATA names."""
    found = instances.adopt()
    try:
        return settings_of.load()
    except MissingSettings:
        if found is None and not settings_of.are_given():
            instances.load()  # says where it looked
        raise


def run(work: Callable[[Runtime], Awaitable[T]], *, pool_size: int = 4) -> T:
    """Open the platform, do the work, close it; only warnings are logged."""

    async def whole(given: Settings) -> T:
        async with open_runtime(given, pool_size=pool_size) as runtime:
            return await work(runtime)

    with words():
        given = settings()
        logging.configure("ERROR")
        return asyncio.run(whole(given))
    raise typer.Exit(2)


async def noted(
    connection: Connection, act: str, target: str, *, before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write down what somebody does at the shell: he is known by his account on this machine."""
    actor = audit.Actor(f"operator:{_user()}", role="operator", agent="shell")
    await audit.note(connection, actor, act, target=target, before=before, after=after)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose number has no name
        return str(os.getuid())


def told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; for a loop that runs."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop

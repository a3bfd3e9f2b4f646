"""One throw-away PostgreSQL for a test run, a migrated template in it, and a clone of it for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from clobus.core import migrations
from clobus.sandbox.postgres import Postgres

TEMPLATE = "tpl"
_MEMORY = Path("/dev/shm")
_ENOUGH = 2**30
_MIGRATING = 4_711


class TestServer:
    """A server without fsync, in memory when there is room; `CLOBUS_TEST_DATABASE_URL` names another one."""

    __test__ = False

    def __init__(self) -> None:
        self._home: Path | None = None
        self._server: Postgres | None = None
        self.url = os.environ.get("CLOBUS_TEST_DATABASE_URL", "")

    def start(self) -> str:
        """Start it and give the address of its maintenance database."""
        if not self.url:
            roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
            self._home = Path(tempfile.mkdtemp(prefix="clobus-test-", dir=_MEMORY if roomy else None))
            self._server = Postgres(self._home, durable=False, bin_dir=os.environ.get("CLOBUS_PG_BIN"))
            self._server.start()
            self.url = self._server.url()
        return self.url

    def stop(self) -> None:
        """Stop it and leave nothing."""
        if self._server is not None:
            self._server.stop()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)


def named(url: str, dbname: str) -> str:
    """The same server's address of another database."""
    return url.rpartition("/")[0] + "/" + dbname


def make_template(url: str) -> None:
    """Migrate once into the template; whoever comes second waits and finds it there."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_MIGRATING,))
        if connection.execute("select 1 from pg_database where datname = %s and datistemplate", (TEMPLATE,)).fetchone():
            return
        connection.execute(f"drop database if exists {TEMPLATE}")
        connection.execute(f"create database {TEMPLATE}")
        migrations.upgrade(named(url, TEMPLATE))
        # Without this a clone fails with "being accessed by other users" (embedded.md §1).
        connection.execute(f"alter database {TEMPLATE} is_template true allow_connections false")


def keep(url: str, database: str, template: str) -> None:
    """Make a template of a database as it is now; nobody may be connected to it."""
    names = sql.Identifier(template), sql.Identifier(database.rpartition("/")[2])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {} strategy file_copy").format(*names))
        connection.execute(sql.SQL("alter database {} is_template true allow_connections false").format(names[0]))


@contextmanager
def clone(url: str, template: str = TEMPLATE) -> Iterator[str]:
    """A database of one's own, dropped afterwards with whoever is still connected."""
    dbname = f"t_{uuid4().hex}"
    name = sql.Identifier(dbname)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(name, sql.Identifier(template))
        )
        try:
            yield named(url, dbname)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))

"""The server of all measurements: embedded PostgreSQL, durable, with room; a migrated template with clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.documents import CLIENT_KEYS, key
from clobus.core import migrations
from clobus.sandbox import postgres

SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "autovacuum": "off", "checkpoint_timeout": "30min"}


class Server:
    """One server; `fsync` and `synchronous_commit` are on, autovacuum is off as in performance.md §1."""

    def __init__(self, home: Path) -> None:
        postgres._SETTINGS.update(SETTINGS)  # the measured server differs from the sandbox's in memory alone
        self.server = postgres.Postgres(home)

    def start(self) -> None:
        """Start and make the template."""
        self.server.start()
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute("drop database if exists bench_template with (force)")
            connection.execute("create database bench_template")
        migrations.upgrade(self.server.url("bench_template"))
        with psycopg.connect(self.server.url("bench_template")) as connection:
            connection.cursor().executemany(
                "insert into cons.clients (client_id, cl_ref_key, code_abonent, org_inn, company_name)"
                " values (%s, %s, %s, %s, %s)",
                [(key("our", n), one, str(10_000 + n), str(300_000_000 + n), f"Firm {n}")
                 for n, one in enumerate(CLIENT_KEYS)],
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """The postmaster."""
        assert self.server.pid is not None
        return self.server.pid

    @contextmanager
    def database(self, name: str, *, template: str = "bench_template") -> Iterator[str]:
        """A fresh database; the last one of that name is dropped first and this one kept for who looks afterwards."""
        self.execute(f"drop database if exists {name} with (force)")
        self.execute(f"create database {name} template {template} strategy file_copy")
        self.execute("checkpoint")
        yield self.server.url(name)

    def execute(self, sql: str, name: str = "postgres") -> list[Any]:
        """Run a statement, and give its rows."""
        with psycopg.connect(self.server.url(name), autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[arg-type]  # our own text
            return cursor.fetchall() if cursor.description else []

    def wal(self) -> int:
        """Bytes of log written so far."""
        return int(self.execute("select pg_current_wal_lsn() - '0/0'")[0][0])

"""The launcher: what it starts, what it survives."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clobus.sandbox.postgres import Postgres
from clobus.sandbox.process import PartError, alive
from tests.support.ports import free_port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    with Postgres(tmp_path / "pg", durable=False) as started:
        yield started


def value(server: Postgres, query: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def test_it_speaks_cyrillic_and_has_the_extensions(server: Postgres) -> None:
    assert value(server, "select lower('ҚЎҒҲ Ё')") == "қўғҳ ё"
    assert str(value(server, "show server_version")).startswith("18.")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for extension in ("vector", "pg_trgm", "unaccent", "btree_gist"):
            connection.execute(f"create extension {extension}")


def test_a_wrong_password_is_refused_and_the_right_one_is_private(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://clobus:wrong@127.0.0.1:{server.port}/postgres")
    assert stat.S_IMODE((server.home / "password").stat().st_mode) == 0o600


def test_it_keeps_port_and_data_over_stop_and_kill(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg")
    server.start()
    port = server.port
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table t as select 7 as x")
    for end in ("stop", "kill"):
        getattr(server, end)()
        server = Postgres(tmp_path / "pg")
        server.start()
        assert server.port == port
        assert value(server, "select x from t") == 7
    server.stop()


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from clobus.sandbox.postgres import Postgres;"
        "p = Postgres(Path(sys.argv[1]), durable=False); p.start(); print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, tmp_path / "pg"], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_a_server_that_outlived_its_supervisor_is_ended_first(tmp_path: Path) -> None:
    orphan = Postgres(tmp_path / "pg", durable=False)
    orphan.start()
    pid = orphan.pid
    assert pid is not None
    server = Postgres(tmp_path / "pg", durable=False)
    server.start()
    assert orphan.poll() == 0
    assert server.pid != pid
    server.stop()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", durable=False)
    server.start()
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    server.kill()
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.start()
    assert value(server, "select 1") == 1
    server.stop()


def test_an_interrupted_initdb_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "pg/data/base").mkdir(parents=True)
    with Postgres(tmp_path / "pg", durable=False) as server:
        assert value(server, "select 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_needs_no_open_parents(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Postgres(closed / "pg", durable=False) as server:
        assert value(server, "select 1") == 1
        assert (closed / "pg/data").stat().st_uid != 0
        server.restart()
        assert value(server, "select 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_programs_that_are_not_there_are_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(PartError, match="CLOBUS_PG_BIN"):
        Postgres(tmp_path / "pg", bin_dir=str(tmp_path)).start()


def test_a_port_that_is_taken_is_an_error_in_words(tmp_path: Path, server: Postgres) -> None:
    with pytest.raises(PartError, match=f"port {server.port}"):
        Postgres(tmp_path / "other", port=server.port, durable=False).start()
    with Postgres(tmp_path / "third", port=free_port(), durable=False) as third:
        assert value(third, "select 1") == 1


def test_a_server_that_dies_is_noticed(server: Postgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGQUIT)
    deadline = time.monotonic() + 10
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.poll() is not None

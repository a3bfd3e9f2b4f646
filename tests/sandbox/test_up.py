"""`clobus up` as a process: ready line, clean end, second run, errors in words. Parts are stubs; PostgreSQL is real."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clobus.sandbox import instance as instances
from clobus.sandbox.process import alive
from tests.support.ports import free_port

SCRIPT = Path(__file__).with_name("stub_up.py")


class Up:
    """One run of `clobus up`."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data, self.port = data, port
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOBUS_", "MAKE"))}
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(port), str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean | environment,
        )

    def ready(self) -> str:
        """Read its output until the ready line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready "):
                return line.strip()
        raise AssertionError(self.process.communicate()[1])

    def pids(self) -> list[int]:
        """All processes it started."""
        return list(instances.load(self.data).pids.values())

    def end(self, signum: int) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(signum)
        self.process.communicate(timeout=40)
        return self.process.returncode


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    if (path / "instance.json").exists():
        pid = instances.load(path).pids["supervisor"]
        if instances.is_running(path):
            os.kill(pid, signal.SIGTERM)


def gone(pids: list[int], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_says_ready_and_a_signal_ends_all_of_it(data: Path, signum: int) -> None:
    up = Up(data, free_port())
    assert up.ready() == f"ready http://127.0.0.1:{up.port}"
    assert instances.is_running(data)
    pids = up.pids()
    assert len(pids) == 11
    assert all(alive(pid) for pid in pids)
    assert up.end(signum) == 0
    assert gone(pids, 0)
    assert not instances.is_running(data)


@pytest.mark.slow
def test_the_kernel_ends_the_parts_of_a_killed_supervisor_and_the_next_run_goes_on(data: Path) -> None:
    up = Up(data, free_port())
    up.ready()
    pids = up.pids()
    with psycopg.connect(instances.load(data).database_url, autocommit=True) as connection:
        connection.execute("create table kept (x int)")
    up.end(signal.SIGKILL)
    assert gone(pids)

    again = Up(data, up.port)
    again.ready()
    with psycopg.connect(instances.load(data).database_url) as connection:
        connection.execute("select * from kept")
    assert (data / "twins/onec/starts").read_text() == "xx"
    again.end(signal.SIGTERM)


@pytest.mark.slow
def test_two_stand_side_by_side_and_one_data_directory_holds_one(data: Path, tmp_path: Path) -> None:
    first = Up(data, free_port())
    first.ready()
    second = Up(tmp_path / "other", free_port())
    second.ready()
    intruder = Up(data, free_port())
    _, said = intruder.process.communicate(timeout=20)
    assert intruder.process.returncode == 1
    assert f"is in use: an instance runs there already at http://127.0.0.1:{first.port}" in said
    assert second.end(signal.SIGTERM) == 0
    assert first.end(signal.SIGTERM) == 0


def test_a_taken_port_is_an_error_in_words(data: Path, tmp_path: Path) -> None:

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = Up(data, port)
        _, said = up.process.communicate(timeout=20)
    assert up.process.returncode == 1
    assert f"The port {port} is in use by another program" in said


@pytest.mark.slow
@pytest.mark.parametrize("part", ["onec", "worker", "api", "bot"])
def test_a_part_that_dies_ends_the_start_in_words(data: Path, part: str) -> None:
    up = Up(data, free_port(), STUB_DIE=part)
    _, said = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert f"{part} died (exit code 1)" in said
    assert f"{part} has had enough" in said
    assert gone(up.pids(), 0)


@pytest.mark.slow
def test_a_part_that_dies_later_ends_the_instance(data: Path) -> None:
    up = Up(data, free_port())
    up.ready()
    os.kill(instances.load(data).pids["worker"], signal.SIGKILL)
    _, said = up.process.communicate(timeout=40)
    assert up.process.returncode == 1
    assert "The part worker died (signal SIGKILL)" in said
    assert gone(up.pids(), 0)


def _hears_interrupts() -> None:
    # Tests that run behind a shell's back inherit that interrupts are ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_make_that_is_interrupted_alone_or_killed_takes_the_instance_along(data: Path, tmp_path: Path) -> None:
    for signum in (signal.SIGINT, signal.SIGKILL):
        makefile = tmp_path / "Makefile"
        makefile.write_text(f"run:\n\t@exec {sys.executable} {SCRIPT} {free_port()} {data}\n")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOBUS_", "MAKE"))}
        make = subprocess.Popen(
            ["make", "-s", "-f", makefile, "run"], stdout=subprocess.PIPE, text=True, env=clean,
            preexec_fn=_hears_interrupts,
        )  # fmt: skip
        assert make.stdout is not None
        assert any(line.startswith("ready ") for line in make.stdout)
        pids = list(json.loads((data / "instance.json").read_text())["pids"].values())
        make.send_signal(signum)
        make.stdout.close()
        make.wait(30)
        assert gone(pids, 20)


@pytest.mark.slow
def test_real_servers_take_the_place_of_embedded_ones(data: Path, database_url: str) -> None:
    up = Up(data, free_port(), CLOBUS_DATABASE_URL=database_url, CLOBUS_ONEC__BASE_URL="http://127.0.0.1:1")
    up.ready()
    kept = instances.load(data)
    assert kept.database_url == database_url
    assert set(kept.twins) == {"chatwoot", "telegram", "mail", "oidc"}
    twins = {"twin-chatwoot", "twin-telegram", "twin-mail", "twin-oidc"}
    assert set(kept.pids) == {"supervisor", *twins, "worker", "api", "bot"}
    assert not (data / "postgres").exists()
    assert up.end(signal.SIGTERM) == 0

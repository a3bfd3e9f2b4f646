"""What the supervisor does beside starting and ending: bounded logs, stubborn parts, waiting that ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from clobus.sandbox import process, supervisor
from clobus.sandbox.process import PartError, alive
from clobus.sandbox.supervisor import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_log_that_has_grown_is_put_aside_while_its_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_BOUND", 1000)
    boss = Supervisor(tmp_path)
    program = "import time\nfor turn in range(600): print('x' * 99, flush=True); time.sleep(0.01)"
    part = boss.start("talker", [sys.executable, "-c", program], os.environ)
    deadline = time.monotonic() + 20
    while not (tmp_path / "talker.log.1").exists():
        boss._bound_logs()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.1)
    assert 0 < part.log.stat().st_size < 5000
    assert b"\0" not in part.log.read_bytes()
    boss.stop()


def test_a_part_that_will_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    program = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"child = subprocess.Popen({SLEEP!r}); print(child.pid, flush=True); time.sleep(60)"
    )
    part = process.spawn([sys.executable, "-c", program], tmp_path / "log", os.environ)
    deadline = time.monotonic() + 10
    while not (tmp_path / "log").read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)
    child = int((tmp_path / "log").read_text())
    process.stop([part], grace=0.3)
    assert part.returncode == -9
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)


def test_waiting_ends_in_words(tmp_path: Path) -> None:
    boss = Supervisor(tmp_path)
    with pytest.raises(PartError, match=r"The moon was not ready within 0 s"):
        boss.wait_until(lambda: False, "The moon", 0)


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    part = process.spawn([sys.executable, "-c", ""], tmp_path / "log", os.environ)
    deadline = time.monotonic() + 10
    while alive(part.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(part.pid)
    os.kill(part.pid, 0)  # its entry is still there
    part.wait()


def test_free_ports_avoid_what_is_taken() -> None:
    preferred = process.free_port()
    assert process.free_port(preferred) == preferred
    assert process.free_port(preferred, [preferred]) != preferred

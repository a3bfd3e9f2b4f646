"""What is dear is made once for a whole run: the workers of a run share a directory, and the first one makes it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def run_id() -> str:
    """The same in all workers of one run."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid():032x}")[-12:]


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A directory that `make` fills: by whoever comes first, the others wait for it."""
    base = factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{run_id()}"
    home.mkdir(exist_ok=True)
    made, done = home / name, home / f"{name}.done"
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(made, ignore_errors=True)  # somebody began and failed
            made.mkdir()
            make(made)
            done.touch()
    return made

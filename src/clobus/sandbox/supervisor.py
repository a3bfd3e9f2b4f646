"""Keeps parts running together: starts them, watches them, bounds their logs, ends them all."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx

from clobus.core.http import trusting
from clobus.sandbox import process
from clobus.sandbox.postgres import Postgres
from clobus.sandbox.process import PartError

LOG_BOUND = 16 * 2**20
_TICK = 0.2


class Stopped(BaseException):  # noqa: N818 - a request, not an error: nothing on the way may take it for one
    """Somebody asked for the end: Ctrl-C, SIGTERM, or the `make` above us went away."""


@dataclass(slots=True)
class Part:
    """A running part, its log, and whether its end ends everything."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Supervisor:
    """The parts of one instance. Errors are `PartError`; a request to stop arrives as `Stopped`."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.parts: list[Part] = []
        self.postgres: Postgres | None = None
        self._above = _Above()
        self._next_look = 0.0
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> Part:
        """Start a part; its output goes to `logs/NAME.log`."""
        log = self.logs / f"{name}.log"
        part = Part(name, process.spawn(command, log, env), log)
        self.parts.append(part)
        return part

    def check(self) -> None:
        """Raise when a part has died or the one who started us is gone; once a second, look at the logs' sizes."""
        for part in self.parts:
            code = part.process.poll()
            if code is not None:
                raise PartError(f"The part {part.name} died ({_ending(code)}). The end of {part.log}:\n{tail_of(part)}")
        if self.postgres is not None and self.postgres.poll() is not None:
            raise PartError(f"PostgreSQL died. The end of its log:\n{process.tail(self.postgres.log)}")
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + 1
            self._bound_logs()
            if self._above.wants_end():
                raise Stopped

    def wait_until(
        self,
        ready: Callable[[], bool],
        what: str,
        seconds: float,
        shown: Callable[[], None] | None = None,
        tick: float = _TICK,
    ) -> None:
        """Wait for something while all parts live; `PartError` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if shown is not None:
                shown()
            if time.monotonic() > deadline:
                raise PartError(f"{what} was not ready within {seconds:.0f} s; see {self.logs}.")
            time.sleep(tick)

    def stay(self) -> None:
        """Stay until a part dies (`PartError`) or the end is asked for (`Stopped`)."""
        while True:
            self.check()
            time.sleep(_TICK)

    def stop(self) -> None:
        """End everything: the platform first, then what it stands on, PostgreSQL last."""
        foundations = [part for part in self.parts if part.name.startswith("twin-")]
        for group in ([part for part in self.parts if part not in foundations], foundations):
            process.stop([part.process for part in group])
        if self.postgres is not None:
            self.postgres.stop()
        self.parts.clear()

    def _bound_logs(self) -> None:
        """Copy a log that has grown too long aside and empty it; its writer appends, so it goes on in place."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_BOUND:
                shutil.copyfile(log, log.with_name(log.name + ".1"))
                os.truncate(log, 0)


class _Above:
    """The `make` that started us. It passes SIGTERM on, but neither its own death nor a SIGINT sent to it alone."""

    def __init__(self) -> None:
        self._pid = os.getppid() if "MAKELEVEL" in os.environ else 0
        self._caught = self._catches_interrupt()

    def wants_end(self) -> bool:
        """True when make is gone, or has caught SIGINT and waits for us (it takes back its handler then)."""
        if not self._pid:
            return False
        return os.getppid() != self._pid or (self._caught and not self._catches_interrupt())

    def _catches_interrupt(self) -> bool:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text(encoding="utf-8")
        except OSError:
            return False
        if not status.startswith("Name:\tmake\n"):
            return False
        caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
        return bool(int(caught, 16) & (1 << (signal.SIGINT - 1)))


@contextmanager
def signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Stopped`, once; while we clean up they are ignored."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def asked(_signum: int, _frame: FrameType | None) -> None:
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise Stopped

    before = {name: signal.signal(name, asked) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def answers(url: str) -> bool:
    """Tell whether an address answers 200 now."""
    try:
        return httpx.get(url, timeout=2, trust_env=False, verify=trusting()).status_code == 200
    except httpx.HTTPError:
        return False


def tail_of(part: Part) -> str:
    """The last lines that a part wrote."""
    return process.tail(part.log)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

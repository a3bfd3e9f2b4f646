"""Child processes that end with their parent, and the ports they listen on."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class PartError(Exception):
    """A part of the instance can't start or has died; the text is for the person at the terminal."""


def die_with_parent(signum: int) -> Callable[[], None]:
    """A `preexec_fn` that lets the kernel send `signum` when the parent's thread ends, however it ends.

    Linux only; elsewhere it does nothing. It has to run after the change of user, which would clear it (prctl(2)):
    `subprocess` calls `preexec_fn` last.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
        if os.getppid() != parent:  # the parent was gone before the kernel knew
            os.kill(os.getpid(), signum)

    return arm


def spawn(command: Sequence[str | Path], log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a part in a process group of its own, its output appended to `log`; it is killed with its parent."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )


def stop(processes: Sequence[subprocess.Popen[bytes]], grace: float = 10.0) -> None:
    """End process groups: SIGTERM to all at once, SIGKILL to those that are there after `grace` seconds."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + grace
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()
        else:
            _signal_group(process, signal.SIGKILL)  # children that it left behind


def _signal_group(process: subprocess.Popen[bytes], signum: int) -> None:
    try:
        os.killpg(process.pid, signum)
    except (ProcessLookupError, PermissionError):
        return


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie that nobody reaped counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return not Path("/proc/self").exists() and _answers(pid)
    except (ProcessLookupError, IndexError):
        return False
    return state not in {"Z", "X"}


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


PORTS = range(20_000, 32_768)
"""Below those that Linux lends to whoever connects: a server that starts again finds its own port still free."""


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether `port` can be listened on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0, taken: Sequence[int] = ()) -> int:
    """A free TCP port: `preferred` when it is free, otherwise any of PORTS that `taken` does not hold."""
    if preferred and preferred not in taken and port_is_free(preferred):
        return preferred
    while True:
        port = secrets.choice(PORTS)
        if port not in taken and port_is_free(port):
            return port


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 8192))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])

"""What a run costs: CPU of process trees from /proc, peak memory, how busy others are, and a fixed loop as a check."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
CORES = os.cpu_count() or 1


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    """All living processes below one, itself first."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu(pid: int) -> float:
    """CPU seconds of a process, its living descendants and those that were waited for."""
    total = 0
    for one in children(pid):
        try:
            fields = _stat(one)
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICK


def rss(pid: int) -> float:
    """Megabytes that a tree holds now."""
    total = 0
    for one in children(pid):
        try:
            total += int(_stat(one)[21])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total * PAGE_MB


def busy() -> float:
    """CPU seconds that all cores together have worked since the start of the machine."""
    fields = [int(value) for value in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / TICK


def others_busy(seconds: float = 1.0) -> float:
    """The share of the cores that somebody uses while we do nothing."""
    before = busy()
    time.sleep(seconds)
    return (busy() - before) / seconds / CORES


def spin() -> float:
    """Seconds that a fixed loop takes: a poor meter of noise, but an honest one of a slow machine."""
    started = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    return time.perf_counter() - started


class Peak(threading.Thread):
    """The largest memory of a tree, looked at twenty times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.megabytes = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        """Look until told to end."""
        while not self.over.wait(0.05):
            self.megabytes = max(self.megabytes, rss(self.pid))

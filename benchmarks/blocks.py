"""Interleaved blocks: each contestant once a block, each measured alone, rows kept with how busy the others were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.database import Server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
PEERS = HERE / ".venv-bench" / "bin" / "python"
QUIET = 0.10
PATIENCE = 2
TRIES = 3


@contextmanager
def source(total: int, delay: float = 0.0) -> Iterator[str]:
    """The source over so many documents, in a process of its own; every page takes `delay` seconds."""
    command = [sys.executable, "-m", "benchmarks.source", str(total), str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


@dataclass
class Bench:
    """Where the rows of one question go, and the server that serves all contestants."""

    question: str
    server: Server

    def __post_init__(self) -> None:
        """Count the blocks on from those that are there."""
        path = RESULTS / f"{self.question}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.first = max((json.loads(line)["block"] + 1 for line in lines), default=0)

    def quietly(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Keep the row of a run that others let alone, of some tries; else the last, which says how busy they were."""
        for _ in range(TRIES):
            row = run()
            if max(row["others_busy"], row["others_during"]) <= QUIET:
                break
        self.keep(row)
        return row

    def measure(self, contestant: str, command: list[str], block: int, count: int, **more: Any) -> dict[str, Any]:
        """Run a command that prints a JSON line, alone; give and keep the row."""
        others = self.quiet()
        spin = machine.spin()
        wal, postgres = self.server.wal(), machine.cpu(self.server.pid)
        all_of_it, ours = machine.busy(), machine.cpu(os.getpid())
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        peak = machine.Peak(process.pid)
        peak.start()
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.read()
        trouble = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        whole = time.perf_counter() - started
        peak.over.set()
        # The server, the source and the contestant are all our children.
        others_during = (machine.busy() - all_of_it - (machine.cpu(os.getpid()) - ours)) / whole / machine.CORES
        if process.returncode:
            raise SystemExit(f"{contestant} failed: {trouble[-2000:]}{said[-500:]}")
        row = {
            "question": self.question, "block": self.first + block, "contestant": contestant, "count": count,
            "process": whole,
            "cpu_process": usage.ru_utime + usage.ru_stime, "cpu_postgres": machine.cpu(self.server.pid) - postgres,
            "wal": self.server.wal() - wal, "rss_tree": peak.megabytes, "others_busy": others,
            "others_during": max(0.0, others_during), "spin": spin,
            **more, **json.loads(said.strip().splitlines()[-1]),
        }  # fmt: skip
        if row.pop("kept", True):
            self.keep(row)
        return row

    def keep(self, row: dict[str, Any]) -> None:
        """Append a row and show it."""
        RESULTS.mkdir(exist_ok=True)
        row = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        with (RESULTS / f"{self.question}.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    @staticmethod
    def quiet() -> float:
        """Wait a while for the others to rest; what could not be waited for stands in the row."""
        for _ in range(PATIENCE):
            others = machine.others_busy()
            if others <= QUIET:
                break
            time.sleep(2)
        return others


@contextmanager
def bench(question: str, data: Path) -> Iterator[Bench]:
    """A running server and the file of one question."""
    server = Server(data)
    server.start()
    try:
        yield Bench(question, server)
    finally:
        server.server.stop()


def prepare_peers() -> None:
    """Make the environment of dlt, sling and the ORM, by the lock; no network is touched when it stands."""
    lock, made = ROOT / "requirements-bench.lock", PEERS.parents[1] / "made.lock"
    if made.exists() and made.read_bytes() == lock.read_bytes():
        return
    uv = str(Path(sys.executable).parent / "uv")
    if not PEERS.exists():
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, str(PEERS.parents[1])], check=True)
    exact = ["--require-hashes", "-r", str(lock)]
    subprocess.run([uv, "pip", "install", "-q", "--python", str(PEERS), *exact], check=True)
    made.write_bytes(lock.read_bytes())

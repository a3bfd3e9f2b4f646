"""Live pages: `clobus api` with 5,000 sockets, told over the database, against a bare `websockets` server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psycopg

from benchmarks import machine
from benchmarks.api import served
from benchmarks.blocks import ROOT, bench
from benchmarks.documents import key
from benchmarks.pages import COMMON
from clobus.core import auth
from clobus.sandbox.process import free_port

PAGES = 5000
KEY = "bench-only-bench-only-bench-only"


def prepare(dsn: str) -> None:
    """A request for each page, and one that all of them watch."""
    with psycopg.connect(dsn) as connection:
        connection.cursor().executemany(
            "insert into cons.cons (cons_id, consultation_type, status, create_date, source)"
            " values (%s, 'Техническая поддержка', 'open', now(), 'SITE')",
            [(key("page", number),) for number in range(PAGES)] + [(COMMON,)],
        )


def live(data: Path, blocks: int) -> None:
    """Blocks of ours and bare, in turning order."""
    ticket = auth.sign(KEY, "live", msgspec.json.encode({"id": "bench", "role": "head", "own": None}).hex(), 3600)
    os.environ |= {"BENCH_TICKET": ticket, "CLOBUS_LIMITS__LIVE_PAGES": "100000"}
    with bench("live", data) as one, one.server.database("bench_live") as dsn:
        prepare(dsn)
        for block in range(blocks):
            for what in ("ours", "bare") if block % 2 else ("bare", "ours"):
                caller = [sys.executable, "-m", "benchmarks.pages", what]
                if what == "ours":
                    with served(dsn) as (port, pid):
                        one.measure(what, [*caller, str(port), dsn, str(PAGES), str(pid)], block, PAGES)
                    continue
                port, orders = free_port(0), free_port(0)
                command = [sys.executable, "-m", "benchmarks.peers.bare_sockets", str(port), str(orders)]
                process = subprocess.Popen(command, cwd=ROOT)
                try:
                    time.sleep(1.5)
                    assert machine.rss(process.pid) > 0
                    caller += [str(port), str(orders), str(PAGES), str(process.pid)]
                    one.measure(what, caller, block, PAGES)
                finally:
                    process.kill()
                    process.wait()

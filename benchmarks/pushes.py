"""Pushes out of the outbox against bare posting, to the same sink."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.blocks import bench, source

BACKLOG = 3_000


def push(data: Path, blocks: int) -> None:
    """A backlog of pushes, worked off."""
    with source(10) as url, bench("push", data) as one, one.server.database("bench_push") as dsn:
        for block in range(blocks):
            for contestant in ("bare", "outbox")[:: 1 if block % 2 else -1]:
                one.measure(
                    contestant,
                    [sys.executable, "-m", "benchmarks.pusher", contestant, url, dsn, str(BACKLOG)],
                    block,
                    BACKLOG,
                )

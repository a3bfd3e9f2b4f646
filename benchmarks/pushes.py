"""Pushes out of the outbox: against bare posting to the same sink, and under SIGKILL."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import psycopg

from benchmarks.blocks import ROOT, bench, source
from clobus.core.ids import new_id

BACKLOG = 3_000
KILLS = 15


def push(data: Path, blocks: int) -> None:
    """A backlog of pushes, worked off."""
    with source(10) as url, bench("push", data) as one, one.server.database("bench_push") as dsn:
        for block in range(blocks):
            for contestant in ("bare", "outbox")[:: 1 if block % 2 else -1]:
                command = [sys.executable, "-m", "benchmarks.pusher", contestant, url, dsn, str(BACKLOG)]
                one.quietly(partial(one.measure, contestant, command, block, BACKLOG, kept=False))


def kill(data: Path, blocks: int) -> None:
    """Pushers that are killed at random moments, the next one going on; the sink knows what came and how often."""
    with bench("kill", data) as one:
        for block in range(blocks):
            seed = one.first + block
            with source(10) as url, one.server.database("bench_kill") as dsn:
                row = _killed(url, dsn, random.Random(seed))
            one.keep({"question": "kill", "block": seed, "contestant": "rest", "count": BACKLOG, **row})


def _killed(url: str, dsn: str, chance: random.Random) -> dict[str, int]:
    ids = [str(new_id()) for _ in range(BACKLOG)]
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into sys.outbox (system, subject, subject_id)"
            " select 'chatwoot', 'consultation', unnest(%s::uuid[])",
            (ids,),
        )
    command = [sys.executable, "-m", "benchmarks.pusher", "rest", url, dsn, str(BACKLOG)]
    kills = 0
    while True:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()  # it begins
        try:
            code = process.wait(chance.uniform(0.0, 0.2) if kills < KILLS else 120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        if code:
            raise SystemExit(f"the pusher failed: {code}")
        break
    time.sleep(0.2)
    with urlopen(f"{url}/_taken") as answer:
        taken = json.load(answer)
    times: Counter[str] = Counter()
    bodies: defaultdict[str, set[str]] = defaultdict(set)
    for path, body, count in taken:
        identity = path.rpartition("/")[2]
        times[identity] += count
        bodies[identity].add(body)
    return {
        "kills": kills, "lost": sum(identity not in times for identity in ids),
        "repeated": sum(count > 1 for count in times.values()), "most": max(times.values()),
        "different": sum(len(found) > 1 for found in bodies.values()),
    }  # fmt: skip

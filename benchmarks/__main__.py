"""`python -m benchmarks [NAME] [--blocks N] [--data DIR]`: measure; never fails by time."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import api, live, load_test, loads, pushes, report, reports

ALL = ["floor", "floor_narrow", "load", "dlt", "sling", "row_by_row"]


def _part(total: int, part: str, data: Path, blocks: int) -> None:
    loads.follow(data, total, blocks, [part])


def _reports(data: Path, blocks: int, *totals: int) -> None:
    for total in totals:
        reports.measure(data, blocks, total)
    report.reports()


NAMES: dict[str, Callable[[Path, int], None]] = {
    "load30k": lambda data, blocks: loads.load(data, 30_000, blocks, ALL),
    "load300k": lambda data, blocks: loads.load(data, 300_000, blocks, ALL[:-1]),
    "load1m": lambda data, _: loads.load(data, 1_000_000, 1, ["floor", "load"]),
    "follow30k": lambda data, blocks: loads.follow(data, 30_000, blocks),
    "follow1m": lambda data, blocks: loads.follow(data, 1_000_000, blocks),
    **{
        f"follow{name}-{part}": partial(_part, total, part)
        for name, total in (("30k", 30_000), ("1m", 1_000_000))
        for part in loads.PARTS
    },
    "flight": lambda data, blocks: loads.flight(data, 30_000, blocks),
    "push": pushes.push,
    "kill": pushes.kill,
    "api": api.api,
    "live": live.live,
    "rush": load_test.measure,
    "reports": lambda data, blocks: _reports(data, blocks, 30_000, 3_000_000),
    "reports30k": lambda data, blocks: _reports(data, blocks, 30_000),
    "reports300k": lambda data, blocks: _reports(data, blocks, 300_000),
    "reports3m": lambda data, blocks: _reports(data, blocks, 3_000_000),
    "reports3m-make": lambda data, _: reports.generate(data, 3_000_000),
    "report": lambda _data, _blocks: report.show(),
}
SHORT = ("load30k", "follow30k", "flight", "push", "kill", "api", "live", "rush", "report")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(".data-bench"))
    given = parser.parse_args()
    for name in given.names or SHORT:
        NAMES[name](given.data.absolute(), given.blocks)


if __name__ == "__main__":
    main()

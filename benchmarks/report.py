"""The rows of benchmarks/results as tables: medians over blocks with their spread, ratios taken inside a block."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.blocks import QUIET, RESULTS

Row = dict[str, Any]


def rows(question: str) -> list[Row]:
    """The quiet rows of a question; where there is none of a contestant, the noisy ones, which say so themselves."""
    path = RESULTS / f"{question}.jsonl"
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    quiet = {(row["contestant"], row.get("total")) for row in found if others(row) <= QUIET}
    return [row for row in found if others(row) <= QUIET or (row["contestant"], row.get("total")) not in quiet]


def others(row: Row) -> float:
    """How much of both cores others used, before a run or while it went on."""
    return max(float(row.get("others_busy", 0.0)), float(row.get("others_during", 0.0)))


def spread(values: list[float], digits: int = 0) -> str:
    """The median and the range."""
    if not values:
        return "–"
    shown = [f"{value:,.{digits}f}" for value in (median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]}..{shown[2]})"


def ratios(found: list[Row], contestant: str, base: str, value: Callable[[Row], float]) -> list[float]:
    """The contestant's value through the base's, block by block."""
    bases = {row["block"]: value(row) for row in found if row["contestant"] == base}
    return [
        value(row) / bases[row["block"]] for row in found if row["contestant"] == contestant and row["block"] in bases
    ]


def rate(row: Row) -> float:
    """Things a second."""
    return float(row["count"]) / float(row["wall"])


def micros(row: Row, part: str) -> float:
    """CPU microseconds a thing."""
    return float(row[part]) / float(row["count"]) * 1e6


def cost(row: Row) -> float:
    """CPU of both sides: of the run itself where it is known, else of the whole process."""
    return micros(row, "cpu_process") + micros(row, "cpu_postgres")


def table(head: str, lines: list[list[str]]) -> None:
    """Markdown."""
    names = head.split(" | ")
    sys.stdout.write(f"\n| {head} |\n|{' --- |' * len(names)}\n")
    for line in lines:
        sys.stdout.write(f"| {' | '.join(line)} |\n")


def loads() -> None:
    """First loads, by number of documents."""
    found = rows("load")
    for total in sorted({row["total"] for row in found}):
        here = [row for row in found if row["total"] == total]
        lines = []
        for name in dict.fromkeys(row["contestant"] for row in here):
            own = [row for row in here if row["contestant"] == name]
            lines.append([
                name, str(len(own)), spread([rate(row) for row in own]), spread(ratios(here, name, "floor", rate), 2),
                spread(ratios(here, "load", name, rate), 2), spread([micros(row, "cpu_process") for row in own], 1),
                spread([micros(row, "cpu_postgres") for row in own], 1), spread([row["rss_tree"] for row in own]),
                spread([others(row) for row in own], 2),
            ])  # fmt: skip
        sys.stdout.write(f"\n## load of {total:,}\n")
        table("contestant | blocks | docs/s | to the floor | ours to it | client CPU µs/doc | Postgres CPU µs/doc |"
              " peak RSS MB | others busy", lines)  # fmt: skip


def follow() -> None:
    """What comes after a first load."""
    found = rows("follow")
    lines = []
    for total in sorted({row["total"] for row in found}):
        for name in dict.fromkeys(row["contestant"] for row in found):
            own = [row for row in found if row["contestant"] == name and row["total"] == total]
            if own:
                lines.append([
                    f"{total:,}", name, str(len(own)), spread([row["wall"] * 1000 for row in own], 1),
                    spread([row["cpu_run"] * 1000 for row in own], 1), spread([row["read"] for row in own]),
                    spread([row["wal"] / row["total"] for row in own], 2), spread([row["rss"] for row in own]),
                    spread([others(row) for row in own], 2),
                ])  # fmt: skip
    table("documents | what | runs | wall ms | client CPU ms | records read | WAL bytes/doc | RSS MB | others busy",
          lines)  # fmt: skip


def flights() -> None:
    """Pages in flight to a slow base."""
    found = rows("flight")
    lines = [
        [name, str(len(own)), spread([row["wall"] for row in own], 1),
         spread([1 / value for value in ratios(found, name, "flight1", lambda row: float(row["wall"]))], 2),
         ", ".join(sorted({row["content"][:8] for row in own})), spread([others(row) for row in own], 2)]
        for name in sorted({row["contestant"] for row in found})
        if (own := [row for row in found if row["contestant"] == name])
    ]  # fmt: skip
    table("pages in flight | runs | wall s | times as quick as one | content | others busy", lines)


def kills() -> None:
    """What SIGKILL did."""
    lines = [
        [str(row["block"]), *(f"{row[name]:,}" for name in ("count", "kills", "lost", "repeated", "most", "different"))]
        for row in rows("kill")
    ]
    table("seed | pushes | kills | lost | came again | most often | with another content", lines)


def pushes() -> None:
    """Rates of posting."""
    found = rows("push")
    lines = [
        [name, str(len(own)), spread([rate(row) for row in own]), spread(ratios(found, name, "bare", rate), 2),
         spread([micros(row, "cpu_run") for row in own]), spread([micros(row, "cpu_postgres") for row in own]),
         spread([others(row) for row in own], 2)]
        for name in dict.fromkeys(row["contestant"] for row in found)
        if (own := [row for row in found if row["contestant"] == name])
    ]  # fmt: skip
    table("contestant | blocks | pushes/s | to bare | client CPU µs | Postgres CPU µs | others busy", lines)


def api() -> None:
    """The API under its callers."""
    found = rows("api")
    lines = [
        [name, str(len(own)), spread([rate(row) for row in own]), spread(ratios(found, name, "pgbench", rate), 2),
         spread([row["p50"] * 1000 for row in own if "p50" in row], 1),
         spread([row["p99"] * 1000 for row in own if "p99" in row], 1), spread([micros(row, "cpu_api") for row in own]),
         spread([micros(row, "cpu_postgres") for row in own]), spread([others(row) for row in own], 2)]
        for name in dict.fromkeys(row["contestant"] for row in found)
        if (own := [row for row in found if row["contestant"] == name])
    ]  # fmt: skip
    table(
        "what | blocks | requests/s | to pgbench | p50 ms | p99 ms | API CPU µs | Postgres CPU µs | others busy", lines
    )


def live() -> None:
    """Open pages."""
    found = rows("live")

    def shown(own: list[Row], name: str, digits: int = 1) -> str:
        return spread([row[name] for row in own if name in row], digits)

    lines = [
        [name, str(len(own)), shown(own, "all_p99"),
         spread(ratios(found, name, "bare", lambda row: float(row["all_p99"])), 2), shown(own, "cpu_all"),
         shown(own, "one_p99", 2), shown(own, "cpu_one", 0), shown(own, "beside_p99"), shown(own, "kb_page"),
         str(sum(row["all_lost"] + row["one_lost"] + row["beside_lost"] for row in own)), shown(own, "others_busy", 2)]
        for name in dict.fromkeys(row["contestant"] for row in found)
        if (own := [row for row in found if row["contestant"] == name])
    ]  # fmt: skip
    table("server | blocks | broadcast p99 ms | to bare | CPU µs/message | single p99 ms at 1,000/s |"
          " CPU µs/single | broadcast p99 ms beside 50 stuck | KB/page | lost | others busy", lines)  # fmt: skip


def rushes() -> None:
    """The desk in a rush."""
    found = rows("rush")
    lines = []
    for kind in ("create", "read", "list", "live"):
        lines.append([
            kind, str(len(found)), 
            *(spread([row[f"{kind}_{name}"] for row in found], 1) for name in ("p50", "p99", "max")),
        ])  # fmt: skip
    table("what | runs | p50 ms | p99 ms | longest ms", lines)
    lines = [
        [str(row["block"]), f"{row['count']:,} in {row['wall']:.1f} s", f"{row['accepted']:,}",
         str(sum(value for name, value in row.items() if name.startswith(("lost_", "doubled_")))),
         str(row["drift"]), f"{row['live_events']:,}", str(row["live_missed"]), f"{row['drain']:.1f}",
         ", ".join(f"{name} {row[f'cpu_{name}'] / row['wall']:.2f}"
                   for name in ("api", "worker", "postgres", "onec", "chatwoot")),
         f"{row['cores_used']:.2f}"]
        for row in found
    ]  # fmt: skip
    table("run | requests | accepted | lost or doubled | drift | news for pages | not heard | s until all was told |"
          " cores used by | share of both cores", lines)  # fmt: skip


def reports() -> None:
    """Milliseconds of each report: ours, plain SQL's and DuckDB's, and ours through plain SQL's block by block."""
    found = rows("reports")
    for total in sorted({int(row["total"]) for row in found}):
        lines = []
        kept = [row for row in found if row["total"] == total]
        for span, narrowed, name in dict.fromkeys((r["span"], r["filter"], r["contestant"]) for r in kept):
            own = [r for r in kept if (r["span"], r["filter"], r["contestant"]) == (span, narrowed, name)]
            times = {way: [float(r[f"{way}_ms"]) for r in own if f"{way}_ms" in r] for way in ("ours", "plain", "duck")}
            slower = [r["ours_ms"] / r["plain_ms"] for r in own if "plain_ms" in r]
            busy = spread([others(r) for r in own], 2)
            lines.append([name, span, narrowed, *(spread(v, 1) for v in times.values()), spread(slower, 2), busy])
        sys.stdout.write(f"\n## reports over {total:,} requests\n")
        table("report | period | filter | ours ms | plain SQL ms | DuckDB ms | ours to plain | others busy", lines)


def show() -> None:
    """All tables there are rows for."""
    for part in (loads, follow, flights, pushes, kills, api, live, rushes, reports):
        part()

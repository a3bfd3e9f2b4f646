"""Percentiles by every way that they are reckoned, beside values that are written out and sorted."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from clobus.modules.reports.percentiles import (
    BUCKETS,
    FEW,
    LOWEST,
    SHARES,
    SHORT,
    Percentiles,
    Places,
    of_counted,
    of_letters,
)
from clobus.modules.reports.types import BOUNDS

TIMES = ("first", "closing")
_bucket = st.integers(0, BUCKETS - 1) | st.integers(20, 24)
_line = st.lists(_bucket, max_size=6) | st.lists(_bucket, min_size=SHORT - 1, max_size=SHORT + 2)
_lines = st.lists(st.tuples(_line, _line), max_size=8)


def plainly(values: Sequence[int]) -> list[int | None]:
    """By share, the value at its place when those of a bucket are spread evenly in it and all are sorted."""
    spread = []
    for bucket in sorted(set(values)):
        low = (0, *BOUNDS)[bucket]
        width = BOUNDS[bucket] - low if bucket < len(BOUNDS) else 0
        held = values.count(bucket)
        spread += [low + width * (2 * place + 1) // (2 * held) for place in range(held)]
    return [spread[-(-len(spread) * share // 100) - 1] if spread else None for share in SHARES]


def wanted(lines: Sequence[Sequence[Sequence[int]]]) -> Places:
    """Of lines, by time and share."""
    return {
        time: list(zip(*(plainly(line[at]) for line in lines), strict=True)) for at, time in enumerate(TIMES)
    }  # fmt: skip


def plain(places: Places) -> dict[str, list[list[int | None]]]:
    return {time: [list(line) for line in shares] for time, shares in places.items()}


def letters(lines: Sequence[Sequence[Sequence[int]]]) -> list[str]:
    return ["".join(chr(LOWEST + bucket) for bucket in line[at]) for at in range(len(TIMES)) for line in lines]


def vector(line: Sequence[Sequence[int]]) -> bytes:
    """As pgvector sends them: how many, nothing, and so many numbers of four bytes."""
    counted = ([held.count(bucket) for bucket in range(BUCKETS)] for held in line)
    return b"".join(struct.pack(f">HH{BUCKETS}f", BUCKETS, 0, *counts) for counts in counted)


def counted(lines: Sequence[Sequence[Sequence[int]]]) -> Percentiles:
    """A half of each second line as a histogram, the rest as letters."""
    halves = [len(line[0]) // 2 if number % 2 else 0 for number, line in enumerate(lines)]
    first = [[held[:half] for held in line] for half, line in zip(halves, lines, strict=True)]
    rest = [[held[half:] for held in line] for half, line in zip(halves, lines, strict=True)]
    return of_counted(
        [(number, vector(line)) for number, line in enumerate(first) if number % 2],
        [(number, letters([line])) for number, line in enumerate(rest)],
        len(lines), TIMES, apart=True,
    )  # fmt: skip


@given(_lines)
@example([([5], []), ([], [7, 7, 62])])
@example([([1] * FEW, [62] * (SHORT + 1)), ([], [0])])
def test_letters_histograms_and_sorted_values_tell_the_same(lines: list[tuple[list[int], list[int]]]) -> None:
    whole = [tuple([bucket for line in lines for bucket in line[at]] for at in range(len(TIMES)))]
    for told in (of_letters(letters(lines), TIMES, apart=True), *([counted(lines)] if lines else [])):
        assert plain(told.whole) == plain(wanted(whole))
        assert plain(told.lines) == (plain(wanted(lines)) if lines else {})


@given(st.lists(_bucket, max_size=400))
def test_all_together_are_told_without_lines(values: list[int]) -> None:
    told = of_letters(letters([(values, values[:1])]), TIMES, apart=False)
    assert plain(told.whole) == plain(wanted([(values, values[:1])]))
    assert not told.lines

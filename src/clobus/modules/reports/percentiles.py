"""Medians and ninth deciles of histograms: exact to a bucket's width, in which values are taken to lie evenly."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, cast

from clobus.modules.reports.types import BOUNDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHARES = (50, 90)
BUCKETS = len(BOUNDS) + 1
_LOW = (0, *BOUNDS)
_WIDTH = (*(high - low for low, high in pairwise(_LOW)), 0)
"""Where each bucket begins and how wide it is; the last has no end."""
_NOTHING = (None,) * len(SHARES)
_ALONE = tuple(low + width // 2 for low, width in zip(_LOW, _WIDTH, strict=True))
"""What the only value of a bucket is taken to be."""
LOWEST = ord("#")
"""The letter of the first bucket: buckets come as letters of one text, the quickest to make and to read."""
FEW = 130
"""So many values are sorted by Python before arrays of them have begun."""
SHORT = 150
"""So many values of one text are sorted in the time that they are counted in."""

Places = dict[str, Sequence[Sequence[int | None]]]
"""By time: medians and ninth deciles, in working seconds, of some lines; None where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Those of each line (none where lines have none), and of all together, which is a line alone."""

    lines: Places = field(default_factory=dict)
    whole: Places = field(default_factory=dict)


def of_counted(
    vectors: Sequence[tuple[int, bytes]], letters: Sequence[tuple[int, Sequence[str | None]]], lines: int,
    times: Sequence[str], *, apart: bool,
) -> Percentiles:  # fmt: skip
    """Of lines by number: histograms of all times as pgvector sends them, each line once, and texts with a letter for
    each value (see `of_letters`), a text a time. `apart`: of each line, too.
    """
    import numpy as np  # noqa: PLC0415 - only who asks for times pays for it

    counts = np.zeros((len(times), lines, BUCKETS), np.int32)
    if vectors:
        # Two numbers of two bytes, the length and nothing, and as many of four bytes.
        sent = np.frombuffer(b"".join([held for _, held in vectors]), ">f4").reshape(-1, len(times), BUCKETS + 1)
        counts[:, [line for line, _ in vectors]] = sent[:, :, 1:].transpose(1, 0, 2)
    if letters:
        firsts = np.array([line * BUCKETS - LOWEST for line, _ in letters])
        for at, counted in enumerate(counts):
            texts = [held[at] or "" for _, held in letters]
            cells = np.repeat(firsts, [len(text) for text in texts])
            cells += np.frombuffer("".join(texts).encode("latin-1"), np.uint8)
            counted += np.bincount(cells, minlength=lines * BUCKETS).reshape(lines, BUCKETS)
    return _told(counts, times, apart=apart)


def of_letters(texts: Sequence[str], times: Sequence[str], *, apart: bool) -> Percentiles:
    """Of texts with a letter for each value, its bucket from `LOWEST` on: all lines' of the first time, of the next...

    `apart`: of each line, too.
    """
    lines = len(texts) // len(times)
    parts = {time: texts[at * lines : (at + 1) * lines] for at, time in enumerate(times)}
    joined = {time: "".join(its) for time, its in parts.items()}
    apart = apart and lines > 0
    if not apart or sum(map(len, joined.values())) <= FEW:
        each = {time: [_of_text(text) for text in its] for time, its in parts.items()} if apart else {}
        return Percentiles(
            {time: list(zip(*its, strict=True)) for time, its in each.items()},
            {time: [(place,) for place in _of_text(text)] for time, text in joined.items()},
        )
    # All lines' of a time, and behind them the line of all together.
    told = _turned(_of_many([text for time, its in parts.items() for text in (*its, joined[time])], len(times)), times)
    return Percentiles(
        {time: [share[:-1] for share in its] for time, its in told.items()},
        {time: [share[-1:] for share in its] for time, its in told.items()},
    )


def _of_many(texts: Sequence[str], times: int) -> list[list[list[int]]]:
    """Of the values of each text, by share and time: of those at their places among the sorted values of all texts."""
    import numpy as np  # noqa: PLC0415 - as above

    lengths = np.array([len(text) for text in texts])
    cells = np.repeat(np.arange(-LOWEST, len(texts) * BUCKETS - LOWEST, BUCKETS, dtype=np.int32), lengths)
    cells += np.frombuffer("".join(texts).encode("latin-1"), np.uint8)
    cells.sort()
    low, width, shares = _bounds()
    at = lengths.cumsum() - lengths - (-lengths * shares // 100) - 1
    value = cells[at]
    before, after = cells.searchsorted(np.array((value, value + 1)))
    bucket = value % BUCKETS
    told = _within(low[bucket], width[bucket], at + 1 - before, after - before)
    if not lengths.all():
        told[:, lengths == 0] = -1
    return cast(list[list[list[int]]], told.reshape(len(SHARES), times, -1).tolist())


def _of_text(letters: str) -> tuple[int | None, ...]:
    """Of the values of one text, by share: of values at their places among all."""
    if not letters:
        return _NOTHING
    if len(letters) == 1:
        return (_ALONE[ord(letters) - LOWEST],) * len(SHARES)
    if len(letters) > SHORT:
        return _of_long(letters)
    ordered = sorted(letters)
    told = []
    for share in SHARES:
        place = -(-len(ordered) * share // 100)
        letter = ordered[place - 1]
        bucket = ord(letter) - LOWEST
        told.append(_within(_LOW[bucket], _WIDTH[bucket], place - bisect_left(ordered, letter), letters.count(letter)))
    return tuple(told)


def _of_long(letters: str) -> tuple[int | None, ...]:
    import numpy as np  # noqa: PLC0415 - as above

    counts = np.bincount(np.frombuffer(letters.encode("latin-1"), np.uint8)).tolist()
    until = list(accumulate(counts))
    told = []
    for share in SHARES:
        place = -(-len(letters) * share // 100)
        code = bisect_left(until, place)
        bucket, held = code - LOWEST, counts[code]
        told.append(_within(_LOW[bucket], _WIDTH[bucket], place - until[code] + held, held))
    return tuple(told)


def _told(counts: NDArray[np.int32], times: Sequence[str], *, apart: bool) -> Percentiles:
    """Of histograms by time and line."""
    import numpy as np  # noqa: PLC0415 - as above

    whole = counts.sum(axis=1, keepdims=True)
    counts = np.concatenate([counts, whole], axis=1) if apart else whole
    until = counts.cumsum(axis=2)
    total = until[:, :, -1]
    low, width, _ = _bounds()
    first = np.arange(total.size).reshape(total.shape) * BUCKETS
    lines, last = [], []
    for share in SHARES:
        wanted = -(-total * share // 100)
        at = (until < wanted[:, :, None]).sum(axis=2)
        held = counts.take(first + at)
        before = until.take(first + at) - held
        told = _within(low.take(at), width.take(at), wanted - before, np.maximum(held, 1))
        told[total == 0] = -1
        lines.append(told[:, :-1].tolist())
        last.append(told[:, -1:].tolist())
    return Percentiles(_turned(lines, times) if apart else {}, _turned(last, times))


def _within(low: Any, width: Any, place: Any, held: Any) -> Any:
    """Where the value at a place, from 1 on, lies in a bucket that holds so many, of integers or of arrays of them."""
    return low + width * (2 * place - 1) // (2 * held)


@cache
def _bounds() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where each bucket begins and how wide it is, and the shares as a column, as arrays."""
    import numpy as np  # noqa: PLC0415 - as above

    return np.array(_LOW), np.array(_WIDTH), np.array(SHARES)[:, None]


def _turned(found: list[list[list[int]]], times: Sequence[str]) -> Places:
    """What was found by share, time and line, by time first; -1 is nothing."""
    return {
        time: [[None if value < 0 else value for value in line] for line in its]
        for time, its in zip(times, zip(*found, strict=True), strict=True)
    }

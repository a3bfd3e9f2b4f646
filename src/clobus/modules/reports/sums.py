"""What was counted, a column a measure: columns are added and divided whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clobus.modules.reports.percentiles import SHARES, Percentiles

_NO_LINES: Sequence[Sequence[int | None]] = ((),) * len(SHARES)


@dataclass(slots=True)
class Sums:
    """Lines in order of their keys: names (of managers and categories), sums by measure, percentiles of times."""

    keys: Sequence[Any]
    names: Sequence[str | None]
    columns: Mapping[str, Sequence[int]]
    percentiles: Percentiles = field(default_factory=Percentiles)

    @classmethod
    def of(cls, found: Sequence[tuple[Any, ...]], measures: Sequence[str]) -> Sums:
        """Of rows that begin with key, name and a number a measure."""
        keys, names, *columns = zip(*found, strict=True) if found else ((),) * (2 + len(measures))
        return cls(keys, names, dict(zip(measures, columns, strict=False)))

    def with_whole(self) -> Sums:
        """The same with one more line, of all of them together."""
        told, whole = self.percentiles.lines, self.percentiles.whole
        return Sums(
            (*self.keys, None),
            (*self.names, None),
            {name: (*column, sum(column)) for name, column in self.columns.items()},
            Percentiles({
                time: [(*lines, *all_) for lines, all_ in zip(told.get(time, _NO_LINES), shares, strict=True)]
                for time, shares in whole.items()
            }),
        )  # fmt: skip


def with_count(measures: Iterable[str]) -> tuple[str, ...]:
    """Measures, each once, and that of requests."""
    return tuple(dict.fromkeys(("n", *measures)))

"""The tables of sums, and the SQL that folds facts into them."""

from __future__ import annotations

from dataclasses import dataclass

from clobus.modules.reports.types import MEASURES, TIMES

_COUNTS = ("first_n", "answer_n", "closing_n")
_GRAINS = {"d": "day", "w": "date_trunc('week', day)::date", "m": "date_trunc('month', day)::date"}


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of sums by some columns of facts; `by_time` counts by buckets of the times."""

    table: str
    by: tuple[str, ...]
    sums: tuple[str, ...] = MEASURES
    by_time: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of its key."""
        return ("grain", "day", *self.by, *(("bucket",) if self.by_time else ()))

    def added(self, source: str, grains: str = "dwm") -> str:
        """A statement that adds what signed facts (columns of facts and `sign`) count for."""
        keys, sums = ", ".join(self.keys), ", ".join(self.sums)
        more = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in self.sums)
        return (
            f"insert into {self.table} as t ({keys}, {sums}) {self._folded(source, grains)}"
            f" on conflict ({keys}) do update set {more}"
        )

    def coarser(self, grain: str) -> str:
        """A statement that makes the rows of weeks or months of those of days."""
        own = ", ".join(self.keys[2:])
        sums = ", ".join(f"sum({name})" for name in self.sums)
        groups = ", ".join(str(number) for number in range(1, len(self.keys) + 1))
        return (
            f"insert into {self.table} ({', '.join(self.keys)}, {', '.join(self.sums)}) select '{grain}'::\"char\","
            f" {_GRAINS[grain]}, {own}, {sums} from {self.table} where grain = 'd' group by {groups}"
        )

    def _folded(self, source: str, grains: str) -> str:
        own = ", ".join(self.keys[2:])
        sums = ", ".join(f"sum({name})::bigint" for name in self.sums)
        some = " or ".join(f"sum({name}) <> 0" for name in self.sums)
        groups = ", ".join(str(number) for number in range(1, len(self.keys) + 1))
        values = ", ".join(f"('{grain}'::\"char\")" for grain in grains)
        day = "case grain " + " ".join(f"when '{grain}' then {_GRAINS[grain]}" for grain in grains) + " end"
        return (
            f"select grain, {day}, {own}, {sums} from ({self._signed(source)}) i cross join (values {values}) g (grain)"
            f" group by {groups} having {some} order by {groups}"
        )

    def _signed(self, source: str) -> str:
        columns = ", ".join(
            "extract(isodow from day)::smallint as weekday" if name == "weekday" else name for name in self.by
        )
        if not self.by_time:
            sums = ", ".join(f"sign * {name} as {name}" for name in self.sums)
            return f"select day, {columns}, {sums} from {source}"
        return " union all ".join(
            f"select day, {columns}, {time}_bucket as bucket, "
            + ", ".join(f"sign as {name}" if name == f"{time}_n" else f"0 as {name}" for name in self.sums)
            + f" from {source} where {time}_bucket is not null"
            for time in TIMES
        )


ROLLUPS = (
    Rollup("rep.by_cell", ("kind", "channel", "language")),
    Rollup("rep.by_manager", ("manager", "kind")),
    Rollup("rep.by_category", ("category", "kind")),
    Rollup("rep.by_hour", ("weekday", "hour", "kind", "channel", "language"), ("n",)),
    Rollup("rep.by_bucket", ("kind",), _COUNTS, by_time=True),
    Rollup("rep.by_cell_bucket", ("kind", "channel", "language"), _COUNTS, by_time=True),
)

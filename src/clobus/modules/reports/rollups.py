"""The tables of sums and of histograms, and the SQL that folds facts into them."""

from __future__ import annotations

from dataclasses import dataclass

from clobus.modules.reports.types import BOUNDS, MEASURES, TIMES

_GRAINS = {"d": "day", "w": "date_trunc('week', day)::date", "m": "date_trunc('month', day)::date"}
ZERO = "'[" + ",".join("0" * (len(BOUNDS) + 1)) + "]'::vector"
"""An empty histogram."""
VECTORS = tuple(f"{time}_times" for time in TIMES)
_WEEKDAY = "extract(isodow from day)::smallint as weekday"


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of sums of facts by some of their columns, a row a day, a week (its Monday) and a month (its first)."""

    table: str
    by: tuple[str, ...]
    values: tuple[str, ...] = MEASURES
    grains: str = "dwm"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of its key."""
        return ("grain", "day", *self.by)

    def added(self, source: str, grains: str = "") -> str:
        """A statement that adds what signed facts `f` (columns of facts, `sign`) count for, to all or some grains."""
        keys, values = ", ".join(self.keys), ", ".join(self.values)
        more = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in self.values)
        return (
            f"insert into {self.table} as t ({keys}, {values}) {self._folded(source, grains or self.grains)}"
            f" on conflict ({keys}) do update set {more}"
        )

    def coarser(self, grain: str) -> str:
        """A statement that makes the rows of weeks or months of those of days."""
        own, values = ", ".join(self.by), ", ".join(self.values)
        sums = ", ".join(f"sum({name})" for name in self.values)
        return (
            f"insert into {self.table} ({', '.join(self.keys)}, {values}) select '{grain}'::\"char\","
            f" {_GRAINS[grain]}, {own}, {sums} from {self.table} where grain = 'd' group by {self._groups()}"
        )

    def made(self) -> list[str]:
        """Statements that fill the empty table of all facts."""
        every = "(select 1::smallint as sign, * from rep.facts) f"
        if "d" not in self.grains:
            return [self.added(every)]
        return [self.added(every, "d"), *(self.coarser(grain) for grain in self.grains if grain != "d")]

    def _groups(self) -> str:
        return ", ".join(str(number) for number in range(1, len(self.keys) + 1))

    def _folded(self, source: str, grains: str) -> str:
        listed = ", ".join(f"('{grain}'::\"char\")" for grain in grains)
        day = "case grain " + " ".join(f"when '{grain}' then {_GRAINS[grain]}" for grain in grains) + " end"
        return (
            f"select grain, {day}, {', '.join(self.by)}, {self._sums()} from ({self._signed(source)}) i"
            f" cross join (values {listed}) g (grain) group by {self._groups()} having {self._some()}"
            f" order by {self._groups()}"
        )

    def _sums(self) -> str:
        return ", ".join(f"sum({name})::bigint" for name in self.values)

    def _some(self) -> str:
        return " or ".join(f"sum({name}) <> 0" for name in self.values)

    def _signed(self, source: str) -> str:
        columns = ", ".join(_WEEKDAY if name == "weekday" else name for name in self.by)
        return f"select day, {columns}, {', '.join(f'sign * {name} as {name}' for name in self.values)} from {source}"


@dataclass(frozen=True, slots=True)
class Histograms(Rollup):
    """A table of histograms of the three times: vectors, which add up as numbers do."""

    values: tuple[str, ...] = VECTORS

    def _sums(self) -> str:
        return ", ".join(f"coalesce(sum({name}), {ZERO})" for name in self.values)

    def _some(self) -> str:
        return " or ".join(f"sum({name}) <> {ZERO}" for name in self.values)

    def _signed(self, source: str) -> str:
        """A histogram of one request for each of the times of a fact; null where it has none."""
        vectors = ", ".join(f"{time}_unit.counts as {time}_times" for time in TIMES)
        joins = " ".join(
            f"left join rep.units {time}_unit on {time}_unit.bucket = f.{time}_bucket and {time}_unit.sign = f.sign"
            for time in TIMES
        )
        return f"select day, {', '.join(self.by)}, {vectors} from {source} {joins}"


CELL = ("kind", "channel", "language")
ROLLUPS: tuple[Rollup, ...] = (
    Rollup("rep.by_cell", CELL),
    Rollup("rep.by_manager", ("manager", *CELL)),
    Rollup("rep.by_category", ("category", *CELL)),
    Rollup("rep.by_all", ("manager", "category", *CELL), grains="m"),
    Rollup("rep.by_hour", ("weekday", "hour", *CELL), ("n",)),
    Histograms("rep.times_by_kind", ("kind",)),
    Histograms("rep.times_by_cell", CELL),
    Histograms("rep.times_of_manager", ("manager",)),
    Histograms("rep.times_of_category", ("category",)),
    Histograms("rep.times_by_manager", ("manager", *CELL), grains="wm"),
    Histograms("rep.times_by_category", ("category", *CELL), grains="wm"),
)

"""The first load, seen from outside: how far each process of the sync has come, as bars or as lines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

# Every one of these has to come through once before the platform counts as loaded.
FIRST_LOAD: tuple[str, ...] = (
    "users",
    "clients",
    "cons",
    "redate",
    "rates",
    "calls",
    "queue_closing",
    "open_update",
    "first_load",
)

_LATEST = """
select r.process, r.outcome, r.read_count, r.expected_count, r.error,
       extract(epoch from coalesce(r.finished_at, now()) - r.started_at)::float as seconds, w.come_through
from (select process, max(id) as id, bool_or(outcome in ('ok', 'partial')) as come_through
      from log.etl_runs group by process) w
join log.etl_runs r using (id)
order by r.id
"""


@dataclass(frozen=True, slots=True)
class State:
    """The latest run of a process. `come_through` tells whether any run of it ever ended well."""

    process: str
    outcome: str
    read_count: int
    expected_count: int | None
    error: str | None
    seconds: float
    come_through: bool

    @property
    def rate(self) -> float:
        """Records read per second."""
        return self.read_count / self.seconds if self.seconds > 0 else 0.0


def states(url: str) -> list[State]:
    """The latest run of every process; empty while the database does not answer."""
    try:
        with psycopg.connect(url, connect_timeout=5, row_factory=class_row(State)) as connection:
            return connection.execute(_LATEST).fetchall()
    except psycopg.OperationalError:
        return []


def loaded(seen: Sequence[State], expected: Sequence[str] = FIRST_LOAD) -> bool:
    """True when every expected process has come through at least once."""
    return {state.process for state in seen if state.come_through} >= set(expected)


class Display:
    """Shows the states: bars on a terminal, otherwise a line when something has changed, every two seconds at most."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._told: dict[str, tuple[str, int]] = {}
        self._failed: dict[str, str] = {}
        self._next_line = 0.0
        self._progress = Progress(
            TextColumn("  {task.description:<22}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>10}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, seen: Sequence[State]) -> None:
        """Show the present states."""
        for state in seen:
            self._tell_failure(state)
        if self._console.is_terminal:
            for state in seen:
                self._bar(state)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + 2
            for state in seen:
                self._line(state)

    def finish(self, seen: Sequence[State]) -> None:
        """Show the states once more, however little time has passed."""
        self._next_line = 0.0
        self.show(seen)

    def _bar(self, state: State) -> None:
        if state.process not in self._bars:
            self._bars[state.process] = self._progress.add_task(state.process, rate="")
        total = state.expected_count or (state.read_count if state.outcome != "running" else None)
        self._progress.update(
            self._bars[state.process], completed=state.read_count, total=total, rate=f"{state.rate:,.0f}/s"
        )

    def _line(self, state: State) -> None:
        if self._told.get(state.process) == (state.outcome, state.read_count):
            return
        self._told[state.process] = (state.outcome, state.read_count)
        of = f" of {state.expected_count:,}" if state.expected_count else ""
        self._console.print(
            f"  {state.process:<22} {state.read_count:>9,}{of} {state.rate:>9,.0f}/s  {state.outcome}", highlight=False
        )

    def _tell_failure(self, state: State) -> None:
        if state.error and self._failed.get(state.process) != state.error:
            self._failed[state.process] = state.error
            self._console.print(f"  {state.process}: {state.error}", style="yellow", highlight=False, markup=False)

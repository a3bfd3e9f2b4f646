"""Each cycle of a process is a row in log.etl_runs: counts, duration, outcome, told by the truth."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from clobus.core import clock
from clobus.core.db import Database, one, run
from clobus.core.errors import ClobusError
from clobus.core.metrics import RUN_RECORDS, RUN_SECONDS, RUNS


@dataclass(slots=True)
class Run:
    """The counts of one cycle; filled while it goes on."""

    id: int
    process: str
    db: Database
    read: int = 0
    expected: int | None = None
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    cursor_from: datetime | None = None
    cursor_to: datetime | None = None

    async def progress(self) -> None:
        """Make the counts so far visible to others."""
        await self._save("running", None, None, None)

    async def _save(self, outcome: str, millis: int | None, error_class: str | None, error: str | None) -> None:
        async with self.db.read() as connection:
            await run(
                connection,
                "update log.etl_runs set outcome = %s, duration_ms = %s, error_class = %s, error = %s,"
                " finished_at = case when %s = 'running' then null else now() end, read_count = %s,"
                " expected_count = %s, created_count = %s, updated_count = %s, unchanged_count = %s,"
                " failed_count = %s, cursor_from = %s, cursor_to = %s where id = %s",
                (outcome, millis, error_class, error, outcome, self.read, self.expected, self.created, self.updated,
                 self.unchanged, self.failed, self.cursor_from, self.cursor_to, self.id),
            )  # fmt: skip


@asynccontextmanager
async def record(db: Database, process: str, trigger: str = "schedule") -> AsyncIterator[Run]:
    """Record a cycle of a process; an exception marks it failed and goes on upwards."""
    async with db.read() as connection:
        row = await one(
            connection,
            "insert into log.etl_runs (process, trigger) values (%s, %s) returning id",
            (process, trigger),
        )
    this = Run(row["id"] if row else 0, process, db)
    started = clock.monotonic()
    try:
        yield this
    except BaseException as error:  # a run that was cancelled failed too; it goes on upwards
        text = str(error) if isinstance(error, ClobusError) else traceback.format_exception_only(error)[-1]
        await _finish(this, "failed", started, type(error).__name__, text[:2000])
        raise
    await _finish(this, "partial" if this.failed else "ok", started, None, None)


async def _finish(this: Run, outcome: str, started: float, error_class: str | None, error: str | None) -> None:
    seconds = clock.monotonic() - started
    RUNS.labels(this.process, outcome).inc()
    RUN_SECONDS.labels(this.process).observe(seconds)
    for kind in ("read", "created", "updated", "unchanged", "failed"):
        RUN_RECORDS.labels(this.process, kind).inc(getattr(this, kind))
    await this._save(outcome, round(seconds * 1000), error_class, error)

"""THE table of periodic work: what runs, how often, and under which name its runs are recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from clobus.core import runs
from clobus.core.db import advisory_lock, rows, run
from clobus.core.errors import ClobusError
from clobus.gateways.onec.client import OnecClient
from clobus.modules.ops import alerts
from clobus.runtime import Runtime
from clobus.sync import drift
from clobus.sync.onec import pull, sweep
from clobus.sync.onec.feed import Context, Feed
from clobus.sync.onec.feeds import CONSULTATIONS, FEEDS
from clobus.sync.onec.pull import Reader
from clobus.sync.suspect import Suspect

KEEP_RUNS_DAYS = 14
KEEP_MESSAGES_DAYS = 30


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the table: `every` and the longest wait before the `first` cycle in seconds.

    `recorded` tells whether its cycles are rows of log.etl_runs.
    """

    name: str
    every: float
    cycle: Callable[[Runtime], Awaitable[object]]
    recorded: bool = True
    first: float = 5.0


def reader(runtime: Runtime) -> Reader:
    """What the feeds read with."""
    given = runtime.settings.onec
    context = Context(runtime.onec.zone, UUID(runtime.settings.clients_folder))
    return Reader(runtime.onec, runtime.db, context, given.page_size, given.overlap_seconds)


@asynccontextmanager
async def alone(runtime: Runtime, name: str) -> AsyncIterator[bool]:
    """Whether this is the only worker that does the named thing, for the block; rows of dead ones become `lost`."""
    async with advisory_lock(runtime.db, f"process:{name}") as got:
        if got:
            await _mark_lost(runtime, name)
        yield got


async def _mark_lost(runtime: Runtime, name: str) -> None:
    """Whoever holds the name's lock knows that no other run of it lives."""
    async with runtime.db.read() as connection:
        await run(
            connection,
            "update log.etl_runs set outcome = 'lost', finished_at = now(), error = 'its worker died'"
            " where process = %s and outcome = 'running'",
            (name,),
        )


async def lost_runs(runtime: Runtime) -> None:
    """Tell runs whose worker died from those that go on."""
    async with runtime.db.read() as connection:
        found = await rows(connection, "select distinct process from log.etl_runs where outcome = 'running'")
    for row in found:
        async with alone(runtime, row["process"]):
            pass


def _feeds() -> dict[str, Process]:
    """The feeds by process: what shares a name is run in one cycle, in the order of the table."""
    by_name: dict[str, list[Feed]] = {}
    for feed in FEEDS:
        by_name.setdefault(feed.process, []).append(feed)
    return {name: _process(name, feeds) for name, feeds in by_name.items()}


def _process(name: str, feeds: Sequence[Feed]) -> Process:
    async def cycle(runtime: Runtime) -> None:
        failed: list[ClobusError] = []
        for feed in feeds:
            try:
                await pull.run_feed(reader(runtime), feed)
            except ClobusError as error:  # one set that fails does not stop the others
                failed.append(error)
        if failed:
            raise failed[0]

    return Process(name, min(feed.every for feed in feeds), cycle)


async def _open_update(runtime: Runtime) -> object:
    return await sweep.open_update(reader(runtime), CONSULTATIONS)


async def _sweep(runtime: Runtime) -> object:
    return await sweep.sweep(reader(runtime), CONSULTATIONS)


async def _retry_records(runtime: Runtime) -> object:
    return await pull.retry_records(reader(runtime), FEEDS)


def comparer(runtime: Runtime) -> drift.Comparer:
    """What a comparison of the three systems works with."""
    return drift.Comparer(runtime.db, reader(runtime), CONSULTATIONS, _NoDesk())


class _NoDesk:
    async def compare_all(self) -> tuple[int, list[Suspect]]:
        return 0, []

    async def recheck(self, suspects: Sequence[Suspect]) -> list[Suspect]:
        return []

    async def repair(self, suspects: Sequence[Suspect]) -> int:
        return 0


async def _drift(runtime: Runtime) -> object:
    return await drift.watch(comparer(runtime))


async def _cleanup(runtime: Runtime) -> None:
    """Forget what is only of use while it is young; events stay."""
    async with runs.record(runtime.db, "cleanup") as this, runtime.db.read() as connection:
        for sql, days in (
            ("delete from log.webhook_log where state in ('handled', 'ignored') and created_at < now() - %s::interval",
             KEEP_MESSAGES_DAYS),
            ("delete from sys.idempotency_keys where expires_at < now() - %s::interval", 0),
            ("delete from log.etl_runs where outcome <> 'running' and started_at < now() - %s::interval",
             KEEP_RUNS_DAYS),
            ("delete from sys.alerts where over_told_at < now() - %s::interval", KEEP_MESSAGES_DAYS),
        ):  # fmt: skip
            this.updated += await run(connection, sql, (f"{days} days",))


async def _alerts(runtime: Runtime) -> None:
    """Look who answers and what is wrong, and tell people of it."""
    settings = runtime.settings
    for system, ping in (("onec", _ping_onec(runtime.onec)), ("chatwoot", runtime.chatwoot.ping())):
        try:
            await ping
        except ClobusError:
            answers = False
        else:
            answers = True
        async with runtime.db.transaction() as connection:
            await alerts.note_partner(connection, system, answers=answers)
    given = settings.alerts
    limits = alerts.Thresholds(
        given.errors, given.minutes, given.away_seconds, given.drift_minutes, intervals(settings.speed)
    )
    async with runtime.db.transaction() as connection:
        await alerts.update(connection, await alerts.troubles(connection, limits))
    chat = settings.telegram.alert_chat_id if settings.telegram else None
    await alerts.tell(runtime.db, runtime.telegram, chat, given.language)


async def _ping_onec(onec: OnecClient) -> None:
    await onec.ping()


SCHEDULE: tuple[Process, ...] = (
    *_feeds().values(),
    Process("open_update", 120, _open_update),
    Process("sweep", 3600, _sweep, first=600),
    Process("retry_records", 60, _retry_records),
    Process("drift", 300, _drift, first=60),
    Process("cleanup", 3600, _cleanup, first=600),
    Process("alerts", 15, _alerts, recorded=False),
    Process("lost_runs", 60, lost_runs, recorded=False),
)

INTERVALS: dict[str, float] = {process.name: process.every for process in SCHEDULE if process.recorded}


def named(name: str) -> Process | None:
    """The process of a name, if there is one."""
    return next((process for process in SCHEDULE if process.name == name), None)


_ORDER = ("users", "clients", "cons", "redate", "calls", "rates", "queue_closing")


def first_load() -> list[Process]:
    """What has to come through once before the rest starts, in this order: what others refer to comes first."""
    feeds = _feeds()
    dictionaries = [process for name, process in feeds.items() if name not in _ORDER]
    others = [feeds[name] for name in _ORDER if name in feeds]
    return [*dictionaries, *others, Process("open_update", 0, _open_update)]


def intervals(speed: float) -> dict[str, float]:
    """Seconds between the cycles of each recorded process at this speed."""
    return {name: every / speed for name, every in INTERVALS.items()}

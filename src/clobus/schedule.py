"""THE table of periodic work: what runs, how often, and under which name its runs are recorded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from clobus.core import clock, runs
from clobus.core.db import advisory_lock, one, rows, run
from clobus.core.errors import ClobusError, Conflict
from clobus.core.events import Origin
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.telegram.client import TelegramClient
from clobus.modules.accounts import devices, proofs, sessions, tries
from clobus.modules.consultations import rating_requests, reassignment
from clobus.modules.notifications import letters, reminders
from clobus.modules.ops import alerts, partners
from clobus.modules.reports import sending
from clobus.modules.reports import service as reports
from clobus.parts import Parts
from clobus.runtime import Runtime
from clobus.settings import Settings
from clobus.sync import drift
from clobus.sync.chatwoot.first_replies import FirstReplies
from clobus.sync.onec import pull, sweep
from clobus.sync.onec.feed import Feed
from clobus.sync.onec.feeds import CONSULTATIONS, FEEDS
from clobus.sync.onec.push_summary import SummaryPush

RECENT_SECONDS = 60
CSAT_SECONDS = 600
LONG_AGO = 86_400
PING_SECONDS = 20.0
KEEP_RUNS_DAYS = 14
BOT, BOT_SECONDS = "bot", 30.0
KEEP_MESSAGES_DAYS = 30
KEEP_LOOKS_DAYS = 30


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the table: `every` and the longest wait before the `first` cycle in seconds.

    `recorded` tells whether its cycles are rows of log.etl_runs.
    """

    name: str
    every: float
    cycle: Callable[[Parts], Awaitable[object]]
    recorded: bool = True
    first: float = 5.0


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


async def _lost_runs(parts: Parts) -> None:
    """Tell runs whose worker died from those that go on."""
    runtime = parts.runtime
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
    async def cycle(parts: Parts) -> None:
        failed: list[ClobusError] = []
        for feed in feeds:
            try:
                await pull.run_feed(parts.reader, feed)
            except ClobusError as error:  # one set that fails does not stop the others
                failed.append(error)
        if failed:
            raise failed[0]

    return Process(name, min(feed.every for feed in feeds), cycle)


async def _open_update(parts: Parts) -> object:
    return await sweep.open_update(parts.reader, CONSULTATIONS)


async def _sweep(parts: Parts) -> object:
    return await sweep.sweep(parts.reader, CONSULTATIONS)


async def _retry_records(parts: Parts) -> object:
    return await pull.retry_records(parts.reader, FEEDS)


async def _provision(parts: Parts) -> None:
    async with runs.record(parts.runtime.db, "chatwoot_provision") as this:
        report = await parts.provisioner.all()
        this.read, this.created, this.updated = report.managers, report.created, len(report.mended)


async def _link(parts: Parts) -> object:
    async with parts.runtime.db.read() as connection:
        # Millions of rows just came: without this the planner takes the tables for empty ones.
        for table in ("cons.cons", "cons.clients"):
            await connection.execute(f"analyze {table}")
    return await parts.desk.link_all()


async def _recent(parts: Parts) -> object:
    """Look back as far as the last two cycles, or since this last came through."""
    return await parts.desk.recent(await _missed(parts, "chatwoot_recent", RECENT_SECONDS * 3))


async def _missed(parts: Parts, name: str, since: int) -> int:
    """So many seconds, and those since the last run of a process that came through."""
    async with parts.runtime.db.read() as connection:
        row = await one(
            connection,
            "select extract(epoch from now() - started_at)::int as age from log.etl_runs"
            " where process = %s and outcome in ('ok', 'partial') order by id desc limit 1",
            (name,),
        )
    return max(since, row["age"] + since) if row else LONG_AGO


async def _drift(parts: Parts) -> object:
    return await drift.watch(parts.comparer)


async def _cleanup(parts: Parts) -> None:
    """Forget what is only of use while it is young; events stay."""
    db = parts.runtime.db
    async with runs.record(db, "cleanup") as this, db.read() as connection:
        for sql, days in (
            ("delete from log.webhook_log where state in ('handled', 'ignored') and created_at < now() - %s::interval",
             KEEP_MESSAGES_DAYS),
            ("delete from sys.idempotency_keys where expires_at < now() - %s::interval", 0),
            ("delete from log.etl_runs where outcome <> 'running' and started_at < now() - %s::interval",
             KEEP_RUNS_DAYS),
            ("delete from cons.telegram_replies where state <> 'waiting' and created_at < now() - %s::interval",
             KEEP_MESSAGES_DAYS),
            # The numbers of messages stay, what was said goes.
            ("update cons.telegram_messages set content = '{}' where state not in ('waiting', 'sending')"
             " and content <> '{}' and created_at < now() - %s::interval", KEEP_MESSAGES_DAYS),
            ("delete from log.partner_looks where at < now() - %s::interval", KEEP_LOOKS_DAYS),
            ("delete from sys.alerts where over_told_at < now() - %s::interval", KEEP_MESSAGES_DAYS),
        ):  # fmt: skip
            this.updated += await run(connection, sql, (f"{days} days",))
        for forget in (sessions.forget_old, proofs.forget_old, devices.forget_old, tries.forget_old):
            this.updated += await forget(connection)
        this.updated += await letters.forget_old(connection, KEEP_MESSAGES_DAYS)


async def _reassign(parts: Parts) -> None:
    """Propose others for requests whose manager's queue is closed on their day; by the rule also hand them over."""
    runtime = parts.runtime
    async with runs.record(runtime.db, "reassign") as this:
        async with runtime.db.transaction() as connection:
            this.updated = await reassignment.settle(connection)
            this.created = len(await reassignment.propose(connection, parts.roster))
            waiting = await reassignment.listed(connection, limit=1000)
        for proposal in waiting if runtime.settings.desk.reassign == "auto" else ():
            with contextlib.suppress(Conflict):  # somebody was quicker, or the request has ended
                async with runtime.db.transaction() as connection:
                    await reassignment.accept(connection, proposal.id, by=None, origin=Origin.PLATFORM)


async def _reminders(parts: Parts) -> None:
    """Queue the reminders that are due."""
    runtime = parts.runtime
    async with runs.record(runtime.db, "reminders") as this, runtime.db.transaction() as connection:
        this.created = await reminders.queue(connection, runtime.settings.tz)


async def _ask_ratings(parts: Parts) -> None:
    """Ask clients whose consultation is over what they think of it."""
    given = parts.runtime.settings
    rules = rating_requests.Rules(
        str(given.public_url), timedelta(days=given.ratings.link_days).total_seconds(), given.ratings.csat
    )
    async with runs.record(parts.runtime.db, "rating_ask") as this, parts.runtime.db.transaction() as connection:
        this.created = await rating_requests.ask(connection, rules)


async def _csat(parts: Parts) -> object:
    """What Chatwoot's survey was answered, should a webhook be lost."""
    return await parts.receiver.surveys.recent(await _missed(parts, "chatwoot_csat", CSAT_SECONDS * 6))


async def _first_replies(parts: Parts) -> object:
    """What Chatwoot knows of first answers before the first load; once done, done."""
    runtime = parts.runtime
    inbox = runtime.settings.chatwoot.inbox_id
    return await FirstReplies(runtime.db, runtime.chatwoot, inbox).some()


async def _reports(parts: Parts) -> None:
    """Take what changed into the sums that reports are read from."""
    settings = parts.runtime.settings
    await reports.keep_up(parts.runtime.db, settings.calendar.of(settings.tz))


async def _report_sending(parts: Parts) -> None:
    """Send reports that are due, and the digest of the day."""
    runtime, settings = parts.runtime, parts.runtime.settings
    given = settings.reports
    digest = None
    if given.digest_chat_id is not None:
        digest = sending.Digest(given.digest_chat_id, given.digest_language, given.digest_at)
    bot = TelegramClient.over(runtime.telegram) if runtime.telegram else None
    calendar = settings.calendar.of(settings.tz)
    await sending.Sender(runtime.db, settings.tz, calendar, runtime.mailer, bot, digest).all_due()


async def _report_onec(parts: Parts) -> None:
    """Keep the summary in 1C's register true, where one is named."""
    runtime, given = parts.runtime, parts.runtime.settings.reports
    if given.onec_register is not None:
        await SummaryPush(runtime.db, runtime.onec, given.onec_register, runtime.onec.zone).days(given.onec_days)


async def _alerts(parts: Parts) -> None:
    """Look who answers and what is wrong, and tell people of it."""
    runtime, settings = parts.runtime, parts.runtime.settings
    pings: dict[str, OnecClient | ChatwootClient] = {"onec": runtime.onec, "chatwoot": runtime.chatwoot}
    looks = await asyncio.gather(*(_look(partner.ping()) for partner in pings.values()))
    async with runtime.db.transaction() as connection:
        for (system, partner), (millis, error) in zip(pings.items(), looks, strict=True):
            await alerts.note_partner(connection, system, answers=error is None)
            breaker = partner.http.breaker.state.name.lower()
            await partners.note(connection, system, answers=error is None, millis=millis, breaker=breaker, error=error)
    given = settings.alerts
    limits = alerts.Thresholds(
        given.errors, given.minutes, given.away_seconds, given.drift_minutes, given.refusals, given.refusal_minutes,
        intervals=expected(settings), watched=parts.watch.seconds(),
    )  # fmt: skip
    async with runtime.db.transaction() as connection:
        await alerts.update(connection, await alerts.troubles(connection, limits))
    chat = settings.telegram.alert_chat_id if settings.telegram else None
    await alerts.tell(runtime.db, runtime.telegram, chat, given.language)


async def _look(ping: Awaitable[object]) -> tuple[int, str | None]:
    """How many milliseconds a sign of life took, and the code of the error that came instead."""
    started, error = clock.monotonic(), None
    try:
        async with asyncio.timeout(PING_SECONDS):
            await ping
    except ClobusError as failed:
        error = failed.code
    except TimeoutError:
        error = "gateway.slow"
    return round((clock.monotonic() - started) * 1000), error


SCHEDULE: tuple[Process, ...] = (
    *_feeds().values(),
    Process("open_update", 120, _open_update),
    Process("sweep", 3600, _sweep, first=600),
    Process("retry_records", 60, _retry_records),
    Process("chatwoot_recent", RECENT_SECONDS, _recent),
    Process("chatwoot_provision", 3600, _provision),
    Process("reassign", 60, _reassign, first=30),
    Process("drift", 300, _drift, first=60),
    Process("reminders", 60, _reminders),
    Process("rating_ask", 30, _ask_ratings),
    Process("chatwoot_csat", CSAT_SECONDS, _csat, first=60),
    # Not of `INTERVALS`: when all is read it is silent for ever.
    Process("chatwoot_first_replies", 10, _first_replies, recorded=False, first=20),
    Process("cleanup", 3600, _cleanup, first=600),
    Process("reports", 5, _reports, recorded=False),
    Process("report_sending", 30, _report_sending, recorded=False),
    Process("report_onec", 600, _report_onec, recorded=False, first=120),
    Process("alerts", 15, _alerts, recorded=False),
    Process("lost_runs", 60, _lost_runs, recorded=False),
)

INTERVALS: dict[str, float] = {process.name: process.every for process in SCHEDULE if process.recorded}


def named(name: str) -> Process | None:
    """The process of a name, if there is one."""
    return next((process for process in SCHEDULE if process.name == name), None)


_ORDER = ("clients", "cons", "redate", "calls", "rates", "queue_closing")


def first_load() -> list[Process]:
    """What has to come through once before the rest starts, in this order: what others refer to comes first."""
    feeds = _feeds()
    dictionaries = [process for name, process in feeds.items() if name not in (*_ORDER, "users")]
    staff = [feeds["users"], Process("chatwoot_provision", 0, _provision)]
    others = [feeds[name] for name in _ORDER]
    return [*dictionaries, *staff, *others, Process("chatwoot_link", 0, _link), Process("open_update", 0, _open_update)]


def expected(settings: Settings) -> dict[str, float]:
    """Seconds between the signs of life of everything that should run: the schedule, and the bot where there is one."""
    bot = {BOT: BOT_SECONDS} if settings.telegram is not None and settings.telegram.mode != "off" else {}
    return intervals(settings.speed) | bot


def intervals(speed: float) -> dict[str, float]:
    """Seconds between the cycles of each recorded process at this speed."""
    return {name: every / speed for name, every in INTERVALS.items()}

"""Do 1C, PostgreSQL and Chatwoot agree? Compared record by record; what is only on its way is not called drift."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from psycopg.types.json import Jsonb

from clobus.core import clock, outbox, runs
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.metrics import DRIFT
from clobus.sync.onec import compare, compare_people, compare_registers
from clobus.sync.onec.feed import Feed
from clobus.sync.onec.pull import Reader
from clobus.sync.suspect import Suspect

log = structlog.get_logger()

PATIENCE_SECONDS = 45.0
"""How long a difference that shows signs of being on its way is waited for."""
FRESH_SECONDS = 60
REPAIR_SECONDS = 90.0
LISTED = 20_000
SHALLOW_DAYS = 31
"""How far back the scheduled comparison reads registers."""


class ChatwootSide(Protocol):
    """How conversations are compared: `clobus.sync.chatwoot`."""

    async def compare_all(self) -> tuple[int, list[Suspect]]:
        """How many conversations there are, and what seems to differ."""

    async def recheck(self, suspects: Sequence[Suspect]) -> list[Suspect]:
        """Compare these again, with fresh reads."""

    async def repair(self, suspects: Sequence[Suspect]) -> int:
        """Put right what a push alone does not: links that are missing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A difference that stood up to a second look; `since`: when a comparison first saw it."""

    suspect: Suspect
    since: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What was compared and what differs."""

    onec: int
    postgres: int
    chatwoot: int
    items: list[Item]

    @property
    def total(self) -> int:
        """Requests (clients, managers, closed days) that differ somewhere: each counts once."""
        return len({item.suspect.consultation for item in self.items})

    def as_json(self) -> dict[str, Any]:
        """The form of `clobus drift --json`."""
        return {
            "compared": {"onec": self.onec, "postgres": self.postgres, "chatwoot": self.chatwoot},
            "total": self.total,
            "items": [
                {
                    "consultation": item.suspect.consultation,
                    "kind": item.suspect.kind,
                    "systems": list(item.suspect.systems),
                    "since": item.since.isoformat(),
                    **({"detail": item.suspect.detail} if item.suspect.detail else {}),
                }
                for item in self.items
            ],
        }


@dataclass(frozen=True, slots=True)
class Comparer:
    """What a comparison works with."""

    db: Database
    reader: Reader
    feed: Feed
    chatwoot: ChatwootSide


async def compare_systems(this: Comparer, *, deep: bool = True, patience: float = PATIENCE_SECONDS) -> Report:
    """Compare all three, look again at each suspect, and remember since when each difference stands."""
    (in_onec, first), (in_chatwoot, second) = await asyncio.gather(_onec(this, deep=deep), this.chatwoot.compare_all())
    standing = await _confirmed(this, first + second, patience)
    async with this.db.transaction() as connection:
        counted = await one(connection, "select count(*) as n from cons.cons")
        items = await _remember(connection, standing)
    DRIFT.clear()
    for kind, count in Counter(item.suspect.kind for item in items).items():
        DRIFT.labels(kind).set(count)
    return Report(in_onec, counted["n"] if counted else 0, in_chatwoot, items)


async def _onec(this: Comparer, *, deep: bool) -> tuple[int, list[Suspect]]:
    """Requests, then their records in registers (without `deep` only young ones: they bear no version), then people."""
    since = None if deep else clock.now() - timedelta(days=SHALLOW_DAYS)
    count, found = await compare.compare_all(this.reader, this.feed, deep=deep)
    found += await compare_registers.compare_all(this.reader, since=since)
    found += await compare_people.compare_all(this.reader, deep=deep)
    return count, found


async def repair(this: Comparer, report: Report) -> int:
    """Let the owner of each field win: 1C is read again, what others show wrongly is pushed; returns how many."""
    suspects = [item.suspect for item in report.items]
    ours = [s for s in suspects if s.kind == "pending_onec" and s.cons_id]
    documents, records, people = _by_kind(suspects)
    theirs = [s for s in documents if s.kind not in ("pending_onec", "invalid")]
    desk = [s for s in suspects if "chatwoot" in s.systems]
    await compare.repair(this.reader, this.feed, theirs)
    await compare_registers.repair(this.reader, records)
    await compare_people.repair(this.reader, people)
    await this.chatwoot.repair(desk)
    async with this.db.transaction() as connection:
        await outbox.touch(connection, "onec", "consultation", [s.cons_id for s in ours if s.cons_id])
        await outbox.touch(connection, "chatwoot", "consultation", [s.cons_id for s in desk if s.cons_id])
    return len(suspects)


async def wait_for_queues(db: Database, seconds: float = REPAIR_SECONDS) -> bool:
    """Wait until nothing is to be pushed or handled; False when that takes longer."""
    deadline = clock.monotonic() + seconds
    while True:
        async with db.read() as connection:
            busy = await one(
                connection,
                "select 1 from sys.outbox where state <> 'dead' union all"
                " select 1 from log.webhook_log where state in ('new', 'claimed') limit 1",
            )
        if busy is None:
            return True
        if clock.monotonic() > deadline:
            return False
        await asyncio.sleep(0.3)


async def watch(this: Comparer) -> Report:
    """The scheduled comparison: repairs what field ownership decides, and keeps the list for people."""
    async with runs.record(this.db, "drift") as record:
        report = await compare_systems(this, deep=False)
        record.read, record.expected = report.onec + report.chatwoot, report.postgres
        if report.items:
            record.updated = await repair(this, report)
            log.warning("drift", total=report.total, kinds=dict(Counter(i.suspect.kind for i in report.items)))
    return report


async def _confirmed(this: Comparer, suspects: Sequence[Suspect], patience: float) -> list[Suspect]:
    """Look again until nothing is left or nothing moves any more."""
    standing = list(suspects)
    deadline = clock.monotonic() + patience
    for look in range(1_000):
        if not standing:
            return []
        await asyncio.sleep(min(2.0, 0.5 * (look + 1)))
        before = {suspect.identity for suspect in standing}
        standing = await look_again(this, standing)
        settled = {suspect.identity for suspect in standing} <= before
        if clock.monotonic() > deadline or (look > 0 and settled and not await _is_moving(this.db, standing)):
            break
    return standing


def _by_kind(suspects: Sequence[Suspect]) -> tuple[list[Suspect], list[Suspect], list[Suspect]]:
    """What differs from 1C: in documents, in records of registers, in clients and managers."""
    onec = [s for s in suspects if "onec" in s.systems]
    records = [s for s in onec if s.kind in compare_registers.KINDS]
    people = [s for s in onec if s.kind in compare_people.KINDS]
    rest = [s for s in onec if s.kind not in compare_registers.KINDS | compare_people.KINDS]
    return rest, records, people


async def look_again(this: Comparer, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Those of the suspects that still differ, by fresh reads."""
    documents, records, people = _by_kind(suspects)
    unborn = [s.cons_id for s in documents if s.ref_key is None and s.cons_id is not None]
    found = await compare.recheck(this.reader, this.feed, [s.ref_key for s in documents if s.ref_key is not None])
    if unborn:
        found += await compare.recheck_unborn(this.db, unborn)
    found += await compare_registers.recheck(this.reader, records)
    found += await compare_people.recheck(this.reader, people)
    desk = [s for s in suspects if "chatwoot" in s.systems]
    if desk:
        found += await this.chatwoot.recheck(desk)
    return list({suspect.identity: suspect for suspect in found}.values())


async def _is_moving(db: Database, suspects: Sequence[Suspect]) -> bool:
    """Whether a worker is alive and any of these has something on its way: a push, a message, a fresh change."""
    if not suspects:
        return False
    ids = [s.cons_id for s in suspects if s.cons_id]
    conversations = [str(s.conversation_id) for s in suspects if s.conversation_id]
    async with db.read() as connection:
        row = await one(
            connection,
            "select exists (select 1 from log.etl_runs where started_at > now() - interval '3 minutes') as alive,"
            " exists (select 1 from sys.outbox where subject_id = any(%(ids)s) and state <> 'dead')"
            " or exists (select 1 from log.webhook_log where state in ('new', 'claimed')"
            " and subject = any(%(conversations)s))"
            " or exists (select 1 from cons.cons where cons_id = any(%(ids)s)"
            " and updated_at > now() - interval '10 seconds') as moving, now() as now",
            {"ids": ids, "conversations": conversations},
        )
    if row is None or not row["alive"]:
        return False
    fresh = [s for s in suspects if "changed" in s.detail and _age(s.detail["changed"], row["now"]) < FRESH_SECONDS]
    return bool(row["moving"] or fresh)


def _age(stamp: str, now: datetime) -> float:
    return abs((now - datetime.fromisoformat(stamp)).total_seconds())


async def _remember(connection: Connection, standing: Sequence[Suspect]) -> list[Item]:
    """Keep the list in sys.drift: what is there already keeps its `since`, what is over goes."""
    kept = list({suspect.identity: suspect for suspect in standing}.values())[:LISTED]
    names, kinds = [s.consultation for s in kept], [s.kind for s in kept]
    await run(
        connection,
        "delete from sys.drift where (consultation, kind) not in (select * from unnest(%s::text[], %s::text[]))",
        (names, kinds),
    )
    await run(
        connection,
        "insert into sys.drift (consultation, kind, systems, detail) select n, k, array(select"
        " jsonb_array_elements_text(s)), d from unnest(%s::text[], %s::text[], %s::jsonb[], %s::jsonb[])"
        " as g (n, k, s, d) on conflict (consultation, kind) do update set seen_at = now(), detail = excluded.detail",
        (names, kinds, [Jsonb(list(s.systems)) for s in kept], [Jsonb(s.detail) for s in kept]),
    )
    found = await rows(connection, "select consultation, kind, since from sys.drift")
    since = {(row["consultation"], row["kind"]): row["since"] for row in found}
    return [Item(suspect, since[suspect.identity]) for suspect in kept]

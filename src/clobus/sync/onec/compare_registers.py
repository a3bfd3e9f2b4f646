"""Hold what we keep of 1C's registers against the registers, record by record: moves, calls, ratings, closed days."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from clobus.core.errors import BadAnswer
from clobus.gateways.onec import odata
from clobus.gateways.onec.wire import decode_row, instant_to_local
from clobus.modules.consultations import closings, registers, service
from clobus.modules.consultations.registers import Day, Register
from clobus.sync.onec.coming import Coming, coming
from clobus.sync.onec.feed import Feed, InvalidRecord
from clobus.sync.onec.paging import Pace, pages
from clobus.sync.onec.pull import Reader
from clobus.sync.onec.register_feeds import REGISTER_FEEDS
from clobus.sync.suspect import BOTH, Suspect

PAGE = 5_000
FEED = {feed.process: feed for feed in REGISTER_FEEDS}
CLOSED_DAY = "queue_closing"
Items = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Book:
    """A register whose records belong to requests: its feed, our table, the field of 1C that names the request."""

    kind: str
    feed: Feed
    ours: Register
    request: str
    keep: Callable[..., Awaitable[tuple[int, int]]]


BOOKS = (
    Book("redates", FEED["redate"], registers.REDATES, "ДокументОбращения_Key", registers.keep_redates),
    Book("calls", FEED["calls"], registers.CALLS, "ДокументОбращения_Key", registers.keep_calls),
    Book("ratings", FEED["rates"], registers.RATINGS, "Обращение_Key", registers.keep_ratings),
)
KINDS = frozenset({*(book.kind for book in BOOKS), CLOSED_DAY})


@dataclass(slots=True)
class Records:
    """Records of one register, translated, each with its moment and its name; what makes no sense is not among them,
    the dead letters tell of it.
    """

    items: list[Mapping[str, Any]]
    moments: dict[int, tuple[str, str]]


async def compare_all(reader: Reader, *, since: datetime | None = None) -> list[Suspect]:
    """Compare every record, or those since an instant."""
    found: list[Suspect] = []
    for book in BOOKS:
        found += await _compare(reader, book, since)
    return found + await _days(reader, since)


async def recheck(reader: Reader, suspects: Iterable[Suspect]) -> list[Suspect]:
    """Read the records of these requests, and the closed days, afresh and compare them again."""
    asked = list(suspects)
    found: list[Suspect] = []
    for book in BOOKS:
        keys = list(dict.fromkeys(s.ref_key for s in asked if s.kind == book.kind and s.ref_key is not None))
        if keys:
            found += await _again(reader, book, keys)
    if any(s.kind == CLOSED_DAY for s in asked):
        wanted = {s.subject for s in asked}
        found += [suspect for suspect in await _days(reader, None) if suspect.subject in wanted]
    return found


async def repair(reader: Reader, suspects: Iterable[Suspect]) -> None:
    """Make our rows those of 1C, which alone writes them."""
    asked = list(suspects)
    for book in BOOKS:
        keys = list(dict.fromkeys(s.ref_key for s in asked if s.kind == book.kind and s.ref_key is not None))
        for key in keys:
            records = await _of_requests(reader, book, [key])
            held = await reader.onec.count(book.feed.entity, odata.eq(book.request, key))
            async with reader.db.transaction() as connection:
                if held == len(records.items):  # a record that is not shown, or not understood, removes none of ours
                    await registers.clear(connection, book.ours, [key], records.items)
                await book.keep(connection, records.items, backfill=False)
    if any(s.kind == CLOSED_DAY for s in asked):
        shown, closed, _ = await _shown_days(reader, None)
        async with reader.db.transaction() as connection:
            _, extra = await registers.differing_days(connection, closed)
            gone = [{"period": day, "manager_key": manager, "closed": False} for day, manager in extra]
            standing = await closings.standing(connection, [*shown, *gone], reader.ctx.zone)
            await registers.keep_closings(connection, standing)


async def _compare(reader: Reader, book: Book, since: datetime | None) -> list[Suspect]:
    feed, next_cycle = book.feed, await coming(reader, book.feed)
    seen, wrong = array("q"), set[UUID]()
    start = instant_to_local(since, reader.ctx.zone) if since else feed.initial
    stream = pages(
        reader.onec, feed.entity, feed.cursor or "Period", start, None, pace=Pace(PAGE), orderby=feed.orderby
    )  # fmt: skip
    async for page in stream:
        records = _read(reader, book, page)
        found, differing = await _differing(reader, book, records, next_cycle)
        seen.extend(found)
        wrong |= differing
    async with reader.db.read() as connection:
        wrong.update(await registers.alone(connection, book.ours, seen, since=since))
    return await _suspects(reader, book, wrong)


async def _again(reader: Reader, book: Book, keys: Sequence[UUID]) -> list[Suspect]:
    records = await _of_requests(reader, book, keys)
    seen, wrong = await _differing(reader, book, records, await coming(reader, book.feed))
    async with reader.db.read() as connection:
        wrong.update(await registers.alone(connection, book.ours, seen, keys=keys))
    return await _suspects(reader, book, wrong)


async def _of_requests(reader: Reader, book: Book, keys: Sequence[UUID]) -> Records:
    raws = await reader.onec.by_keys(book.feed.entity, keys, msgspec.Raw, book.request)  # type: ignore[type-var]  # kept undecoded
    # The feed reads in the order of time: of two records that are one row of ours the later stands.
    return _read(reader, book, sorted(raws, key=lambda raw: decode_row(raw, book.feed.row).period or ""))


def _read(reader: Reader, book: Book, raws: Sequence[msgspec.Raw]) -> Records:
    found = Records([], {})
    for raw in raws:
        try:
            row = decode_row(raw, book.feed.row)
            item = book.feed.convert(row, reader.ctx)
        except (InvalidRecord, BadAnswer, ValueError):
            continue
        found.items.append(item)
        found.moments[id(item)] = (row.period or "", book.feed.key(row))
    return found


async def _differing(
    reader: Reader, book: Book, records: Records, next_cycle: Coming
) -> tuple[list[int], set[UUID]]:  # fmt: skip
    """Ids of our rows that were found, and the requests of records that differ and that no feed brings."""
    async with reader.db.read() as connection:
        seen, absent, wrong = await registers.differing(connection, book.ours, records.items)
    return seen, {
        item["cons_key"] for item in (*absent, *wrong) if not next_cycle.brings(*records.moments[id(item)])
    }  # fmt: skip


async def _suspects(reader: Reader, book: Book, wrong: set[UUID]) -> list[Suspect]:
    async with reader.db.read() as connection:
        ours = await service.load_by_ref(connection, list(wrong))
    found = []
    for key in sorted(wrong):
        row = ours.get(key)
        cons_id, conversation = (row.cons_id, row.conversation_id) if row else (None, None)
        found.append(Suspect(book.kind, BOTH, cons_id, key, conversation, {"fields": [book.kind]}))
    return found


async def _days(reader: Reader, since: datetime | None) -> list[Suspect]:
    shown, closed, moments = await _shown_days(reader, since)
    next_cycle = await coming(reader, FEED["queue_closing"])
    async with reader.db.read() as connection:
        lacking, extra = await registers.differing_days(connection, closed, since=since)
    opened = {(item["period"], item["manager_key"]) for item in shown if not item["closed"]}
    found = []
    for day in (*lacking, *extra):
        told = day in opened or day in lacking  # a record that is gone is brought by no feed
        if not (told and next_cycle.brings(*moments[day])):
            name = f"{CLOSED_DAY}:{day[1]}/{day[0].astimezone(reader.ctx.zone):%Y-%m-%d}"
            found.append(Suspect(CLOSED_DAY, BOTH, subject=name))
    return found


async def _shown_days(
    reader: Reader, since: datetime | None
) -> tuple[list[dict[str, Any]], list[Day], dict[Day, tuple[str, str]]]:
    feed = FEED["queue_closing"]
    start = instant_to_local(since, reader.ctx.zone) if since else feed.initial
    items: dict[Day, dict[str, Any]] = {}
    moments: dict[Day, tuple[str, str]] = {}
    async for page in pages(reader.onec, feed.entity, feed.cursor or "", start, None, pace=Pace(PAGE)):
        for raw in page:
            try:
                row = decode_row(raw, feed.row)
                item = feed.convert(row, reader.ctx)
            except (InvalidRecord, BadAnswer, ValueError):
                continue  # the dead letters tell of it
            day = (item["period"], item["manager_key"])
            items[day], moments[day] = item, (row.day, feed.key(row))
    return list(items.values()), [day for day, item in items.items() if item["closed"]], moments

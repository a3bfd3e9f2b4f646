"""Reading a 1C set in the order of a date: each page starts where the last one ended.

1C has no key paging (onec.md §1.6) and `$skip` over a moving set loses rows (part 3). A row that changes while we read
only moves towards the end, where we come yet; rows of the border instant are read twice and dropped by key.

Several pages in flight are a guess where the next ones begin, by `$skip` from the last sure border, each a few rows
before the end of the one ahead. A page counts only when it begins at an earlier instant than the page ahead ended with:
then nothing can lie between them, whatever moved and in whatever order 1C gives rows of one instant. Otherwise it is
thrown away and read again from the border.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from clobus.core import clock
from clobus.core.errors import GatewayDown, Transient
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.wire import split_page

log = structlog.get_logger()

SMALLEST = 50
SLOW_SECONDS = 30.0
LAP = 8
"""How many rows a page in flight repeats of the one ahead: more than are changed within one second."""


class Pace:
    """How many rows are asked for at once, and how many pages.

    Halved to one page when 1C slows or fails, grown again one by one while it answers quickly.
    """

    def __init__(self, largest: int, flight: int = 1) -> None:
        self.largest = largest
        self.size = largest
        self.most = flight
        self.flight = flight

    def slower(self, failed: int | None = None) -> bool:
        """Ask for less than the `failed` size; False when there is no less."""
        self.flight = 1
        if failed is not None and self.size < failed:
            return True  # another page in flight has learned it
        if self.size <= SMALLEST:
            return False
        self.size = max(SMALLEST, self.size // 2)
        return True

    def took(self, seconds: float) -> None:
        """Learn from an answered page."""
        if seconds > SLOW_SECONDS:
            self.slower()
        elif seconds < SLOW_SECONDS / 4:
            self.size = min(self.largest, self.size * 2)
            self.flight = min(self.most, self.flight + 1)


async def read_page(
    onec: OnecClient, entity: str, pace: Pace, *, terms: str | None, orderby: str | None, skip: int = 0,
    select: Sequence[str] | None = None,
) -> tuple[list[msgspec.Raw], int]:  # fmt: skip
    """Read one page, smaller when 1C can't give a large one; returns raw rows and the size that was asked for."""
    while True:
        asked = pace.size
        started = clock.monotonic()
        try:
            data = await onec.page(entity, filter=terms, orderby=orderby, top=asked, skip=skip or None, select=select)
        except Transient as error:
            # A door that is shut, or that says when to come again, would not open for a smaller page.
            shut = isinstance(error, GatewayDown) or error.status == 429 or error.retry_after is not None
            if shut or not pace.slower(asked):
                raise
            log.info("paging.slower", entity=entity, rows=pace.size)
            continue
        pace.took(clock.monotonic() - started)
        return split_page(data), asked


@dataclass(slots=True)
class _Border:
    """How far we have come for sure; places are counted from the first row that was asked for."""

    instant: str
    place: int = 0
    """Where the rows of the instant begin."""
    sure: int = 0
    """Where the next page may begin without a proof."""

    def passed(self, stamps: Sequence[str], end: int) -> None:
        """A page ended before the place `end` with these last stamps."""
        if stamps[-1] != self.instant:
            self.instant = stamps[-1]
            self.place = self.sure = end - sum(stamp == self.instant for stamp in stamps)
        else:  # a whole page of one instant: only then the rows behind it are reached by skipping
            self.sure = end


@dataclass(frozen=True, slots=True)
class _Flight:
    """A page that was asked for: where it should begin, and whether that needs no proof."""

    first: int
    task: asyncio.Task[tuple[list[msgspec.Raw], int]]
    sure: bool


async def pages(
    onec: OnecClient, entity: str, field: str, start: str, end: str | None, *, pace: Pace, orderby: str | None = None,
    select: Sequence[str] | None = None,
) -> AsyncIterator[list[msgspec.Raw]]:  # fmt: skip
    """Yield pages of raw rows with start ≤ field < end (local time texts; no end: all); a row may come twice."""
    stamp = _decoder(field)
    order = f"{field} asc" + (f",{orderby}" if orderby else "")
    until = f"{field} lt {odata.local_literal(end)}" if end else None
    border = _Border(start)
    flying: deque[_Flight] = deque()
    following, ready = 0, list[msgspec.Raw]()
    try:
        while True:
            following = max(following, border.sure) if flying else border.sure
            while len(flying) < pace.flight:
                terms = odata.both(f"{field} ge {odata.local_literal(border.instant)}", until)
                skip = following - border.place
                reading = read_page(onec, entity, pace, terms=terms, orderby=order, skip=skip, select=select)
                flying.append(_Flight(following, asyncio.create_task(reading), sure=not flying))
                following += max(1, pace.size - LAP)
            if ready:
                yield ready
                ready = []
            flight = flying.popleft()
            page, asked = await flight.task
            if not flight.sure and not (page and stamp.decode(page[0]).value[:19] < border.instant):
                await _land(flying)
                continue
            if len(page) < asked:
                if page:
                    yield page
                return
            border.passed(_last(stamp, page), flight.first + len(page))
            ready = page
    finally:
        await _land(flying)


async def _land(flying: deque[_Flight]) -> None:
    """Give up what is in flight."""
    tasks = [flight.task for flight in flying]
    flying.clear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _last(stamp: msgspec.json.Decoder[Any], page: Sequence[msgspec.Raw]) -> list[str]:
    """The stamps from the end of a page back to the first that differs from the last; the last one last."""
    found: list[str] = []
    for raw in reversed(page):
        found.append(stamp.decode(raw).value[:19])
        if found[-1] != found[0]:
            break
    return found[::-1]


def _decoder(field: str) -> msgspec.json.Decoder[Any]:
    kind = msgspec.defstruct("Border", [("value", str, msgspec.field(name=field))])
    return msgspec.json.Decoder(kind)

"""Reading a 1C set in the order of a date, without `$skip`: each page starts where the last one ended.

1C has no key paging (onec.md §1.6) and `$skip` over a moving set loses rows (part 3). A row that changes while we read
only moves towards the end, where we come yet; rows of the border instant are read twice and dropped by key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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


class Pace:
    """How many rows are asked for at once: halved when 1C slows or fails, grown again while it answers quickly."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.size = largest

    def slower(self) -> bool:
        """Ask for less; False when there is no less."""
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
            if shut or not pace.slower():
                raise
            log.info("paging.slower", entity=entity, rows=pace.size)
            continue
        pace.took(clock.monotonic() - started)
        return split_page(data), asked


async def pages(
    onec: OnecClient, entity: str, field: str, start: str, end: str | None, *, pace: Pace, orderby: str | None = None,
    select: Sequence[str] | None = None,
) -> AsyncIterator[list[msgspec.Raw]]:  # fmt: skip
    """Yield pages of raw rows with start ≤ field < end (local time texts; no end: all); a row may come twice."""
    border = _decoder(field)
    order = f"{field} asc" + (f",{orderby}" if orderby else "")
    lower, skip = start, 0
    while True:
        terms = odata.both(
            f"{field} ge {odata.local_literal(lower)}", f"{field} lt {odata.local_literal(end)}" if end else None
        )
        page, asked = await read_page(onec, entity, pace, terms=terms, orderby=order, skip=skip, select=select)
        if page:
            yield page
        if len(page) < asked:
            return
        last = border.decode(page[-1]).value[:19]
        # A whole page of one instant: only then the rows behind it are reached by skipping.
        lower, skip = (last, 0) if last != lower else (lower, skip + len(page))


def _decoder(field: str) -> msgspec.json.Decoder[Any]:
    kind = msgspec.defstruct("Border", [("value", str, msgspec.field(name=field))])
    return msgspec.json.Decoder(kind)

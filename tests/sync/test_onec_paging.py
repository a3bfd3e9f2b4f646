"""Pages of history: several in flight, over a set that moves, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from clobus.core import events
from clobus.core.db import Database, rows
from clobus.core.http import RetryPolicy
from clobus.gateways.onec.client import open_onec
from clobus.sync.onec import sweep
from clobus.sync.onec.feed import Context
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.onec.paging import Pace, pages
from clobus.sync.onec.pull import Reader, run_feed
from tests.support.twins import TwinProcess

ZONE = ZoneInfo("Asia/Tashkent")
FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")
SINCE = re.compile(r"ge datetime'([^']+)'")


class Moving(httpx.AsyncBaseTransport):
    """A base whose rows change while they are read: a changed one goes to the end, some go for good.

    Rows of one instant come in another order each time, as nothing in 1C forbids.
    """

    def __init__(self, seed: int, count: int, restless: float) -> None:
        self.chance = random.Random(seed)
        self.restless = restless
        self.clock = count
        # Few stamps for many rows: whole groups share an instant, now and then a page's worth.
        self.rows = {key: self.chance.choice((key, key // 7, key // 40 * 40)) for key in range(count)}
        self.touched: set[int] = set()
        self.asked = self.most = self.now = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.url.query.decode())
        found = SINCE.search(query["$filter"][0])
        assert found is not None
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.chance.random() / 500)
        finally:
            self.now -= 1
        while self.chance.random() < self.restless:
            self._change()
        skip, top = int(query.get("$skip", ["0"])[0]), int(query["$top"][0])
        here = [(stamp(at), self.chance.random(), key) for key, at in self.rows.items() if stamp(at) >= found[1]]
        value = [{"key": key, "at": at} for at, _, key in sorted(here)[skip : skip + top]]
        return httpx.Response(200, json={"value": value})

    def _change(self) -> None:
        for _ in range(self.chance.randrange(1, 15)):
            key = self.chance.choice(list(self.rows))
            self.touched.add(key)
            if self.chance.random() < 0.2:
                del self.rows[key]
            else:
                self.clock += 1
                self.rows[key] = self.clock


def stamp(at: int) -> str:
    return f"20{at // 3600 // 24 + 10:02d}-01-{at // 3600 % 24 + 1:02d}T00:{at // 60 % 60:02d}:{at % 60:02d}"


@pytest.mark.parametrize("flight", [1, 2, 4])
@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_lost_while_the_set_moves(flight: int, seed: int) -> None:
    base = Moving(seed, count=1500, restless=0.4)
    onec = open_onec("http://moving", "u", "p", zone=ZONE, connections=4, transport=base)
    seen: set[int] = set()
    async for page in pages(onec, "Some", "at", stamp(0), None, pace=Pace(50, flight)):
        seen |= {json.loads(bytes(raw))["key"] for raw in page}
        await asyncio.sleep(0)
    await onec.close()
    assert set(range(1500)) - base.touched <= seen
    assert base.most == flight


async def test_a_set_at_rest_costs_few_more_requests() -> None:
    asked = []
    for flight in (1, 4):
        base = Moving(1, count=3000, restless=0.0)
        base.rows = {key: key for key in range(3000)}
        onec = open_onec("http://resting", "u", "p", zone=ZONE, connections=4, transport=base)
        stream = pages(onec, "Some", "at", stamp(0), None, pace=Pace(200, flight))
        read = [json.loads(bytes(raw))["key"] async for page in stream for raw in page]
        assert list(dict.fromkeys(read)) == list(range(3000))
        asked.append(base.asked)
    assert asked[1] <= asked[0] + 4


def test_trouble_makes_pages_smaller_and_one_at_a_time_and_quick_answers_undo_it() -> None:
    pace = Pace(1000, 4)
    assert pace.slower(1000)
    assert pace.slower(1000), "a second page of the same flight teaches nothing new"
    assert (pace.size, pace.flight) == (500, 1)
    for _ in range(5):
        pace.took(0.1)
    assert (pace.size, pace.flight) == (1000, 4)
    pace.took(60.0)
    assert (pace.size, pace.flight) == (500, 1)


class Counting(httpx.AsyncHTTPTransport):
    """The wire, with how many requests are on it."""

    now = most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().handle_async_request(request)
        finally:
            self.now -= 1


@pytest.fixture
def twin(seeded_twin: Callable[..., Path]) -> Any:
    with TwinProcess("onec", size="small", seeded_from=seeded_twin("onec")) as process:
        yield process


@pytest.fixture
async def wired(twin: TwinProcess, dsn: str) -> AsyncIterator[tuple[Reader, Counting]]:
    events.configure([])
    db = Database(dsn)
    await db.open()
    given, wire = twin.credentials, Counting()
    onec = open_onec(
        twin.base_url + given["base_path"], given["user"], given["password"], zone=ZONE, connections=4, transport=wire,
        retry=RetryPolicy(attempts=1),
    )  # fmt: skip
    yield Reader(onec, db, Context(ZONE, FOLDER), page_size=150, flight=4), wire
    await onec.close()
    await db.close()


async def content(db: Database) -> list[Any]:
    async with db.read() as connection:
        return await rows(
            connection,
            "select cl_ref_key, data_version, number, status, client_id, manager, create_date, changed_date, end_date,"
            " topic, comment, (select json_agg((section, line_number, question, answer) order by section, line_number)"
            " from cons.q_and_a q where q.cons_id = c.cons_id) as lines from cons.cons c order by cl_ref_key",
        )


async def test_four_pages_in_flight_give_the_same_rows(wired: tuple[Reader, Counting], twin: TwinProcess) -> None:
    reader, wire = wired
    one_by_one = replace(reader, flight=1)
    await run_feed(one_by_one, CONSULTATIONS)
    assert wire.most == 1
    alone = await content(reader.db)
    async with reader.db.transaction() as connection:
        await connection.execute("truncate cons.cons, sys.sync_state cascade")
    twin.fault("slow", times=None, match="orderby", seconds=0.05)
    run = await run_feed(reader, CONSULTATIONS)
    assert (wire.most, run.created, run.unchanged, run.failed) == (4, 2976, 0, 0)
    assert await content(reader.db) == alone


async def test_a_base_in_trouble_is_asked_for_one_small_page_at_a_time(
    wired: tuple[Reader, Counting], twin: TwinProcess
) -> None:
    reader, _ = wired
    twin.fault("status", times=3, match="skip", status=504)
    run = await run_feed(reader, CONSULTATIONS)
    assert (run.created, run.failed) == (2976, 0)
    assert (await sweep.sweep(reader, CONSULTATIONS)).updated == 0
    asked = [request["query"] for request in twin.received("top=")]
    assert any("top=75" in query for query in asked)

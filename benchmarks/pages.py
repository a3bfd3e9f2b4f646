"""Thousands of open pages in one process, as light as can be: `python -m benchmarks.pages WHAT PORT SIGNAL PAGES PID`.

WHAT is `ours` (SIGNAL: the database's address) or `bare` (SIGNAL: its UDP port). Each news bears the monotonic time at
which it was ordered as its event number, so that a page knows how long it was under way.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import psycopg
import uvloop

from benchmarks import machine
from benchmarks.documents import key

EVENT = re.compile(rb'"type":"changed","topic":"[^"]*","event":(\d+)\}')
BROADCASTS, SINGLES, RATE, STUCK = 10, 3000, 1000, 50
COMMON = key("page", 10**6)
took: list[float] = []


class Page(asyncio.Protocol):
    """One page: it asks to be let in, and notes how old each news is."""

    def __init__(self, path: str, ready: asyncio.Future[None]) -> None:
        self.path, self.ready, self.rest = path, ready, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take news; what is cut in the middle waits for its end."""
        now = time.monotonic_ns()
        if not self.ready.done():
            self.rest += data
            if b" 101 " in self.rest and (b'"subscribed"' in self.rest or b"/bare/" in self.path.encode()):
                self.ready.set_result(None)
                self.rest = b""
            return
        end = 0
        text = self.rest + data
        for found in EVENT.finditer(text):
            took.append((now - int(found[1])) / 1e6)
            end = found.end()
        self.rest = text[end:]

    def connection_lost(self, exc: Exception | None) -> None:
        """A page that falls fails the run."""
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError(self.rest[:200]))


def news(topic: str) -> str:
    """What both are told to tell."""
    return json.dumps({"type": "changed", "topic": topic, "event": time.monotonic_ns()}, separators=(",", ":"))


async def opened(port: int, paths: list[str]) -> list[Page]:
    """All pages, a hundred at once."""
    loop, pages = asyncio.get_running_loop(), []
    for at in range(0, len(paths), 100):
        group = [Page(path, loop.create_future()) for path in paths[at : at + 100]]
        await asyncio.gather(*(loop.create_connection(lambda p=page: p, "127.0.0.1", port) for page in group))  # type: ignore[misc]  # a bound default
        await asyncio.wait_for(asyncio.gather(*(page.ready for page in group)), 30)
        pages += group
    return pages


async def arrived(count: int) -> dict[str, float]:
    """Wait until all came; p50, p99 and the longest in ms, and how many did not come."""
    deadline = time.monotonic() + 20
    while len(took) < count and time.monotonic() < deadline:  # noqa: ASYNC110 - the pages count by themselves
        await asyncio.sleep(0.01)
    times = sorted(took)
    took.clear()
    if not times:
        return {"lost": count}
    return {"p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)], "max": times[-1],
            "lost": count - len(times)}  # fmt: skip


def orders(what: str, signal: str) -> tuple[Callable[[], None], Callable[[int], None]]:
    """How to order a broadcast, and a news for the Nth page."""
    if what == "bare":
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.connect(("127.0.0.1", int(signal)))

        def bare(number: int) -> None:
            topic = f"consultation:{key('page', number)}"
            out.send(f"s {number} {news(topic)}".encode())

        def all_bare() -> None:
            out.send(f"b {news(f'consultation:{COMMON}')}".encode())

        return all_bare, bare
    database = psycopg.connect(signal, autocommit=True)

    def notify(request: object) -> None:
        # An event and its word, as `core.events` and `core.signals` leave them; its number is the time.
        database.execute(
            "with made as (insert into log.events (id, name, cons_id, origin) overriding system value"
            " values (%s, 'Changed', %s, 'platform')) select pg_notify('clobus_live', %s)",
            (time.monotonic_ns(), request, str(request)),
        )

    return lambda: notify(COMMON), lambda number: notify(key("page", number))


def paced(single: Callable[[int], None], count: int) -> None:
    """So many news a second, one page each; in a thread, since an order may wait for the database."""
    began = time.perf_counter()
    for number in range(SINGLES):
        if (wait := began + number / RATE - time.perf_counter()) > 0:
            time.sleep(wait)
        single(number * 7 % count)


async def run(what: str, port: int, signal: str, count: int, pid: int) -> dict[str, Any]:
    """Open all, then broadcasts, then news for one page each, then broadcasts beside stuck pages."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    tickets = os.environ.get("BENCH_TICKET", "")
    paths = [
        f"/bare/{number}" if what == "bare"
        else f"/live?ticket={tickets}&topics=consultation:{key('page', number)},consultation:{COMMON}"
        for number in range(count)
    ]  # fmt: skip
    broadcast, single = orders(what, signal)
    memory, began = machine.rss(pid), time.perf_counter()
    pages = await opened(port, paths)
    said: dict[str, Any] = {"connect": time.perf_counter() - began}
    await asyncio.sleep(1)
    said["kb_page"] = (machine.rss(pid) - memory) * 1024 / count
    cpu = machine.cpu(pid)
    for _ in range(BROADCASTS):
        broadcast()
        await asyncio.sleep(0.5)
    said |= {f"all_{name}": value for name, value in (await arrived(BROADCASTS * count)).items()}
    said["cpu_all"] = (machine.cpu(pid) - cpu) / (BROADCASTS * count) * 1e6
    cpu = machine.cpu(pid)
    await asyncio.to_thread(paced, single, count)
    said |= {f"one_{name}": value for name, value in (await arrived(SINGLES)).items()}
    said["cpu_one"] = (machine.cpu(pid) - cpu) / SINGLES * 1e6
    for page in pages[:STUCK]:
        page.transport.pause_reading()
    for _ in range(BROADCASTS):
        broadcast()
        await asyncio.sleep(0.5)
    said |= {f"beside_{name}": value for name, value in (await arrived(BROADCASTS * (count - STUCK))).items()}
    return said | {"count": BROADCASTS * count, "wall": 1.0, "pages": count}


if __name__ == "__main__":
    what, port, signal, count, pid = sys.argv[1:6]
    sys.stdout.write(json.dumps(uvloop.run(run(what, int(port), signal, int(count), int(pid)))) + "\n")

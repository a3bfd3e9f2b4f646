"""The source of all loads: an OData server over prebuilt bytes, so that it is never the bottleneck.

`python -m benchmarks.source COUNT [SECONDS]` prints its address. It knows date windows, `$top`, `$skip`, `$select` of
versions, keys, `/$count`, `POST /_change?n=&at=` and takes any other POST as a partner would; `/_taken` lists how often
each body came to each address. With SECONDS every page takes that long, as those of a real 1C do.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from bisect import bisect_left
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

import uvloop

from benchmarks.documents import changed_at, created_at, document, head, key

LOWER = re.compile(r"(\S+) ge datetime'([^']+)'")
UPPER = re.compile(r"lt datetime'([^']+)'")
KEYS = re.compile(r"Ref_Key eq guid'([^']+)'")
EMPTY = b'{"odata.metadata":"","value":[]}'


class Store:
    """The documents in the order of their change, their versions in the order of creation."""

    def __init__(self, total: int) -> None:
        self.total = total
        order = sorted(range(total), key=lambda number: changed_at(number, total))
        self.stamps = [changed_at(number, total).isoformat() for number in order]
        self.numbers = order
        self.rows = [document(number, total) for number in order]
        self.heads = [head(number, total, 0) for number in range(total)]
        self.made = [created_at(number, total).isoformat() for number in range(total)]
        self.revisions: dict[int, int] = {}
        self.places: dict[str, int] | None = None
        self.turn = 0

    def window(self, field: str, start: str, end: str | None, top: int, skip: int) -> bytes:
        """One page of a date window."""
        by_change = field == "ДатаИзменения"
        stamps, rows = (self.stamps, self.rows) if by_change else (self.made, self.heads)
        first = bisect_left(stamps, start) + skip
        last = bisect_left(stamps, end) if end else len(stamps)
        return b'{"odata.metadata":"","value":[' + b",".join(rows[first : min(last, first + top)]) + b"]}"

    def by_keys(self, keys: list[str]) -> bytes:
        """Documents of these keys."""
        if self.places is None:
            self.places = {key("doc", number): number for number in range(self.total)}
        found = [self.places[one] for one in keys if one in self.places]
        rows = [document(number, self.total, self.revisions.get(number, 0)) for number in found]
        return b'{"odata.metadata":"","value":[' + b",".join(rows) + b"]}"

    def change(self, count: int, at: str, *, silent: bool = False) -> int:
        """Give some documents a new version and, unless `silent`, the stamp `at`."""
        step = max(1, len(self.rows) // count)
        self.turn += 1
        places = sorted({(place * step + self.turn * 7919) % len(self.rows) for place in range(count)}, reverse=True)
        for place in places:
            number = self.numbers[place]
            revision = self.revisions[number] = self.revisions.get(number, 0) + 1
            self.heads[number] = head(number, self.total, revision)
            if silent:
                continue
            del self.stamps[place], self.numbers[place], self.rows[place]
            self.stamps.append(at)
            self.numbers.append(number)
            self.rows.append(document(number, self.total, revision, at))
        return len(places)


class Door(asyncio.Protocol):
    """HTTP with just enough in it: keep-alive, lengths, no chunks."""

    store: Store
    delay = 0.0
    taken: Counter[tuple[str, bytes]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is here as a whole."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            header = self.buffer[:end]
            found = re.search(rb"content-length: *(\d+)", header, re.IGNORECASE)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < size:
                return
            given, self.buffer = self.buffer[end + 4 : size], self.buffer[size:]
            method, target, _ = header.split(b"\r\n", 1)[0].decode().split(" ")
            if method == "POST" and not target.startswith("/_"):
                self.taken[target, given] += 1
            if self.delay and "top=" in target:
                asyncio.get_running_loop().call_later(self.delay, self.send, method, target)
            else:
                self.send(method, target)

    def send(self, method: str, target: str) -> None:
        """Answer one request, unless its caller has gone."""
        if self.transport.is_closing():
            return
        body = self.answer(method, target)
        kind = b"text/plain" if b"$count" in target.encode() else b"application/json"
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n" % (kind, len(body)))
        self.transport.write(body)

    def answer(self, method: str, target: str) -> bytes:
        """The body of an answer."""
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if method == "POST":
            if parts.path == "/_change":
                silent = "silent" in asked
                return json.dumps(self.store.change(int(asked["n"]), asked.get("at", ""), silent=silent)).encode()
            return b'{"id":1}'
        if parts.path == "/_taken":
            return json.dumps([[path, body.decode(), times] for (path, body), times in self.taken.items()]).encode()
        if unquote(parts.path).endswith("$count"):
            return str(self.store.total).encode()
        terms, top, skip = asked.get("$filter", ""), int(asked.get("$top", "1000")), int(asked.get("$skip", "0"))
        if keys := KEYS.findall(terms):
            return self.store.by_keys(keys)
        lower, upper = LOWER.search(terms), UPPER.search(terms)
        field, start = lower.groups() if lower else ("ДатаИзменения", "")
        return self.store.window(field, start, upper[1] if upper else None, top, skip)


async def serve(total: int, delay: float) -> None:
    """Build and serve until killed; prints the port when ready."""
    Door.store, Door.delay = Store(total), delay
    server = await asyncio.get_running_loop().create_server(Door, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))

"""Every operation with input that no sensible client sends: bodies, addresses and headers that break parsers."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.api.matrix import DOORS
from tests.api.test_matrix import World, guards, world_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="module")]
DEEP = 5000
RAW = (
    b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe{}", b'{"a":"\xff"}', b"\x00", b"{}" * 3, b"\xef\xbb\xbf{}",
    b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP, b'{"\\ud800":1}', b'{"":1}', b'{"a\\u0000":1}',
    b"1" * 5000, b"-1e999", b"NaN",
)  # fmt: skip
"""Bodies as a whole."""
VALUES = (
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 400, b"-9223372036854775809", b"4294967296", b"0", b"-1",
    b'"\\ud800"', b'"\\u0000"', b'"a\\u0000b"', b'"\\udc00\\ud800"', b'""', b'" "', b'"' + b"x" * 70_000 + b'"',
    b"null", b"[]", b"{}", b"[[]]", b'{"a":{"b":[null]}}', b"true", b'"0001-01-01T00:00:00+14:00"',
    b'"9999-12-31T23:59:59-12:00"', b'"0001-01-01"', b'"9999-12-31"', b'"24:00"', b'"-262143-01-01T00:00:00Z"',
    b'"1e400"', b'"NaN"', b'"\\u202e\\ufeff\\u200b"', b'["\\u0000"]', b'["\\ud800"]', b"1767225600000000000",
)  # fmt: skip
"""Values in the place of each member of a body that is right otherwise."""
WORDS = (
    "", "%00", "%ff", "%ed%a0%80", "-1", "0", "99999999999999999999999999", "1e400", "NaN", "x" * 3000,
    "%F0%9F%92%A9", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "MHwx",
    "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0xMjowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA", "..%2f..%2fetc",
    "00000000-0000-0000-0000-000000000000", "a%0d%0ab:c", "%25", "%27%3B--", "[]", "true",
)  # fmt: skip
"""Values of parameters, as they stand in an address."""
HEADERS = (
    {"Idempotency-Key": "k" * 5000}, {"Idempotency-Key": ""}, {"Idempotency-Key": "\u00ff\u00fe"},
    {"X-Organisation-Id": "x"}, {"X-Client-Id": "\u00ff"}, {"Accept-Language": "\u00ff,;q=," * 500},
    {"Accept-Language": "x" * 20_000}, {"User-Agent": "\u00ff" * 3000}, {"Content-Length": "99"},
    {"Prefer": "\u00ff"}, {"If-None-Match": "\u00ff" * 900}, {"Last-Event-Id": "9" * 400},
    {"X-Forwarded-For": "\u00ff, 1"}, {"Cookie": "clobus=\u00ff; =; ;"},
    {"Content-Type": "application/json; charset=utf-7"}, {"Content-Type": "text/plain"}, {"Content-Type": "\u00ff"},
    {"Content-Type": "multipart/form-data"}, {"Content-Type": "multipart/form-data; boundary="},
    {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"},
    {"Host": "\u00ff"}, {"Origin": "null"}, {"Authorization": "Bearer \u00ff"},
    {"Authorization": "tma \u00ff=%ff&hash="}, {"X-Front-Secret": "\u00ff"}, {"X-Dashboard-Pass": "a.\u00ff.c"},
)  # fmt: skip
CALLERS = ("administrator", "person", "owner", "service", "nobody")
"""The first whom a door lets in tries it; with EXAMPLES (`make fuzz`) all of them do."""
EVERY = "EXAMPLES" in os.environ
AWAY = {"gateway.down", "gateway.open", "gateway.transient"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(database_server: str) -> AsyncIterator[World]:
    async with world_of(database_server) as made:
        yield made


class Knocker:
    """Calls one door in many wrong ways, and keeps what broke."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.door = world, name, DOORS[name]
        self.method, _, self.path = name.partition(" ")
        self.broken: list[str] = []

    async def call(self, caller: str, path: str, query: str, body: bytes | None, how: str, **more: str) -> None:
        known = await self.world.headers(caller, guards(self.world.app)[self.name])
        raw = [(name.encode(), value.encode("latin-1")) for name, value in (known | more).items()]
        if body is not None and "Content-Type" not in more:
            raw.append((b"content-type", b"application/json"))
        self.world.http.cookies.clear()
        answer = await self.world.http.request(self.method, path + query, headers=raw, content=body)
        if answer.status_code < 500 or "/health/" in self.path:
            return
        code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else answer.text
        if code not in AWAY:
            self.broken.append(f"{self.name} as {caller}, {how}: {answer.status_code} {code}")

    def right(self, **other: str) -> str:
        """The address with right values, but for some."""
        values = {name: self.world.names.get(value, value) for name, value in self.door.values.items()}
        path = self.path
        for name, value in values.items():
            path = path.replace("{" + name + "}", other.get(name, quote(value, safe="")))
        return path

    async def bodies(self, caller: str) -> None:
        for body in RAW:
            await self.call(caller, self.right(), self.door.query, body, f"body {body[:40]!r}")
            if self.once() and len(body) < 100:
                key = {"Idempotency-Key": "twenty-characters-" + str(len(body))}
                await self.call(caller, self.right(), self.door.query, body, f"body {body[:40]!r} with a key", **key)
        given = self.world.filled(self.door.body)
        for place in places(given):
            for value in VALUES:
                body = replaced(given, place, value)
                how = f"{'.'.join(map(str, place))} = {value[:40]!r}"
                await self.call(caller, self.right(), self.door.query, body, how)
                if self.once():
                    key = {"Idempotency-Key": f"{abs(hash((place, value))):020}"}
                    await self.call(caller, self.right(), self.door.query, body, f"{how} with a key", **key)

    async def addresses(self, caller: str) -> None:
        body = None if self.door.body is None else json.dumps(self.world.filled(self.door.body)).encode()
        for word in WORDS:
            for name in self.door.values:
                if word:
                    await self.call(caller, self.right(**{name: word}), self.door.query, body, f"{name} = {word[:40]}")
            for name in self.parameters():
                glue = "&" if self.door.query else "?"
                query = f"{self.door.query}{glue}{name}={word}"
                await self.call(caller, self.right(), query, body, f"?{name} = {word[:40]}")
        for more in HEADERS:
            await self.call(caller, self.right(), self.door.query, body, str(more)[:60], **more)

    def parameters(self, where: str = "query") -> list[str]:
        operation = self.world.app.openapi()["paths"].get(self.path, {}).get(self.method.lower(), {})
        return [each["name"].lower() for each in operation.get("parameters", ()) if each["in"] == where]

    def once(self) -> bool:
        """Whether the door takes a key that a replay is known by."""
        return "idempotency-key" in self.parameters("header")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


def replaced(given: Any, place: tuple[Any, ...], value: bytes) -> bytes:
    """The body with other bytes at a place."""
    whole = copy.deepcopy(given)
    target = whole
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = "@@here@@"
    return json.dumps(whole).encode().replace(b'"@@here@@"', value)


@pytest.mark.parametrize("name", sorted(DOORS))
async def test_nothing_breaks(world: World, name: str) -> None:
    knocker = Knocker(world, name)
    welcome = [caller for caller in CALLERS if knocker.door.answer(caller) not in (401, 403)]
    for caller in CALLERS if EVERY else (*welcome, CALLERS[0])[:1]:
        await knocker.addresses(caller)
        if not name.startswith("GET"):
            await knocker.bodies(caller)
    assert knocker.broken == [], "\n".join(knocker.broken[:40])

"""The desk in a rush: `clobus api` and `clobus worker` over the twins of the small world, fifty requests a second for a
minute (a fifth of them creations), two hundred pages open; afterwards it is counted what became of each.

Requests come when they are due, whatever became of those before; a late one is counted from when it was due.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import psycopg
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import machine
from benchmarks.blocks import Bench, bench
from benchmarks.caller import Line
from clobus.core import migrations
from clobus.core.auth import hash_token
from clobus.sandbox import process, progress
from clobus.sandbox.instance import Instance

RATE, SECONDS, PAGES, LINES = 50, 60, 200, 16
TURN = ("create", "read", "read", "list", "read")
DRAIN_SECONDS = 300
MARKER = re.compile(r"Clobus ([0-9a-f-]{36})")
SETTINGS = {"CLOBUS_LIMITS__CREATES_PER_MINUTE": "10000", "CLOBUS_LIMITS__REQUESTS_PER_MINUTE": "100000",
            "CLOBUS_LIMITS__GUESSES_PER_MINUTE": "10000", "PYTHONUNBUFFERED": "1"}  # fmt: skip
ASKERS = (
    "select client_id::text from cons.clients c where parent_key = '7ccd31ca-887b-11eb-938b-00e04cd03b68' and not"
    " deleted and code_abonent is not null and org_inn is not null and phone_number is not null and not exists"
    " (select 1 from cons.cons r where r.client_id = c.client_id and r.status in ('open', 'pending'))"
    " order by client_id limit %s"
)
LEFT = (
    "select (select count(*) from sys.outbox where state <> 'dead') + (select count(*) from log.webhook_log where state"
    " in ('new', 'claimed')) + (select count(*) from cons.cons where source = 'SITE' and comment like 'rush-%%' and"
    " (number is null or conversation_id is null))"
)


@dataclass
class Desk:
    """The processes of one run."""

    instance: Instance
    dsn: str
    parts: dict[str, subprocess.Popen[bytes]]
    env: dict[str, str]

    @property
    def port(self) -> int:
        """Where the API listens."""
        return int(self.instance.api.rpartition(":")[2])

    def rows(self, sql: str, *params: Any) -> list[Any]:
        """Ask the platform's database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(sql, params).fetchall()


@dataclass
class Heard:
    """What came of everything that was sent."""

    took: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in sorted({*TURN})})
    codes: Counter[str] = field(default_factory=Counter)
    made: dict[str, str] = field(default_factory=dict)
    """Accepted requests and their clients."""
    news: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Events that the page of a client was told, and when (seconds since 1970)."""


@contextmanager
def desk(one: Bench, home: Path) -> Iterator[Desk]:
    """Twins, API and worker as processes, with the first load behind them."""
    shutil.rmtree(home, ignore_errors=True)
    (home / "twins").mkdir(parents=True)
    instance = Instance(home, "small")
    ports = {"api": process.free_port()}
    parts: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for kind in ("onec", "chatwoot"):
            ports[kind] = process.free_port(0, list(ports.values()))
            command = [sys.executable, "-m", "clobus_twins", kind, "--port", str(ports[kind]),
                       "--data", str(home / "twins" / kind), "--seed-size", "small"]  # fmt: skip
            parts[kind] = process.spawn(command, home / f"{kind}.log", os.environ)
            instance.twins[kind] = f"http://127.0.0.1:{ports[kind]}"
            wait(lambda: bool(instance.credentials(kind)), f"the {kind} twin")  # noqa: B023 - waited for at once
        with one.server.database("bench_rush", template="template0") as dsn:
            migrations.upgrade(dsn)
            instance.api, instance.database_url = f"http://127.0.0.1:{ports['api']}", dsn
            kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_")}
            env = {**kept, **instance.environment(), **SETTINGS, "DATA": str(home)}
            for name, words in (("api", ["api", "--port", str(ports["api"])]), ("worker", ["worker"])):
                parts[name] = process.spawn([sys.executable, "-m", "clobus", *words], home / f"{name}.log", env)
            wait(lambda: progress.loaded(progress.states(dsn)), "the first load", 180)
            one.server.execute("vacuum analyze", "bench_rush")
            yield Desk(instance, dsn, parts, env)
    finally:
        for part in reversed(parts.values()):
            part.kill()
            part.wait()


def wait(true: Any, what: str, seconds: float = 60) -> None:
    """Wait for something; the run ends when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.2)


def keys(run: Desk) -> tuple[str, dict[str, str]]:
    """A key of the site, and one for each client who has a page open."""
    site = f"clobus_{secrets.token_hex(16)}"
    own = {client: f"clobus_{secrets.token_hex(16)}" for (client,) in run.rows(ASKERS, PAGES)}
    with psycopg.connect(run.dsn) as connection:
        connection.execute(
            "insert into sys.api_keys (key_hash, name, role) values (%s, 'rush', 'service')", (hash_token(site),)
        )
        connection.cursor().executemany(
            "insert into sys.api_keys (key_hash, name, role, subject_id) values (%s, 'rush', 'client', %s)",
            [(hash_token(key), client) for client, key in own.items()],
        )
    return site, own


async def listen(client: str, page: ClientConnection, heard: Heard) -> None:
    """Note each news of a page."""
    news = heard.news[client]
    async for text in page:
        if '"changed"' in str(text):
            news.append((json.loads(text)["event"], time.time()))


async def opened(run: Desk, own: dict[str, str], heard: Heard, stack: AsyncExitStack) -> list[asyncio.Task[None]]:
    """A page for each client, let in by a ticket of its own."""
    line = Line(*await asyncio.open_connection("127.0.0.1", run.port))
    listening = []
    for client, key in own.items():
        code, body = await line.post("/api/live/tickets", f"authorization: Bearer {key}\r\n", b"{}")
        if code != 200:
            raise SystemExit(f"no ticket: {code} {body!r}")
        address = f"ws://127.0.0.1:{run.port}/live?ticket={json.loads(body)['ticket']}&topics=client:{client}"
        page = await stack.enter_async_context(connect(address, proxy=None))
        heard.news[client] = []
        listening.append(asyncio.create_task(listen(client, page, heard)))
    return listening


def asked(number: int, clients: list[str]) -> tuple[str, bytes]:
    """The Nth creation: its client, and the body; each client asks for another working day each time."""
    client, turn = clients[number % len(clients)], number // len(clients)
    day = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0)  # ten o'clock in Tashkent
    for _ in range(turn % 15 + 1):
        day += timedelta(days=3 if day.weekday() == 4 else 2 if day.weekday() == 5 else 1)
    consultation = {"client_id": client, "lang": ("ru", "uz")[number % 2], "comment": f"rush-{number}",
                    "scheduled_at": day.isoformat()}  # fmt: skip
    return client, json.dumps({"consultation": consultation, "source": "SITE"}).encode()


async def rush(run: Desk, site: str, clients: list[str], heard: Heard) -> float:
    """A minute of requests; gives how long it took."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES):
        free.put_nowait(Line(*await asyncio.open_connection("127.0.0.1", run.port, limit=2**22)))
    key = f"authorization: Bearer {site}\r\n"
    creations = iter(range(RATE * SECONDS))
    recent: list[str] = []
    began = time.perf_counter()

    async def one(number: int, due: float) -> None:
        kind, line = TURN[number % len(TURN)], await free.get()
        try:
            if kind == "create":
                client, body = asked(next(creations), clients)
                headers = f"{key}prefer: respond-async\r\nidempotency-key: rush-{number}\r\n"
                code, answer = await line.post("/api/consultations/create", headers, body)
                if code == 200:
                    made = json.loads(answer)["consultation"]["cons_id"]
                    heard.made[made] = client
                    recent.append(made)
            elif kind == "read" and recent:
                code, _ = await line.ask("GET", f"/api/consultations/{recent[-(number % 20 + 1) % len(recent)]}", key)
            else:
                client = clients[number % len(clients)]
                code, _ = await line.ask("GET", f"/api/consultations?client_id={client}&limit=20", key)
        finally:
            free.put_nowait(line)
        heard.took[kind].append(time.perf_counter() - due)
        heard.codes[f"{kind} {code}"] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(RATE * SECONDS):
            due = began + number / RATE
            if (left := due - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            group.create_task(one(number, due))
    return time.perf_counter() - began


def quantiles(times: list[float], name: str) -> dict[str, float]:
    """p50, p99 and the longest, in ms."""
    times = sorted(times) or [0.0]
    return {f"{name}_p50": times[len(times) // 2] * 1000, f"{name}_p99": times[int(len(times) * 0.99)] * 1000,
            f"{name}_max": times[-1] * 1000}  # fmt: skip


async def measured(run: Desk, postgres: int) -> dict[str, Any]:
    """The rush, the quiet after it, and what is found then."""
    site, own = keys(run)
    heard, pids = Heard(), {name: part.pid for name, part in run.parts.items()} | {"postgres": postgres}
    async with AsyncExitStack() as stack:
        listening = await opened(run, own, heard, stack)
        before = {name: machine.cpu(pid) for name, pid in pids.items()}
        wall = await rush(run, site, list(own), heard)
        cpu = {f"cpu_{name}": machine.cpu(pid) - before[name] for name, pid in pids.items()}
        ended = time.monotonic()
        while await asyncio.to_thread(left, run):
            if time.monotonic() - ended > DRAIN_SECONDS:
                break
            await asyncio.sleep(0.5)
        drained = time.monotonic() - ended
        await asyncio.sleep(2)
        fallen = sum(task.done() for task in listening)
        for task in listening:
            task.cancel()
    row = {"count": sum(len(times) for times in heard.took.values()), "wall": wall, "drain": drained,
           "pages": len(own), "pages_fallen": fallen, "codes": dict(heard.codes), **cpu}  # fmt: skip
    for kind, times in heard.took.items():
        row |= quantiles(times, kind)
    row |= await asyncio.to_thread(lost, run, heard)
    return row | told(run, heard)


def left(run: Desk) -> int:
    """How much the platform has yet to do."""
    return int(run.rows(LEFT)[0][0])


def told(run: Desk, heard: Heard) -> dict[str, Any]:
    """Whether each page heard of each of its requests, and how long after the change was made."""
    late, missed = [], 0
    events = run.rows(
        "select id, cons_id::text, extract(epoch from at)::float8 from log.events where cons_id = any(%s::uuid[])",
        list(heard.made),
    )
    for number, request, at in events:
        # What comes together is told as one: a later number says the same.
        came = [when for told_, when in heard.news[heard.made[request]] if told_ >= number]
        if came:
            late.append(min(came) - at)
        else:
            missed += 1
    return {"live_events": len(events), "live_missed": missed, **quantiles(late, "live")}


def lost(run: Desk, heard: Heard) -> dict[str, Any]:
    """How many accepted requests are not there, or there twice, in each of the three systems; and what disagrees."""
    kept = Counter(name for (name,) in run.rows("select cons_id::text from cons.cons where comment like 'rush-%%'"))
    found = {"postgres": kept, "onec": in_onec(run), "chatwoot": in_chatwoot(run)}
    row: dict[str, Any] = {"accepted": len(heard.made)}
    for system, names in found.items():
        row[f"lost_{system}"] = sum(names[name] == 0 for name in heard.made)
        row[f"doubled_{system}"] = sum(names[name] > 1 for name in heard.made)
    row["unasked"] = len(kept.keys() - heard.made.keys())
    command = [sys.executable, "-m", "clobus", "drift", "--json"]
    said = subprocess.run(command, env=run.env, capture_output=True, text=True, check=False).stdout
    return row | {"drift": json.loads(said)["total"]}


def fetched(address: str, headers: dict[str, str]) -> Any:
    """JSON from a twin."""
    with urlopen(Request(address, headers={"accept": "application/json", **headers}), timeout=60) as answer:
        return json.load(answer)


def in_onec(run: Desk) -> Counter[str]:
    """Requests of ours among 1C's documents."""
    known = run.instance.credentials("onec")
    login = base64.b64encode(f"{known['user']}:{known['password']}".encode()).decode()
    query = f"$filter={quote('startswith(Комментарий,' + chr(39) + 'Clobus ' + chr(39) + ')')}"
    fields = quote("Комментарий")
    address = f"{run.instance.twins['onec']}{known['base_path']}/{quote('Document_ТелефонныйЗвонок')}"
    rows = fetched(f"{address}?{query}&$select={fields}&$format=json", {"authorization": f"Basic {login}"})["value"]
    return Counter(found[1] for row in rows if (found := MARKER.match(row["Комментарий"])))


def in_chatwoot(run: Desk) -> Counter[str]:
    """Requests of ours among Chatwoot's conversations."""
    known = run.instance.credentials("chatwoot")
    base = f"{run.instance.twins['chatwoot']}/api/v1/accounts/{known['account_id']}/conversations"
    names: Counter[str] = Counter()
    for number in range(1, 1000):
        page = fetched(f"{base}?status=all&assignee_type=all&page={number}", {"api_access_token": known["token"]})
        rows = page["data"]["payload"]
        names.update(name for row in rows if (name := row["custom_attributes"].get("request_id")))
        if not rows:
            break
    return names


def measure(data: Path, blocks: int) -> None:
    """So many rushes, each over a world of its own."""
    with bench("rush", data) as one:
        for block in range(blocks):
            with desk(one, data / "rush") as run:
                others = one.quiet()
                busy, began = machine.busy(), time.perf_counter()
                row = uvloop.run(measured(run, one.server.pid))
                used = (machine.busy() - busy) / (time.perf_counter() - began) / machine.CORES
                one.keep({"question": "rush", "block": one.first + block, "contestant": "rush",
                          "others_busy": others, "cores_used": used, **row})  # fmt: skip

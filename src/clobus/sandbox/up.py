"""`clobus up`: the whole platform on one machine, from nothing or going on with what DATA holds."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console

from clobus.core import migrations
from clobus.core.auth import Role
from clobus.core.db import Database, run
from clobus.modules.accounts.service import create_key
from clobus.sandbox import instance as instances
from clobus.sandbox import people, process, progress
from clobus.sandbox.instance import PROVIDER, TWINS, Instance
from clobus.sandbox.postgres import Postgres
from clobus.sandbox.process import PartError
from clobus.sandbox.supervisor import Part, Stopped, Supervisor, answers, signals

DATABASE = "clobus"
PAGE = "sandbox page"
ADDRESS = {"mail": "HOST", PROVIDER: "ISSUER"}
"""By which setting a partner's address is given, where not by its base address."""
SEED_SECONDS = 600.0
LOAD_SECONDS = 1800.0


def up(size: str, port: int, data: Path) -> int:
    """Start everything, say `ready`, stay until stopped. Returns the exit code: 0 when asked to stop, 1 on an error."""
    console = Console(soft_wrap=True)
    errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    supervisor: Supervisor | None = None
    with signals():
        try:
            data = data.absolute()
            held = instances.claim(data)
            supervisor = Supervisor(data / "logs")
            _run(supervisor, _opened(size, port, data, console), port, console)
        except Stopped:
            errors.print("stopping…")
            return 0
        except PartError as error:
            errors.print(f"error: {error}")
            return 1
        finally:
            if supervisor is not None:
                supervisor.stop()
                os.close(held)
    return 0


def _opened(size: str, port: int, data: Path, console: Console) -> Instance:
    """The instance as it was left, or a new one."""
    if not process.port_is_free(port):
        raise PartError(f"The port {port} is in use by another program: choose another, for example PORT={port + 1}.")
    if (data / "instance.json").exists():
        this = instances.load(data)
        if this.size != size:
            console.print(f"{data} holds the {this.size} world and goes on with it (SIZE={size} needs another DATA).")
    else:
        this = Instance(data, size)
    this.state, this.pids, this.api = "starting", {"supervisor": os.getpid()}, f"http://127.0.0.1:{port}"
    instances.secret_key(data)
    instances.write(this)
    return this


def _run(supervisor: Supervisor, this: Instance, port: int, console: Console) -> None:
    began = time.monotonic()
    twins = _start_twins(supervisor, this)
    this.database_url = _database(supervisor, this, console)
    _await_twins(supervisor, this, twins, console)
    instances.write(this)

    # The page needs the twins alone: where a real partner stands, there is none.
    if this.twins.keys() >= set(TWINS):
        port_of_page = process.free_port(this.ports.get("page", 0), list(this.ports.values()))
        this.ports["page"], this.page = port_of_page, f"http://127.0.0.1:{port_of_page}"
    else:
        this.page = ""
    env = {**this.environment(), **os.environ, "PYTHONUNBUFFERED": "1", "DATA": str(this.data)}
    clobus = [sys.executable, "-m", "clobus"]
    parts = (("worker", ["worker"]), ("api", ["api", "--port", str(port)]), ("bot", ["bot"]))
    for name, command in parts:
        if name == "bot" and os.environ.get("CLOBUS_TELEGRAM__MODE") == "off":
            continue
        this.pids[name] = supervisor.start(name, [*clobus, *command], env).process.pid
    instances.write(this)
    supervisor.wait_until(lambda: answers(f"{this.api}/health/live"), "The API", 60)
    _first_load(supervisor, this, console)
    if this.page:
        _start_page(supervisor, this)
        asyncio.run(people.seed(this.database_url, this.data))
    this.state = "ready"
    instances.write(this)
    _tell(this, console, time.monotonic() - began)
    supervisor.stay()


def _start_twins(supervisor: Supervisor, this: Instance) -> dict[str, Part]:
    """Start the twins, except for those whose vendor's real address is set."""
    parts: dict[str, Part] = {}
    this.twins = {}
    for name in (*TWINS, PROVIDER):
        if os.environ.get(f"CLOBUS_{name.upper()}__{ADDRESS.get(name, 'BASE_URL')}"):
            continue
        home = this.data / "twins" / name
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        port = process.free_port(this.ports.get(name, 0), [this.ports[other] for other in parts])
        this.ports[name] = port
        this.twins[name] = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "clobus_twins", name, "--port", str(port), "--data", str(home)]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        parts[name] = supervisor.start(f"twin-{name}", [*command, "--seed-size", this.size], env)
        this.pids[f"twin-{name}"] = parts[name].process.pid
    return parts


def _database(supervisor: Supervisor, this: Instance, console: Console) -> str:
    """Start PostgreSQL, unless CLOBUS_DATABASE_URL names one, and bring the schema up to date."""
    url = os.environ.get("CLOBUS_DATABASE_URL")
    if not url:
        server = Postgres(
            this.data / "postgres", bin_dir=os.environ.get("CLOBUS_PG_BIN"), log=supervisor.logs / "postgres.log"
        )
        supervisor.postgres = server
        server.start()
        this.ports["postgres"] = server.port
        this.pids["postgres"] = server.pid or 0
        url = server.url(DATABASE)
        _create_database(server.url(), DATABASE)
        console.print(f"PostgreSQL  127.0.0.1:{server.port}", highlight=False)
    try:
        migrations.upgrade(url)
    except Exception as error:  # the driver's, SQLAlchemy's or a migration's own: all end the start, in words
        raise PartError(f"The database can't be brought to the newest schema: {error}") from error
    return url


def _create_database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _await_twins(supervisor: Supervisor, this: Instance, twins: dict[str, Part], console: Console) -> None:
    """Wait until the twins answer, telling on the way what their seeds write."""
    told: dict[str, str] = {}

    def tell() -> None:
        for name, part in twins.items():
            line = process.tail(part.log, 1).strip()
            if line and told.get(name) != line and not line.startswith("ready "):
                told[name] = line
                console.print(f"  {name:<10} {line}", highlight=False, markup=False)

    for name in twins:
        door = f"{this.twins[name]}/_control/clock"
        supervisor.wait_until(partial(answers, door), f"The {name} twin", SEED_SECONDS, tell)


def _start_page(supervisor: Supervisor, this: Instance) -> None:
    """The sandbox page, with a key that lets it read what happened."""
    command = [
        sys.executable,
        "-m",
        "clobus_twins",
        "page",
        "--port",
        str(this.ports["page"]),
        "--data",
        str(this.data),
    ]
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "CLOBUS_SANDBOX_API": this.api,
           "CLOBUS_SANDBOX_TOKEN": asyncio.run(_page_key(this.database_url))}  # fmt: skip
    this.pids["page"] = supervisor.start("page", command, env).process.pid
    supervisor.wait_until(lambda: answers(f"{this.page}/sandbox/about"), "The sandbox page", 60)


async def _page_key(url: str) -> str:
    """A new key for the page; that of an earlier start ends."""
    db = Database(url, max_size=1)
    await db.open()
    try:
        async with db.transaction() as connection:
            await run(
                connection, "update sys.api_keys set revoked_at = now() where name = %s and revoked_at is null", (PAGE,)
            )
            return await create_key(connection, Role.AUDITOR, PAGE)
    finally:
        await db.close()


def _first_load(supervisor: Supervisor, this: Instance, console: Console) -> None:
    """Wait until the sync has brought everything in once; at once when it has before."""
    if progress.loaded(progress.states(this.database_url)):
        return
    console.print("The first load:")
    with progress.Display(console) as display:

        def come_through() -> bool:
            seen = progress.states(this.database_url)
            display.show(seen)
            return progress.loaded(seen)

        supervisor.wait_until(come_through, "The first load", LOAD_SECONDS, tick=0.5)
        display.finish(progress.states(this.database_url))


def _tell(this: Instance, console: Console, seconds: float) -> None:
    """Addresses, log-ins and what to try; the last line is for programs."""
    rows = [("Site", this.api, "portal, desk, reports, operations: sign in as somebody below"),
            ("API", f"{this.api}/openapi.json", "key: .venv/bin/clobus sandbox token administrator")]  # fmt: skip
    if this.page:
        rows.append(("Sandbox", f"{this.page}/sandbox", "1C, Chatwoot, a Telegram phone, faults"))
    for name, address in this.twins.items():
        rows.append((f"{name} twin", address, _login(this, name)))
    if this.page:
        rows += [
            (f"as {role}", known["email"], f"password {known['password']}")
            for role, known in people.logins(this.data).items()
        ]
    lines = [
        f"\nAll is up after {seconds:.0f} s. Everything is kept in {this.data}; Ctrl-C stops, `make run` goes on.\n"
    ]
    lines += [f"  {label:<15} {address:<28} {note}".rstrip() for label, address, note in rows]
    lines += [
        f"  {'database':<15} .venv/bin/clobus db url",
        "\nTry:",
        "  .venv/bin/clobus drift                 do 1C, PostgreSQL and Chatwoot agree?",
        "  .venv/bin/clobus sandbox simulate      clients, managers and 1C users at work",
        "  .venv/bin/clobus explain NUMBER        the whole story of one request",
        "",
        f"ready {this.api}",
    ]
    console.print("\n".join(lines), highlight=False, markup=False)


def _login(this: Instance, twin: str) -> str:
    known = this.credentials(twin)
    who = known.get("user") or known.get("admin_email")
    return f"{f'user {who}, ' if who else ''}secrets in {this.credentials_path(twin)}" if known else ""

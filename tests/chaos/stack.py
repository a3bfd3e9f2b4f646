"""The whole platform as processes over one directory: PostgreSQL that syncs to disk, the twins, API, workers."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
from psycopg import sql

from clobus.core import migrations
from clobus.core.http import trusting
from clobus.sandbox import instance as instances
from clobus.sandbox import process, progress
from clobus.sandbox.instance import TWINS, Instance
from clobus.sandbox.postgres import Postgres
from tests.support.twins import TwinProcess

DATABASE = "clobus"
TOKEN = "chaos-token-of-the-site"
WORKERS = 2
SETTINGS = {
    "CLOBUS_SPEED": "20",
    "CLOBUS_LEASE_SECONDS": "10",
    "CLOBUS_CREATE_WAIT_SECONDS": "0.5",
    "CLOBUS_LIMITS__REQUESTS_PER_MINUTE": "100000",
    "CLOBUS_LIMITS__CREATES_PER_MINUTE": "100000",
    "CLOBUS_LIMITS__WEBHOOKS_PER_MINUTE": "1000000",
    "CLOBUS_LOG_LEVEL": "INFO",
}


class Part:
    """A process of the platform that can be killed and started again."""

    def __init__(self, name: str, arguments: list[str], log: Path, env: dict[str, str]) -> None:
        self.name = name
        self.command = [sys.executable, "-m", "clobus", *arguments]
        self.log = log
        self.env = env
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it when it does not run."""
        if self.process is None or self.process.poll() is not None:
            self.process = process.spawn(self.command, self.log, self.env)

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def died(self) -> bool:
        """Whether it ended by itself, which it never should."""
        return self.process is not None and self.process.poll() is not None


class Stack:
    """Everything over `home`; ports are kept there, so that a copy of it goes on where the original stood."""

    def __init__(self, home: Path, ports: dict[str, int], workers: int = WORKERS) -> None:
        self.home = home
        self.ports = ports
        self.postgres = Postgres(home / "postgres")
        self.twins = {kind: TwinProcess(kind, "small", data=home / "twins" / kind, port=ports[kind]) for kind in TWINS}
        self.instance = Instance(home, "small")
        self.parts: list[Part] = []
        self.workers = workers
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def onec(self) -> TwinProcess:
        """The 1C twin."""
        return self.twins["onec"]

    @property
    def chatwoot(self) -> TwinProcess:
        """The Chatwoot twin."""
        return self.twins["chatwoot"]

    @property
    def api(self) -> Part:
        """The API's process."""
        return self.parts[0]

    @property
    def api_url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def database_url(self) -> str:
        """The platform's database."""
        return self.postgres.url(DATABASE)

    def start(self) -> Self:
        """Start everything and wait until the API answers; the first time the database is made and loaded."""
        (self.home / "twins").mkdir(parents=True, exist_ok=True)
        for twin in self.twins.values():
            twin.start()
        self.postgres.start()
        self._database()
        self._instance()
        common = {**self.env, **SETTINGS}
        log = self.home / "logs"
        log.mkdir(exist_ok=True)
        self.parts = [Part("api", ["api", "--port", str(self.ports["api"])], log / "api.log", common)]
        for number in range(self.workers):
            self.parts.append(Part(f"worker-{number}", ["worker"], log / f"worker-{number}.log", common))
        for part in self.parts:
            part.start()
        self._wait(self._answers, "the API answers", 60)
        return self

    def load(self, seconds: float = 180.0) -> None:
        """Wait until the first load came through."""
        self._wait(lambda: progress.loaded(progress.states(self.database_url)), "the first load", seconds)

    def stop(self) -> None:
        """End everything, the platform first."""
        for part in self.parts:
            part.kill()
        self.postgres.stop()
        for twin in self.twins.values():
            twin.stop()

    def clobus(self, *arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a command of the platform with the instance's settings."""
        return subprocess.run(
            [sys.executable, "-m", "clobus", *arguments],
            env={**self.env, **SETTINGS},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def rows(self, query: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Ask the platform's database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def _database(self) -> None:
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        if known is not None:
            return
        migrations.upgrade(self.database_url)
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into sys.api_keys (key_hash, name, role) values (%s, 'chaos', 'service')",
                (hashlib.sha256(TOKEN.encode()).digest(),),
            )

    def _instance(self) -> None:
        self.instance.api = self.api_url
        self.instance.database_url = self.database_url
        self.instance.twins = {kind: twin.base_url for kind, twin in self.twins.items()}
        instances.write(self.instance)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_")}
        self.env = {**kept, **self.instance.environment(), "DATA": str(self.home), "PYTHONUNBUFFERED": "1"}

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.api_url}/health/live", timeout=2, trust_env=False, verify=trusting())
            return answer.status_code == 200
        except httpx.HTTPError:
            return False

    def _wait(self, ready: Any, what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            for part in self.parts:
                assert not part.died(), f"{part.name} died:\n{process.tail(part.log, 40)}"
            assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s; see {self.home}"
            time.sleep(0.1)


def free_ports() -> dict[str, int]:
    """A port for each part that listens, but PostgreSQL, which keeps its own."""
    ports: dict[str, int] = {}
    for name in ("api", *TWINS):
        ports[name] = process.free_port(0, list(ports.values()))
    return ports


def copy(source: Path, target: Path) -> None:
    """Copy a stopped stack with its owners and modes."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)  # noqa: S607 - cp of the machine

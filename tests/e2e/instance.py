"""A small instance of the whole platform, from nothing, for tests of pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
from psycopg.rows import dict_row

from tests.support.ports import free_port

READY_SECONDS = 180
# Four cycles where there would be one, and people of all tests come from one address.
SETTINGS = {"CLOBUS_SPEED": "4", "CLOBUS_LIMITS__SIGNS_PER_MINUTE": "1000", "CLOBUS_LIMITS__GUESSES_PER_MINUTE": "1000"}


@dataclass
class Sandbox:
    """A running instance."""

    data: Path
    urls: dict[str, str]

    def clobus(self, *arguments: str) -> str:
        """Run a command on it and give what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "clobus", *arguments], env=_environment(self.data), capture_output=True, text=True,
            check=True,
        ).stdout.strip()  # fmt: skip

    def logins(self) -> dict[str, dict[str, str]]:
        """`email` and `password` of one person of each role."""
        found: dict[str, dict[str, str]] = json.loads((self.data / "logins.json").read_text(encoding="utf-8"))
        return found

    def sql(self, statement: LiteralString, *parameters: object) -> list[dict[str, Any]]:
        """Find or change what no door tells or changes, such as how long ago something was."""
        url = json.loads((self.data / "instance.json").read_text(encoding="utf-8"))["database_url"]
        with psycopg.connect(url, row_factory=dict_row) as connection:
            done = connection.execute(statement, parameters or None)
            return done.fetchall() if done.description else []

    def client(self) -> dict[str, str]:
        """A client with a request of his own (`client_id`, `id`), and the `key` that makes links for him."""
        key = self.clobus("sandbox", "token", "administrator")
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=self.urls["api"], headers=headers, timeout=30) as http:
            found = http.get("/api/consultations", params={"limit": 50}).raise_for_status().json()["consultations"]
            row = next(each for each in found if each["client_id"] and each["number"])
        return {"key": key, "client_id": row["client_id"], "id": row["cons_id"]}

    def companies(self) -> list[dict[str, Any]]:
        """Clients of the desk with an address, a tax id and requests of their own whom nobody has claimed."""
        return self.sql(
            "select c.email, c.org_inn, c.company_name, c.phone_number from cons.clients c where c.is_parent"
            " and not c.deleted and c.code_abonent is not null and c.company_name is not null and c.email like '%@%'"
            " and c.phone_number is not null and length(c.org_inn) = 9 and not exists"
            " (select 1 from cab.organisations o where o.inn = c.org_inn)"
            " and not exists (select 1 from cons.clients d where d.client_id <> c.client_id"
            " and d.is_parent and d.org_inn = c.org_inn)"
            " and exists (select 1 from cons.cons r where r.client_id = c.client_id) order by c.org_inn limit 20"
        )

    def link(self, client: dict[str, str]) -> str:
        """Where that client signs in, once."""
        headers = {"Authorization": f"Bearer {client['key']}"}
        body = {"purpose": "signin", "client_id": client["client_id"]}
        with httpx.Client(base_url=self.urls["api"], headers=headers, timeout=30) as http:
            token = http.post("/api/auth/links", json=body).raise_for_status().json()["token"]
        return f"{self.urls['api']}/en/sign-in?token={token}"


def _environment(data: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_")}
    return plain | SETTINGS | {"DATA": str(data), "PYTHONUNBUFFERED": "1"}


@contextmanager
def running() -> Iterator[Sandbox]:
    """The platform with its twins and pages; AssertionError with its last words when it does not start."""
    with tempfile.TemporaryDirectory(prefix="clobus-e2e-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL's account has to come through
        data, log = Path(home) / "data", Path(home) / "up.log"
        command = [sys.executable, "-m", "clobus", "up", "--size", "small", "--port", str(free_port())]
        with log.open("w") as out:
            process = subprocess.Popen(
                [*command, "--data", str(data)], env=_environment(data), stdout=out, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while "\nready " not in log.read_text(encoding="utf-8"):
                assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-3000:]
                time.sleep(0.2)
            found = Sandbox(data, {})
            found.urls = json.loads(found.clobus("sandbox", "urls", "--json"))
            yield found
        finally:
            process.terminate()
            process.wait(30)

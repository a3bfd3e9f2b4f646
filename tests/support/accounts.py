"""People with accounts, and a browser for each, for tests of routes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from clobus.core.db import Database, one, rows
from clobus.modules.accounts import people
from clobus.modules.accounts.passwords import Passwords

PASSWORD = "to'rtinchi qavatdagi moviy choynak"
CHEAP = Passwords(memory_kib=8, rounds=1)
COOKIE = re.compile(r"^([^=]+)=([^;]*)")


@dataclass
class Browser:
    """One browser: its own cookies, requests as its own page makes them."""

    http: httpx.AsyncClient
    jar: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Make a request and keep what cookies come."""
        sent = {"Sec-Fetch-Site": "same-origin", **self.headers, **headers}
        if self.jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        self.http.cookies.clear()
        answer = await self.http.request(method, path, json=body, headers=sent)
        for line in answer.headers.get_list("set-cookie"):
            found = COOKIE.match(line)
            assert found
            self.jar[found.group(1)] = found.group(2)
            if "Max-Age=0" in line:
                del self.jar[found.group(1)]
        return answer

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Read."""
        return await self.call("GET", path, None, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Do."""
        return await self.call("POST", path, {} if body is None else body, **headers)

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in with a password."""
        return await self.post("/api/auth/login", {"login": login, "password": password})


async def person(db: Database, email: str, **values: Any) -> UUID:
    """A person with the password of these tests."""
    columns = {"name": "Nodira", "language": "uz", "password_hash": await CHEAP.hash(PASSWORD)} | values
    async with db.transaction() as connection:
        made = await people.make(connection, {"email": email, **columns})
    assert made is not None
    found: UUID = made["person_id"]
    return found


async def letters_to(db: Database, email: str) -> list[dict[str, Any]]:
    """Letters queued for an address, oldest first."""
    async with db.read() as connection:
        found = await rows(connection, "select type, language, params from log.letters where email = %s order by id",
                           (email,))  # fmt: skip
    return [dict(row) for row in found]


async def token_in(db: Database, email: str, type_: str) -> str:
    """The token of the newest letter of a type."""
    found = [each for each in await letters_to(db, email) if each["type"] == type_]
    return str(found[-1]["params"]["url"].partition("token=")[2])


async def acts(db: Database) -> list[str]:
    """What the audit log holds, oldest first."""
    async with db.read() as connection:
        return [row["act"] for row in await rows(connection, "select act from log.audit order by id")]


async def asked(db: Database, sql: str, *params: Any) -> dict[str, Any]:
    """One row of the database."""
    async with db.read() as connection:
        found = await one(connection, sql, params)
    assert found is not None
    return dict(found)

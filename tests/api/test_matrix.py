"""Every route as every kind of caller: answered as `matrix.py` declares; a route without an entry there fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from clobus.api.app import create_app
from clobus.api.live import Stream
from clobus.core import clock
from clobus.core.auth import Guard, Role, guard_of
from clobus.core.db import Connection, one, run
from clobus.core.ids import new_id
from clobus.modules.accounts import organisations, people, sessions
from clobus.modules.accounts.service import create_key
from clobus.runtime import open_runtime
from tests.api.conftest import FOLDER, FRONT, settings
from tests.api.matrix import CALLERS, DOORS, KNOWN, SERVICES, UNKNOWN, Door
from tests.api.test_doors import routes_of
from tests.architecture.test_acts import NOTHING_IS_DONE, changing
from tests.support.database import clone
from tests.support.mini_app import init_data
from tests.support.workdays import working

PLENTY = {f"{what}_per_minute": 10**6 for what in ("guesses", "signs", "misses", "requests", "creates")}
PERSONS = {*KNOWN} - {*SERVICES, "astray", "front"}
AS_IT_WAS = {"PUT /api/desk/managers/{manager_key}/closings/{day}": "a day that is closed is closed already"}
_numbers = count()


class World:
    """One application, its clients and staff, and whoever calls."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient) -> None:
        self.app, self.http, self.db = app, http, app.state.runtime.db
        self.names: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.people: dict[str, UUID] = {}

    async def fill(self) -> None:
        ids = {name: new_id() for name in ("owner", "other", "own_user", "manager")}
        async with self.db.transaction() as connection:
            for name, code, inn in (("owner", "1001", "301234567"), ("other", "1002", "301234568")):
                await run(
                    connection,
                    "insert into cons.clients (client_id, cl_ref_key, parent_key, code_abonent, org_inn, company_name,"
                    " phone_number) values (%s, %s, %s, %s, %s, 'ООО', %s)",
                    (ids[name], new_id(), FOLDER, code, inn, f"+99800000{code}"),
                )
            await run(
                connection,
                "insert into cons.clients (client_id, is_parent, parent_id, code_abonent, org_inn, phone_number)"
                " values (%s, false, %s, '1001', '301234567', '+998000000003')",
                (ids["own_user"], ids["owner"]),
            )
            await run(
                connection,
                "insert into cons.users (account_id, cl_ref_key, description, con_limit) values (%s, %s, 'М', 5)",
                (new_id(), ids["manager"]),
            )
            for user in (501, 900):
                await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number)"
                                      " values (%s, %s, '+998000001001')", (user, user))  # fmt: skip
            await run(connection, "insert into cons.telegram_links (telegram_user_id, client_id, proof)"
                                  " values (501, %s, 'phone')", (ids["owner"],))  # fmt: skip
            for role in ("service", "manager", "head", "administrator", "auditor"):
                self.keys[role] = await create_key(connection, role, role)
            for name in ("owner", "own_user", "other"):
                self.keys[name] = await create_key(connection, "client", name, subject_id=ids[name])
            await self._people(connection, ids["owner"])
            row = await one(
                connection, "select client_id_hash from cons.clients where client_id = %s", (ids["owner"],)
            )  # fmt: skip
        assert row
        self.names = {f"@{name}": str(value) for name, value in ids.items()} | {
            "@hash": row["client_id_hash"], "@organisation": str(self.people["@organisation"]),
        }  # fmt: skip
        self.names["@day"] = f"{clock.now() + timedelta(days=1):%Y-%m-%d}"
        self.names["@working"] = working(3).isoformat()

    async def _people(self, connection: Connection, client_id: UUID) -> None:
        """The owner of an organisation, which is the client `owner`, and somebody who may look at it."""
        for name in ("person", "viewer", "user"):
            made = await people.make(connection, {"email": f"{name}@example.uz", "name": name})
            assert made
            self.people[name] = made["person_id"]
        own = await organisations.make(connection, self.people["person"], "301234567", "N")
        assert await organisations.settle(connection, own["organisation_id"], client_id, "staff")
        self.people["@organisation"] = own["organisation_id"]
        for role in ("viewer", "user"):
            await run(
                connection,
                "insert into cab.memberships (organisation_id, person_id, role) values (%s, %s, %s)",
                (own["organisation_id"], self.people[role], role),
            )

    async def headers(self, caller: str, guard: Guard) -> dict[str, str]:
        """The credentials of a caller; sessions are new for each call, since some calls end them."""
        unique = f"AAE{next(_numbers)}"
        plain = {"X-Forwarded-For": "203.0.113.5"}
        match caller:
            case "nobody":
                return plain
            case "wrong_key":
                return plain | {"Authorization": f"Bearer clobus_{'A' * 43}"}
            case "forged" | "stale" | "mini_app" | "stranger":
                raw = init_data(900 if caller == "stranger" else 501, query_id=unique, age=9000 * (caller == "stale"))
                return plain | {"Authorization": f"tma {raw.replace('501', '502') if caller == 'forged' else raw}"}
            case "front":
                return plain | {"X-Front-Secret": FRONT}
            case "session" | "expired" | "revoked" | "person" | "viewer" | "user":
                return plain | await self._session(caller)
            case "narrow" | "astray":
                scope = guard.scope if caller == "narrow" else "dicts:read" if guard.scope != "dicts:read" else "x:y"
                async with self.db.transaction() as connection:
                    key = await create_key(connection, "service", caller, [scope] if scope else [])
                return plain | {"Authorization": f"Bearer {key}"}
        return plain | {"Authorization": f"Bearer {self.keys[caller]}"}

    async def _session(self, caller: str) -> dict[str, str]:
        lifetimes = self.app.state.callers.trust.lifetimes
        async with self.db.transaction() as connection:
            if caller in self.people:
                begun = await sessions.begin(connection, lifetimes, method="person", person_id=self.people[caller])
            else:
                begun = await sessions.begin(
                    connection, lifetimes, method="link", subjects=[UUID(self.names["@owner"])]
                )
            if caller == "revoked":
                await sessions.end(connection, begun.id)
            if caller == "expired":
                await run(connection, "update sys.sessions set expires_at = now() where id = %s", (begun.id,))
        self.names["@session"] = str(begun.id)
        return {"Cookie": f"clobus={begun.token}", "Sec-Fetch-Site": "same-origin"}

    async def chief(self) -> dict[str, str]:
        """The credentials of an administrator with an account, who proved himself with a second factor just now."""
        async with self.db.transaction() as connection:
            made = await people.make(connection, {"email": "chief@example.uz", "name": "C", "role": "administrator"})
            assert made
            begun = await sessions.begin(
                connection, self.app.state.callers.trust.lifetimes, method="person", role=Role.ADMINISTRATOR,
                person_id=made["person_id"], strong=True,
            )  # fmt: skip
        return {"Cookie": f"clobus={begun.token}", "Sec-Fetch-Site": "same-origin"}

    async def call(self, name: str, door: Door, caller: str) -> httpx.Response:
        """Knock once, over a fresh request of the owner."""
        made = new_id()
        self.names |= {"@made": str(made), "@session": str(new_id()), "@email": f"n{next(_numbers)}@example.uz"}
        async with self.db.transaction() as connection:
            await run(connection, "delete from cons.cons")
            await run(connection, "delete from cab.organisations where inn = '309999999'")
            if "{name}" in name:
                await run(
                    connection,
                    "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, source)"
                    " values (%s, 'Техническая поддержка', 'open', %s, now(), 'SITE')",
                    (made, self.names["@owner"]),
                )
        headers = await self.headers(caller, guards(self.app)[name])
        method, _, path = name.partition(" ")
        for key, value in door.values.items():
            path = path.replace("{" + key + "}", self.names.get(value, value))
        query = "=".join(self.names.get(part, part) for part in door.query.split("="))
        self.http.cookies.clear()
        return await self.http.request(
            method, path + query, headers=headers, json=self.filled(door.body), data=door.form
        )

    async def acts(self) -> int:
        """How many acts of people are written down."""
        async with self.db.read() as connection:
            row = await one(connection, "select coalesce(max(id), 0) as n from log.audit")
        return int(row["n"]) if row else -1

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        return self.names.get(value, value) if isinstance(value, str) else value


@cache
def guards(app: FastAPI) -> dict[str, Guard]:
    """What each route declares, by `METHOD path`."""
    found = {}
    for route in routes_of(app.routes):
        guard = next(filter(None, (guard_of(part.call) for part in route.dependant.dependencies)))
        found |= {f"{method} {route.path}": guard for method in route.methods or ()}
    return found


@asynccontextmanager
async def world_of(server: str) -> AsyncIterator[World]:
    """One for all doors: a door that changed something is knocked at by everybody once, and by nobody later."""

    async def one_line(*_: Any) -> AsyncIterator[bytes]:
        yield b": a stream goes on for ever, its door is what is looked at here\n\n"

    with clone(server) as database, pytest.MonkeyPatch.context() as patched:
        patched.setattr(Stream, "lines", one_line)
        async with open_runtime(settings(database, **PLENTY)) as runtime:
            app = create_app(runtime, intervals={"cons": 30.0})
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
                made = World(app, http)
                await made.fill()
                yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(database_server: str) -> AsyncIterator[World]:
    async with world_of(database_server) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
async def test_every_route_has_an_entry_and_no_entry_is_for_nothing(world: World) -> None:
    assert guards(world.app).keys() == DOORS.keys()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", sorted(DOORS))
async def test_door(world: World, name: str) -> None:
    door, found = DOORS[name], {}
    for caller in CALLERS:
        before = await world.acts()
        answer = await world.call(name, door, caller)
        found[caller] = answer.status_code
        if name in changing() and name not in NOTHING_IS_DONE and caller in PERSONS and answer.is_success:
            assert await world.acts() > before or name in AS_IT_WAS, (caller, "did something that is written nowhere")
        if caller in UNKNOWN and answer.status_code == 401 and "problem" in answer.headers["content-type"]:
            assert answer.json()["code"].startswith(
                ("auth.", "telegram.", "link.", "signature.", "live.", "webhook.", "proof.", "dashboard.")
            ), answer.text
    assert found == {caller: door.answer(caller) for caller in CALLERS}


def test_every_caller_is_told_apart_somewhere() -> None:
    """A caller whom no door treats in its own way would be a column that proves nothing."""
    columns = {caller: tuple(door.answer(caller) for door in DOORS.values()) for caller in CALLERS}
    assert len(set(columns.values())) >= 11
    assert {401, 403} <= set(columns["astray"]) | set(columns["nobody"])

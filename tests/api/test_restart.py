"""PostgreSQL is ended and started again while requests are made: what was answered stands, once, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from clobus.api.app import create_app
from clobus.core import migrations
from clobus.core.db import Database, rows, run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from clobus.runtime import open_runtime
from clobus.sandbox.postgres import Postgres
from tests.api.conftest import settings

CALLERS, EACH = 8, 25


async def prepare(db: Database) -> tuple[str, list[str]]:
    clients = [str(new_id()) for _ in range(CALLERS * EACH)]
    async with db.transaction() as connection:
        await run(
            connection,
            "insert into cons.clients (client_id, org_inn, phone_number) select id, '301234567', '+998000000001'"
            " from unnest(%s::uuid[]) as id",
            (clients,),
        )
        return await create_key(connection, "service", "load"), clients


async def test_a_restart_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg") as server:
        migrations.upgrade(server.url())
        async with open_runtime(settings(server.url(), creates_per_minute=10**6)) as runtime:
            token, clients = await prepare(runtime.db)
            app = create_app(runtime, intervals={})
            answered: dict[str, str] = {}
            refused = 0

            async def caller(http: httpx.AsyncClient, mine: list[str]) -> None:
                """Ask for each client, again under the same key until it is answered."""
                nonlocal refused
                for client_id in mine:
                    headers = {"Authorization": f"Bearer {token}", "Prefer": "respond-async",
                               "Idempotency-Key": client_id}  # fmt: skip
                    body = {"consultation": {"client_id": client_id}}
                    while client_id not in answered:
                        answer = await http.post("/api/consultations/create", json=body, headers=headers)
                        if answer.status_code == 200:
                            answered[client_id] = answer.json()["consultation"]["cons_id"]
                        else:
                            assert answer.status_code in (409, 503), answer.text
                            refused += 1
                            await asyncio.sleep(0.1)

            async def trouble() -> None:
                for end in (server.kill, server.stop):  # as a power cut would, and in order
                    before = len(answered)
                    while len(answered) < before + CALLERS * 2:  # noqa: ASYNC110 - callers tell nobody
                        await asyncio.sleep(0.005)
                    await asyncio.to_thread(end)
                    await asyncio.sleep(0.3)
                    await asyncio.to_thread(server.start)

            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with (
                httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=60) as http,
                asyncio.TaskGroup() as group,
            ):
                group.create_task(trouble())
                for number in range(CALLERS):
                    group.create_task(caller(http, clients[number::CALLERS]))
            async with runtime.db.read() as connection:
                kept = await rows(connection, "select cons_id::text as id, client_id::text as client from cons.cons")
                told = await rows(connection, "select cons_id::text as id from log.events where name = 'Opened'")
                waits = await rows(connection, "select subject_id::text as id from sys.outbox where system = 'onec'")
                said = await rows(connection, "select entity_id::text as id from log.notification_log")
        assert refused > 0
        assert {row["client"]: row["id"] for row in kept} == answered
        for found in (kept, told, waits, said):
            assert sorted(row["id"] for row in found) == sorted(answered.values())

"""The application over a real database, with both partners away: what was accepted must hold all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from clobus.api.app import create_app
from clobus.core.db import one, run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Accounts, Chatwoot, Limits, Onec, Settings, Telegram
from tests.support.mini_app import BOT_TOKEN

FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
SECRET = "signing"
AWAY = "http://127.0.0.1:9"
FRONT = "the-old-site-s-secret-in-a-browser"


def settings(dsn: str, public_url: str = "http://testserver", **limits: Any) -> Settings:
    return Settings(
        public_url=public_url, front_secret=FRONT,
        telegram=Telegram(base_url=AWAY, bot_token=BOT_TOKEN, alert_chat_id=1),
        database_url=dsn, secret_key="test", create_wait_seconds=0.2, web_dir=Path("/nonexistent"),
        onec=Onec(base_url=AWAY, user="u", password="p"),
        chatwoot=Chatwoot(base_url=AWAY, token="t", account_id=1, inbox_id=3),
        limits=Limits(**limits), accounts=Accounts(argon2_memory_kib=8, argon2_rounds=1),
    )  # fmt: skip


@dataclass
class Api:
    runtime: Runtime
    http: httpx.AsyncClient
    keys: dict[str, str]
    client_id: str

    async def create(self, key: str | None = None, role: str = "service", **over: Any) -> httpx.Response:
        asked = {"client_id": self.client_id, "comment": "Как закрыть месяц?", "lang": "ru", **over}
        return await self.post("/api/consultations/create", {"consultation": asked}, key, role)

    async def post(self, path: str, body: Any, key: str | None = None, role: str = "service") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[role]}"} | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(path, json=body, headers=headers)

    async def get(self, path: str, role: str = "service") -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {self.keys[role]}"})

    async def count(self, table: str = "cons.cons") -> int:
        async with self.runtime.db.read() as connection:
            row = await one(connection, f"select count(*) as n from {table}")
        return int(row["n"]) if row else -1


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[Api]:
    async with open_runtime(settings(dsn)) as runtime:
        client, other = new_id(), new_id()
        async with runtime.db.transaction() as connection:
            for one_id, code, inn in ((client, "1001", "301234567"), (other, "1002", "301234568")):
                await run(
                    connection,
                    "insert into cons.clients (client_id, cl_ref_key, parent_key, code_abonent, org_inn, company_name,"
                    " phone_number) values (%s, %s, %s, %s, %s, 'ООО Ромашка', '+998000000001')",
                    (one_id, new_id(), FOLDER, code, inn),
                )
            await run(
                connection,
                "insert into sys.settings (key, value) values ('chatwoot.webhook', %s)",
                (Jsonb({"id": 1, "secrets": [SECRET]}),),
            )
            keys = {
                role: await create_key(connection, role, role, subject_id=client if role == "client" else None)
                for role in ("service", "client", "manager", "head", "administrator", "auditor")
            }
            keys["other"] = await create_key(connection, "client", "other", subject_id=other)
        app = create_app(runtime, intervals={"cons": 30.0})
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield Api(runtime, http, keys, str(client))

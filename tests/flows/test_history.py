"""The Mini App's history of a talk, and the keys that open the doors: over the twins and the command line."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from clobus.api.app import create_app
from clobus.core.db import run
from clobus.runtime import open_runtime
from clobus.settings import Telegram
from tests.flows.conftest import World
from tests.flows.test_commands import clobus
from tests.flows.test_partners import born, created
from tests.support.mini_app import BOT_TOKEN, init_data
from tests.support.platform import ask, environment_for, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_a_talk_is_shown_to_its_client_without_the_staff_s_notes(world: World) -> None:
    settings = world.settings.model_copy(
        update={"telegram": Telegram(base_url="http://127.0.0.1:9", bot_token=BOT_TOKEN, alert_chat_id=1)}
    )
    async with running(settings) as runtime:
        cons_id = await created(runtime, world)

        async def there() -> bool:
            told = "select 1 from log.notification_log where entity_id = %s and state = 'sent'"
            linked = (await born(runtime, cons_id))["conversation_id"] is not None
            return linked and bool(await ask(runtime, told, cons_id))  # that it was accepted is said there, too

        await until(there)
        row = await born(runtime, cons_id)
        for content, private in (("Проверьте регистр НДС", False), ("клиент трудный", True), ("Помогло?", False)):
            world.desk(f"conversations/{row['conversation_id']}/messages", {"content": content, "private": private})
        async with runtime.db.transaction() as connection:
            await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id) values (501, 501)")
            await run(connection, "insert into cons.telegram_links (telegram_user_id, client_id, proof)"
                                  " values (501, %s, 'phone')", (row["client_id"],))  # fmt: skip
        transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            door = f"/api/telegram/consultations/{cons_id}/messages"
            headers = {"Authorization": f"tma {init_data()}"}

            async def shown(query: str = "") -> dict[str, Any]:
                answer = await http.get(door + query, headers=headers)
                assert answer.status_code == 200, answer.text
                found: dict[str, Any] = answer.json()
                return found

            whole = await shown()
            said = [(m["message_type"], m["content"]) for m in whole["messages"]]
            assert said[0] == ("incoming", "Не сходится НДС")
            assert ("outgoing", "Проверьте регистр НДС") in said
            assert said[-1] == ("outgoing", "Помогло?")
            assert "трудный" not in str(whole)
            last = await shown(f"?per_page=1&page={whole['total']}")
            assert [m["content"] for m in last["messages"]] == ["Помогло?"]
            world.chatwoot.fault("status", None, match="messages", status=503)
            answer = await http.get(door, headers=headers)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"


async def test_keys_are_made_listed_and_revoked(world: World) -> None:
    env = environment_for(world.settings)
    async with open_runtime(world.settings) as runtime:
        code, out, _ = await clobus(env, "keys", "make", "site", "--scope", "dicts:read", "--days", "1")
        assert code == 0
        key = out.strip()
        transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            headers = {"Authorization": f"Bearer {key}"}
            assert (await http.get("/api/dicts/po-types", headers=headers)).status_code == 200
            assert (await http.get("/api/managers/load", headers=headers)).status_code == 403
            code, out, _ = await clobus(env, "keys", "list", "--json")
            [listed] = json.loads(out)
            assert (listed["name"], listed["role"], listed["scopes"]) == ("site", "service", ["dicts:read"])
            assert key not in out
            assert (await clobus(env, "keys", "revoke", listed["id"]))[:2] == (0, "revoked\n")
            http._transport.app.state.callers.keys._known.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - as if 5 s went by
            assert (await http.get("/api/dicts/po-types", headers=headers)).status_code == 401
        for wrong in (
            ["x"],
            ["x", "--scope", "all"],
            ["x", "--role", "client"],
            ["x", "--scope", "dicts:read", "--all-scopes"],
        ):
            code, _, error = await clobus(env, "keys", "make", *wrong)
            assert (code, error.startswith("error: ")) == (2, True), wrong
        assert (await clobus(env, "keys", "revoke", "none"))[0] == 2
        assert len(await ask(runtime, "select 1 from sys.api_keys where revoked_at is null")) == 0

"""What people of the desk set by the console: 1C is told of it, and what 1C shows meanwhile does not count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from psycopg.types.json import Jsonb

from clobus.api.app import create_app
from clobus.core import clock
from clobus.core.db import one, rows, run
from clobus.modules.accounts.service import create_key
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync.onec import pull
from clobus.sync.onec.feeds import FEEDS
from tests.support.twins import TwinProcess

World = tuple[Runtime, TwinProcess]


class Console:
    """The platform's routes beside a 1C of its own; pushes and feeds go when the test says so."""

    def __init__(self, runtime: Runtime, onec: TwinProcess, http: httpx.AsyncClient) -> None:
        self.runtime, self.onec, self.http = runtime, onec, http
        self.parts = assemble(runtime)

    async def call(self, method: str, path: str, body: Any = None, role: str = "head") -> httpx.Response:
        async with self.runtime.db.transaction() as connection:
            key = await create_key(connection, role, role)
        return await self.http.request(method, path, json=body, headers={"Authorization": f"Bearer {key}"})

    async def push(self) -> int:
        """What waits for 1C from the console is told."""
        async with self.runtime.db.read() as connection:
            due = await rows(
                connection, "select subject, subject_id from sys.outbox where system = 'onec' and subject = 'closing'"
            )
        for row in due:
            await self.parts.onec_push.handle(row["subject"], row["subject_id"])
        return len(due)

    async def pull(self, process: str) -> None:
        for feed in FEEDS:
            if feed.process == process:
                await pull.run_feed(self.parts.reader, feed)

    def register(self) -> list[dict[str, Any]]:
        given = self.onec.credentials
        answer = httpx.get(
            f"{self.onec.base_url}{given['base_path']}/InformationRegister_ЗакрытиеОчередиНаКонсультанта?$format=json",
            auth=(given["user"].encode(), given["password"].encode()),
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["value"]
        return found

    async def fetch(self, sql: str, *params: Any) -> list[Any]:
        async with self.runtime.db.read() as connection:
            return await rows(connection, sql, params)


@pytest.fixture
async def console(world: World) -> Any:
    runtime, onec = world
    app = create_app(runtime, intervals={"cons": 30.0})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield Console(runtime, onec, http)


async def _manager(console: Console) -> tuple[UUID, date]:
    shown = (await console.call("GET", "/api/desk/managers")).json()
    day = (clock.now() + timedelta(days=2)).date()
    free = next(row for row in shown if row["limit"] and not row["closed"])
    return UUID(free["manager_key"]), day


async def test_the_story_names_the_manager_that_1c_shows(console: Console) -> None:
    [row] = await console.fetch(
        "select c.cons_id, u.description as name from cons.cons c join cons.users u on u.cl_ref_key = c.manager"
        " where c.cl_ref_key is not null and c.status = 'closed' order by c.create_date desc limit 1"
    )
    async with console.runtime.db.transaction() as connection:  # ours differs: the page has to show it
        await run(connection, "update cons.cons set manager = null where cons_id = %s", (row["cons_id"],))
    now = (await console.call("GET", f"/api/desk/requests/{row['cons_id']}")).json()["now"]
    assert (now["postgres"]["manager_name"], now["onec"]["manager_name"]) == (None, row["name"])


async def test_a_closed_day_counts_at_once_reaches_1c_and_opens_again(console: Console) -> None:
    key, day = await _manager(console)
    path = f"/api/desk/managers/{key}/closings/{day}"
    shown = await console.call("PUT", path, {"closed": True})
    assert shown.status_code == 200, shown.text
    assert (shown.json()["closed"], shown.json()["unsent"]) == ([str(day)], [str(day)])
    assert not [row for row in console.register() if row["Менеджер_Key"] == str(key) and row["Дата"][:10] == str(day)]

    assert await console.push() == 1
    [told] = [row for row in console.register() if row["Менеджер_Key"] == str(key) and row["Дата"][:10] == str(day)]
    assert told["Закрыт"] is True
    await console.call("PUT", path, {"closed": False})
    await console.pull("queue_closing")  # 1C shows it closed still: that does not count while we are to tell it
    assert not [
        row for row in await console.fetch("select * from cons.queue_closing where manager_key = %s", key)
        if (row["period"] + timedelta(hours=5)).date() == day
    ]  # fmt: skip
    await console.push()
    [told] = [row for row in console.register() if row["Менеджер_Key"] == str(key) and row["Дата"][:10] == str(day)]
    assert told["Закрыт"] is False
    acts = await console.fetch("select act as name, actor from log.audit where act like 'queue.%%' order by id")
    assert [row["name"] for row in acts] == ["queue.closed", "queue.opened"]
    assert all(row["actor"].startswith("key:") for row in acts)


async def test_a_day_closed_in_1c_meanwhile_is_not_lost_by_a_second_try(console: Console) -> None:
    key, day = await _manager(console)
    await console.call("PUT", f"/api/desk/managers/{key}/closings/{day}", {"closed": True})
    await console.push()
    async with console.runtime.db.transaction() as connection:
        await run(connection, "update cons.closing_wishes set sent_at = null")  # its answer was lost
    await console.push()
    found = [row for row in console.register() if row["Менеджер_Key"] == str(key) and row["Дата"][:10] == str(day)]
    assert [row["Закрыт"] for row in found] == [True]


async def test_days_that_passed_and_other_managers_are_refused(console: Console) -> None:
    key, day = await _manager(console)
    yesterday = day - timedelta(days=4)
    refused = await console.call("PUT", f"/api/desk/managers/{key}/closings/{yesterday}", {"closed": True})
    assert (refused.status_code, refused.json()["code"]) == (422, "closing.day")
    other = await console.call("PUT", f"/api/desk/managers/{key}/closings/{day}", {"closed": True}, role="manager")
    assert (other.status_code, other.json()["code"]) == (403, "auth.role")


async def test_an_article_is_changed_in_1c_and_only_as_it_was_seen(console: Console) -> None:
    [article] = (await console.call("GET", "/api/desk/words/articles?limit=1")).json()["items"]
    path = f"/api/desk/words/articles/{article['ref_key']}"
    texts = {
        "description": "How to close a month", "question": "How?", "answer": "By the processing.",
        "po_type_key": article["po_type_key"], "po_section_key": article["po_section_key"],
    }  # fmt: skip
    done = await console.call("PUT", path, {**texts, "version": article["version"]})
    assert done.status_code == 200, done.text
    assert done.json()["answer"] == "By the processing."
    late = await console.call("PUT", path, {**texts, "answer": "Other", "version": article["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "dictionary.changed")
    await console.pull("dictionaries")
    [kept] = await console.fetch("select answer from dict.knowledge_base where ref_key = %s", article["ref_key"])
    assert kept["answer"] == "By the processing."  # 1C shows it: the feed brings nothing else

    made = await console.call("POST", "/api/desk/words/articles", texts)
    assert made.status_code == 201, made.text
    assert made.json()["ref_key"] != article["ref_key"]


async def test_a_difference_is_put_right_at_once(console: Console) -> None:
    [row] = await console.fetch(
        "select cons_id, cl_ref_key, topic from cons.cons where status = 'closed' and cl_ref_key is not null limit 1"
    )
    async with console.runtime.db.transaction() as connection:
        await run(connection, "update cons.cons set number = 'WRONG' where cons_id = %s", (row["cons_id"],))
        await run(
            connection,
            "insert into sys.drift (consultation, kind, systems, detail) values (%s, 'fields', %s, %s)",
            (str(row["cons_id"]), ["onec", "postgres"], Jsonb({"fields": ["number"]})),
        )
    asked = {"consultation": str(row["cons_id"]), "kind": "fields"}
    done = await console.call("POST", "/api/ops/drift/repair", asked)
    assert (done.status_code, done.json()) == (200, {"state": "agreed"}), done.text
    async with console.runtime.db.read() as connection:
        mended = await one(connection, "select number from cons.cons where cons_id = %s", (row["cons_id"],))
    assert mended
    assert mended["number"] != "WRONG"
    again = await console.call("POST", "/api/ops/drift/repair", asked)
    assert (again.status_code, again.json()["code"]) == (404, "drift.over")

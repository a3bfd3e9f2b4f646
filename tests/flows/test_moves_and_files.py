"""What is done by the API reaches both partners once, and what comes back from them meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.api.app import create_app
from clobus.core.auth import Role
from clobus.gateways.onec import odata
from clobus.gateways.onec.entities import Consultation, Redate
from clobus.modules.accounts.service import create_key
from clobus.runtime import Runtime
from tests.flows.conftest import World
from tests.flows.test_desk import CALL, agreed
from tests.support.platform import ask, running, until
from tests.support.workdays import working

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
REGISTER = Redate.entity_set
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000


@dataclass
class Site:
    """The API over a running worker, as the site calls it."""

    runtime: Runtime
    http: httpx.AsyncClient

    async def post(self, path: str, body: Any = None, **options: Any) -> dict[str, Any]:
        given = {"json": body} if body is not None else {}
        answer = await self.http.post(f"/api/consultations{path}", **given, **options)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str) -> Any:
        answer = await self.http.get(f"/api/consultations{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def made(self, **over: Any) -> UUID:
        [client] = await ask(
            self.runtime,
            "select client_id from cons.clients where parent_key = %s and phone_number is not null and not deleted"
            " and code_abonent is not null order by client_id limit 1",
            self.runtime.settings.clients_folder,
        )
        asked = {
            "client_id": str(client["client_id"]), "comment": "Не сходится НДС", "scheduled_at": working(1).isoformat(),
            **over,
        }  # fmt: skip
        made = await self.post("/create", {"consultation": asked}, headers={"Prefer": "respond-async"})
        return UUID(made["consultation"]["cons_id"])

    async def row(self, cons_id: UUID) -> dict[str, Any]:
        [row] = await ask(self.runtime, "select * from cons.cons where cons_id = %s", cons_id)
        return row


@asynccontextmanager
async def site(world: World) -> AsyncIterator[Site]:
    async with running(world.settings) as runtime:
        async with runtime.db.transaction() as connection:
            key = await create_key(connection, Role.SERVICE, "site")
        transport = httpx.ASGITransport(create_app(runtime, intervals={}))
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as http:
            yield Site(runtime, http)


async def records(runtime: Runtime, key: UUID) -> list[Redate]:
    return await runtime.onec.rows(REGISTER, Redate, filter=odata.eq("ДокументОбращения_Key", key))


async def both(this: Site, cons_id: UUID) -> bool:
    row = await this.row(cons_id)
    return row["number"] is not None and row["conversation_id"] is not None


async def quiet(runtime: Runtime) -> bool:
    return not await ask(runtime, "select 1 from sys.outbox where state <> 'dead'")


async def fed(runtime: Runtime, process: str) -> None:
    """Wait until a feed has begun and ended anew."""
    [last] = await ask(runtime, "select coalesce(max(id), 0) as id from log.etl_runs where process = %s", process)

    async def again() -> bool:
        return bool(
            await ask(
                runtime,
                "select 1 from log.etl_runs where process = %s and id > %s and outcome = 'ok' offset 1",
                process,
                last["id"],
            )  # fmt: skip
        )

    await until(again, 40)


@pytest.mark.parametrize("fault", [None, "cut_after_write", "cut"])
async def test_a_move_reaches_document_and_register_and_comes_back_as_the_same(world: World, fault: str | None) -> None:
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        if fault:
            world.onec.fault(fault, 2, match="^(POST|PATCH) .*odata")
        wanted = working(3, 15)
        moved = await this.post(f"/{cons_id}/redates", {"new_date": wanted.isoformat(), "comment": "Отпуск"})
        row = await this.row(cons_id)
        key = row["cl_ref_key"]

        async def written() -> bool:
            return len(await records(this.runtime, key)) == 1 and (await this.row(cons_id))["wanted"] == {}

        await until(written, 60)
        [record] = await records(this.runtime, key)
        local = wanted.replace(tzinfo=None).isoformat()
        assert (record.new_date, record.comment) == (local, "Отпуск")
        assert record.old_date == working(1).replace(tzinfo=None).isoformat()
        assert (await this.runtime.onec.get(CALL, key, Consultation)).planned_at == local
        await fed(this.runtime, "redate")
        await fed(this.runtime, "cons")
        await until(lambda: quiet(this.runtime))
        # What came back is what went: one record, one move, one message, one event.
        assert len(await records(this.runtime, key)) == 1
        listed = await this.get(f"/{cons_id}/redates")
        assert [(one["id"], one["comment"]) for one in listed] == [(moved["id"], "Отпуск")]
        [kept] = await ask(this.runtime, "select * from cons.cons_redate where cons_key = %s", key)
        assert kept["sent_at"] is not None
        told = await ask(
            this.runtime,
            "select 1 from log.notification_log where entity_id = %s and notification_type = 'rescheduled'", cons_id,
        )  # fmt: skip
        assert len(told) == 1
        happened = await ask(
            this.runtime, "select origin from log.events where cons_id = %s and name = 'Rescheduled'", cons_id
        )
        assert [one["origin"] for one in happened] == ["api"]
        shown = await this.runtime.chatwoot.conversation((await this.row(cons_id))["conversation_id"])
        assert shown.custom_attributes["date_con"] == local
        assert shown.custom_attributes["redate_con"] == wanted.date().isoformat()
        assert shown.custom_attributes["retime_con"] == "15:00"
        await agreed(this.runtime)


async def test_a_move_before_1c_has_the_request_waits_for_it(world: World) -> None:
    async with site(world) as this:
        world.onec.fault("status", None, match="^POST .*odata", status=503)
        cons_id = await this.made()
        first, second = working(2, 11), working(3, 12)
        await this.post(f"/{cons_id}/redates", {"new_date": first.isoformat()})
        await this.post(f"/{cons_id}/redates", {"new_date": second.isoformat()})
        assert (await this.row(cons_id))["cl_ref_key"] is None
        world.onec.clear_faults()

        async def written() -> bool:
            key = (await this.row(cons_id))["cl_ref_key"]
            return key is not None and len(await records(this.runtime, key)) == 2

        await until(written, 60)
        row = await this.row(cons_id)
        document = await this.runtime.onec.get(CALL, row["cl_ref_key"], Consultation)
        assert document.planned_at == second.replace(tzinfo=None).isoformat()
        assert len(await this.get(f"/{cons_id}/redates")) == 2
        await fed(this.runtime, "redate")
        assert len(await this.get(f"/{cons_id}/redates")) == 2
        await agreed(this.runtime)


async def test_a_day_that_only_1c_knows_to_be_full_puts_the_move_back(world: World) -> None:
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        await until(lambda: quiet(this.runtime))
        refusal = {
            "odata.error": {
                "code": "-1", "message": {"lang": "ru", "value": "Превышен лимит обращений: для абонента уже 3"},
            }
        }  # fmt: skip
        world.onec.fault("status", 1, match="^PATCH .*odata", status=500, body=refusal)
        await this.post(f"/{cons_id}/redates", {"new_date": working(4).isoformat()})

        async def back() -> bool:
            row = await this.row(cons_id)
            return bool(row["start_date"] == working(1) and row["wanted"] == {} and row["redate"] is None)

        await until(back)
        await until(lambda: quiet(this.runtime))
        key = (await this.row(cons_id))["cl_ref_key"]
        assert await records(this.runtime, key) == []
        assert await this.get(f"/{cons_id}/redates") == []
        told = await ask(
            this.runtime,
            "select params ->> 'new' as new from log.notification_log where entity_id = %s"
            " and notification_type = 'rescheduled' order by id", cons_id,
        )  # fmt: skip
        assert [one["new"] for one in told] == [working(4).isoformat(), working(1).isoformat()]
        await agreed(this.runtime)


async def test_texts_and_closing_by_hand_reach_1c(world: World) -> None:
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        body = {"comment": "Уточнение", "topic": "НДС", "importance": 3}
        answer = await this.http.put(f"/api/consultations/{cons_id}", json=body)
        assert answer.status_code == 200, answer.text
        key = (await this.row(cons_id))["cl_ref_key"]

        async def told() -> bool:
            found = await this.runtime.onec.get(CALL, key, Consultation)
            return found.description == "Уточнение" and (await this.row(cons_id))["wanted"] == {}

        await until(told)
        shown = await this.runtime.onec.get(CALL, key, Consultation)
        assert (shown.topic, shown.importance) == ("НДС", "Высокая")
        closed = await this.http.put(f"/api/consultations/{cons_id}", json={"status": "closed"})
        assert closed.json()["status"] == "closed"

        async def ended() -> bool:
            found = await this.runtime.onec.get(CALL, key, Consultation)
            return not (found.ended_at or "0001").startswith("0001")

        await until(ended)
        await agreed(this.runtime)


async def test_a_support_request_closed_by_hand_is_resolved_over_there(world: World) -> None:
    async with site(world) as this:
        cons_id = await this.made(consultation_type="Техническая поддержка")

        async def there() -> bool:
            return (await this.row(cons_id))["conversation_id"] is not None

        await until(there, 60)
        answer = await this.http.put(f"/api/consultations/{cons_id}", json={"status": "resolved"})
        assert answer.status_code == 200, answer.text
        number = (await this.row(cons_id))["conversation_id"]

        async def resolved() -> bool:
            return bool(world.desk(f"conversations/{number}")["status"] == "resolved")

        await until(resolved)
        await agreed(this.runtime)


async def file_messages(this: Site, cons_id: UUID) -> list[Any]:
    number = (await this.row(cons_id))["conversation_id"]
    said = await this.runtime.chatwoot.messages(number) if number else []
    return [m for m in said if (m.source_id or "").startswith("file-")]


@pytest.mark.parametrize("fault", [None, "cut_after_write", "cut"])
async def test_files_arrive_in_the_conversation_once(world: World, fault: str | None) -> None:
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        await until(lambda: quiet(this.runtime))
        if fault:
            world.chatwoot.fault(fault, 2, match="^POST .*/messages")
        files = [("files", ("снимок.png", PNG)), ("files", ("письмо.txt", "Добрый день".encode()))]
        await this.post(f"/{cons_id}/attachments", files=files, data={"comment": "Вот снимок"})

        async def arrived() -> bool:
            listed = (await this.get(f"/{cons_id}/attachments"))["attachments"]
            return all(file["state"] == "sent" for file in listed)

        await until(arrived, 60)
        messages = await file_messages(this, cons_id)
        assert len(messages) == 2
        assert {m.message_type for m in messages} == {0}
        assert sum(m.content == "Вот снимок" for m in messages) == 1
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
            bodies = {(await browser.get(m.attachments[0].data_url)).content for m in messages}
        assert bodies == {PNG, "Добрый день".encode()}
        await agreed(this.runtime)


async def test_files_wait_while_chatwoot_is_away_and_arrive_once(world: World) -> None:
    async with site(world) as this:
        world.chatwoot.fault("status", None, match="^(POST|GET) /api", status=503)
        cons_id = await this.made()
        await this.post(f"/{cons_id}/attachments", files=[("files", ("снимок.png", PNG))])
        assert (await this.get(f"/{cons_id}/attachments"))["attachments"][0]["state"] == "waiting"
        world.chatwoot.clear_faults()

        async def arrived() -> bool:
            return bool((await this.get(f"/{cons_id}/attachments"))["attachments"][0]["state"] == "sent")

        await until(arrived, 90)
        await until(lambda: quiet(this.runtime), 60)
        assert len(await file_messages(this, cons_id)) == 1
        await agreed(this.runtime)


async def test_sync_takes_what_the_partners_show_now(world: World) -> None:
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        await until(lambda: quiet(this.runtime))
        key = (await this.row(cons_id))["cl_ref_key"]
        world.onec.change({"set": CALL, "key": str(key), "fields": {"Описание": "Исправлено в 1С"}})
        answer = await this.http.post(f"/api/consultations/{cons_id}/sync")
        assert answer.json()["comment"] == "Исправлено в 1С"
        assert answer.headers["x-synced"] == "chatwoot, onec"
        world.onec.fault("status", None, status=503)
        half = await this.http.post(f"/api/consultations/{cons_id}/sync")
        assert (half.status_code, half.headers["x-synced"]) == (200, "chatwoot")

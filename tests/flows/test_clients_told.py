"""A client who was changed here is changed in 1C and Chatwoot: once, only where he differs, in our folder alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from clobus.core import outbox
from clobus.core.events import Origin
from clobus.gateways.onec import odata
from clobus.gateways.onec.entities import Counterparty
from clobus.modules.clients import service
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.clients.types import Freedom, Rules
from clobus.runtime import Runtime
from tests.flows.conftest import World
from tests.flows.test_partners import born, created
from tests.support.platform import ask, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
ENTITY = Counterparty.entity_set
NEW = {
    "subscriberId": "990001", "org_inn": "309900012", "company_name": "Новая школа 45", "phone_number": "+998901112233",
    "email": "school@new.uz", "city": "Самарканд",
}  # fmt: skip


async def save(runtime: Runtime, world: World, **body: Any) -> dict[str, Any]:
    rules = Rules(UUID(world.settings.clients_folder), Freedom.EDIT)
    given = ClientIn.model_validate(body)
    async with runtime.db.transaction() as connection:
        saved = await service.save(connection, given, rules, actor="test", origin=Origin.API)
    return saved.row


async def row_of(runtime: Runtime, client_id: UUID) -> dict[str, Any]:
    [row] = await ask(runtime, "select * from cons.clients where client_id = %s", client_id)
    return row


async def in_onec(runtime: Runtime, code: int) -> list[Counterparty]:
    return await runtime.onec.rows(ENTITY, Counterparty, filter=odata.eq("КодАбонентаClobus", code))


def told(runtime: Runtime, client_id: UUID) -> Callable[[], Awaitable[bool]]:
    """Whether nothing waits for a client any more, and 1C confirmed all."""

    async def look() -> bool:
        left = await ask(runtime, "select 1 from sys.outbox where subject = 'client' and subject_id = %s", client_id)
        return not left and not (await row_of(runtime, client_id))["wanted"]

    return look


async def one_of_ours(runtime: Runtime, world: World) -> dict[str, Any]:
    [row] = await ask(
        runtime,
        "select * from cons.clients where parent_key = %s and phone_number is not null and not deleted"
        " and code_abonent is not null and org_inn is not null order by client_id limit 1",
        world.settings.clients_folder,
    )
    return row


def patches(world: World) -> list[dict[str, Any]]:
    return [r for r in world.onec.received() if r["method"] == "PATCH"]


@pytest.mark.parametrize("fault", ["cut_after_write", "cut", "status"])
async def test_a_new_owner_is_made_once_in_both_whatever_becomes_of_the_answers(world: World, fault: str) -> None:
    async with running(world.settings) as runtime:
        details = {"status": 503} if fault == "status" else {}
        world.onec.fault(fault, 2, match="^POST .*odata", **details)
        world.chatwoot.fault(fault, 2, match="^POST /api/v1/accounts/[0-9]+/contacts$", **details)
        owner = await save(runtime, world, **NEW)
        # A request of the same client is pushed at the same time: both need the counterparty and the contact.
        cons_id = await created(runtime, world, client_id=str(owner["client_id"]))

        async def there() -> bool:
            row = await born(runtime, cons_id)
            return row["number"] is not None and row["conversation_id"] is not None

        await until(there, 60)
        await until(told(runtime, owner["client_id"]), 60)
        [shown] = await in_onec(runtime, 990001)
        assert shown.parent_key == UUID(world.settings.clients_folder)
        assert shown.description == "Clobus Новая школа 45 990001 (309900012)"
        assert (shown.inn, shown.city, shown.legal_form) == ("309900012", "Самарканд", "ЮридическоеЛицо")
        assert {line.presentation for line in shown.contacts or []} == {"+998901112233", "school@new.uz"}
        assert (await row_of(runtime, owner["client_id"]))["cl_ref_key"] == shown.ref_key
        found = await runtime.chatwoot.filter_contacts("email", "school@new.uz")
        assert [contact.identifier for contact in found] == [str(owner["client_id"])]
        assert found[0].custom_attributes["code_abonent"] == "990001"
        assert (found[0].phone_number, found[0].name) == ("+998901112233", "Новая школа 45")


async def test_only_what_differs_is_written_and_the_staff_s_lines_stay(world: World) -> None:
    async with running(world.settings) as runtime:
        client = await one_of_ours(runtime, world)
        [before] = await runtime.onec.by_keys(ENTITY, [client["cl_ref_key"]], Counterparty)
        kind = "c07763c7-2ae8-4708-a608-7691be9d782b"
        lines = [
            {"LineNumber": "1", "Тип": "Факс", "Вид_Key": kind, "Представление": "факс 71-200-00-00"},
            {"LineNumber": "2", "Тип": "Телефон", "Вид_Key": kind, "Представление": "+998711111111"},
            {"LineNumber": "3", "Тип": "Телефон", "Вид_Key": kind, "Представление": "+998722222222"},
        ]
        world.onec.change({"set": ENTITY, "key": str(before.ref_key), "fields": {"КонтактнаяИнформация": lines}})

        async def read() -> bool:
            return bool((await row_of(runtime, client["client_id"]))["phone_number"] == "+998722222222")

        await until(read, 30)
        world.onec.control("POST", "reset", {})
        await save(runtime, world, client_id=str(client["client_id"]), phone_number="+998933333333", name="Азиз")
        await until(told(runtime, client["client_id"]))
        [patch] = patches(world)
        assert set(patch["body"]) == {"КонтактнаяИнформация"}
        [after] = await runtime.onec.by_keys(ENTITY, [client["cl_ref_key"]], Counterparty)
        assert [(line.type, line.presentation) for line in after.contacts or []] == [
            ("Факс", "факс 71-200-00-00"), ("Телефон", "+998711111111"), ("Телефон", "+998933333333"),
        ]  # fmt: skip
        assert (after.description, after.inn, after.code_abonent) == (
            before.description,
            before.inn,
            before.code_abonent,
        )
        found = await runtime.chatwoot.filter_contacts("phone_number", "+998933333333")
        assert [contact.name for contact in found] == ["Азиз"]
        # Looked at once more, nothing is left to write.
        async with runtime.db.transaction() as connection:
            for system in ("onec", "chatwoot"):
                await outbox.touch(connection, system, "client", [client["client_id"]])
        wrote = len([r for r in world.chatwoot.received() if r["method"] == "PUT"])
        await until(told(runtime, client["client_id"]))
        assert len(patches(world)) == 1
        assert len([r for r in world.chatwoot.received() if r["method"] == "PUT"]) == wrote


async def test_a_change_made_while_1c_is_away_is_not_lost_to_its_old_picture(world: World) -> None:
    async with running(world.settings) as runtime:
        client = await one_of_ours(runtime, world)
        world.onec.fault("status", None, match="^PATCH", status=503)
        await save(
            runtime, world, client_id=str(client["client_id"]), company_name="ООО Переименованная", city="Бухара"
        )
        # 1C tells of another change before it hears of ours.
        world.onec.change({"set": ENTITY, "key": str(client["cl_ref_key"]), "fields": {"Регион": "Хорезм"}})

        async def read() -> bool:
            return bool((await row_of(runtime, client["client_id"]))["region"] == "Хорезм")

        await until(read, 30)
        row = await row_of(runtime, client["client_id"])
        assert (row["company_name"], row["city"]) == ("ООО Переименованная", "Бухара")
        world.onec.clear_faults()
        await until(told(runtime, client["client_id"]), 60)
        [after] = await runtime.onec.by_keys(ENTITY, [client["cl_ref_key"]], Counterparty)
        assert (after.region, after.city) == ("Хорезм", "Бухара")
        assert after.description == f"Clobus ООО Переименованная {client['code_abonent']} ({client['org_inn']})"


async def test_a_counterparty_of_another_folder_is_never_written(world: World) -> None:
    async with running(world.settings) as runtime:
        [foreign] = await ask(
            runtime,
            "select * from cons.clients where parent_key <> %s and cl_ref_key is not null order by client_id limit 1",
            world.settings.clients_folder,
        )
        async with runtime.db.transaction() as connection:
            await connection.execute(
                'update cons.clients set wanted = \'{"city": "Бухара"}\' where client_id = %s', (foreign["client_id"],)
            )
            await outbox.touch(connection, "onec", "client", [foreign["client_id"]])

        async def dead() -> bool:
            found = await ask(
                runtime, "select state from sys.outbox where subject_id = %s and state = 'dead'", foreign["client_id"]
            )
            return bool(found)

        await until(dead, 60)
        assert patches(world) == []

"""What both partners are told, once, whatever happens to the answers; and what is taken from Chatwoot."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from clobus.api.creation import Creator
from clobus.core.auth import Principal, Role
from clobus.gateways.onec.entities import Consultation
from clobus.modules.consultations.schemas import CreateIn
from clobus.runtime import Runtime
from tests.flows.conftest import World
from tests.flows.test_desk import CALL, agreed, an_open_request, document, has_ended
from tests.support.platform import ask, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SITE = Principal("key:site", "site", Role.SERVICE)


async def created(runtime: Runtime, world: World, **over: Any) -> UUID:
    [client] = await ask(
        runtime,
        "select client_id from cons.clients where parent_key = %s and phone_number is not null and not deleted"
        " and code_abonent is not null order by client_id limit 1",
        world.settings.clients_folder,
    )
    asked = {"client_id": client["client_id"], "comment": "Не сходится НДС", "lang": "ru", **over}
    body = CreateIn.model_validate({"consultation": asked})
    answer = msgspec.json.decode(await Creator(runtime.db, world.settings).create(SITE, body, None, wait=False))
    return UUID(answer["consultation"]["cons_id"])


async def born(runtime: Runtime, cons_id: UUID) -> dict[str, Any]:
    [row] = await ask(runtime, "select * from cons.cons where cons_id = %s", cons_id)
    return row


async def marked(runtime: Runtime, cons_id: UUID) -> list[Consultation]:
    found = await runtime.onec.rows(CALL, Consultation, filter=f"startswith(Комментарий, 'Clobus {cons_id}')")
    return list(found)


@pytest.mark.parametrize("fault", ["cut_after_write", "cut", "status"])
async def test_a_new_request_is_made_once_in_both_whatever_becomes_of_the_answers(world: World, fault: str) -> None:
    async with running(world.settings) as runtime:
        details = {"status": 503} if fault == "status" else {}
        world.onec.fault(fault, 2, match="^POST .*odata", **details)
        world.chatwoot.fault(fault, 3, match="^POST /api/v1/accounts/[0-9]+/(conversations|contacts)$", **details)
        world.chatwoot.fault(fault, 1, match="^POST .*/messages", **details)
        cons_id = await created(runtime, world)

        async def both() -> bool:
            row = await born(runtime, cons_id)
            return row["number"] is not None and row["conversation_id"] is not None

        await until(both, 60)
        await agreed(runtime)
        assert len(await marked(runtime, cons_id)) == 1
        bearing = await runtime.chatwoot.filter_by_attribute("request_id", str(cons_id))
        assert len(bearing) == 1
        said = await runtime.chatwoot.messages(bearing[0].id)
        assert [m.content for m in said if m.source_id == f"question-{cons_id}"] == ["Не сходится НДС"]


async def test_the_fourth_of_a_day_that_only_1c_knows_of_is_ended_everywhere(world: World) -> None:
    async with running(world.settings) as runtime:
        refusal = {
            "odata.error": {
                "code": "-1",
                "message": {"lang": "ru", "value": "Превышен лимит обращений: для абонента на 24.11.2026 уже 3"},
            }
        }
        world.onec.fault("status", 1, match="^POST .*odata", status=500, body=refusal)
        cons_id = await created(runtime, world)

        async def ended() -> bool:
            return bool((await born(runtime, cons_id))["status"] == "cancelled")

        await until(ended)
        assert await marked(runtime, cons_id) == []
        await agreed(runtime)


async def test_what_was_answered_and_closed_while_1c_was_away_is_told_to_it_all_the_same(world: World) -> None:
    async with running(world.settings) as runtime:
        world.onec.fault("status", None, match="^POST .*odata", status=503)
        cons_id = await created(runtime, world)

        async def talked() -> bool:
            return (await born(runtime, cons_id))["conversation_id"] is not None

        await until(talked)
        number = (await born(runtime, cons_id))["conversation_id"]
        world.desk(f"conversations/{number}/toggle_status", {"status": "resolved"})

        async def closed() -> bool:
            return bool((await born(runtime, cons_id))["status"] == "closed")

        await until(closed, 30)
        assert await marked(runtime, cons_id) == []
        world.onec.clear_faults()

        async def ended() -> bool:
            return [has_ended(one) for one in await marked(runtime, cons_id)] == [True]

        await until(ended, 60)
        assert (await born(runtime, cons_id))["status"] == "closed"
        await agreed(runtime)


async def test_a_support_request_never_goes_to_1c(world: World) -> None:
    async with running(world.settings) as runtime:
        cons_id = await created(runtime, world, consultation_type="Техническая поддержка", lang="uz")

        async def there() -> bool:
            return (await born(runtime, cons_id))["conversation_id"] is not None

        await until(there)
        row = await born(runtime, cons_id)
        shown = await runtime.chatwoot.conversation(row["conversation_id"])
        assert (shown.meta.team.name if shown.meta.team else None) == "техническая поддержка"

        async def labelled() -> bool:
            return set((await runtime.chatwoot.conversation(shown.id)).labels) == {"тех", "узб", "сайт"}

        await until(labelled)
        world.desk(f"conversations/{shown.id}/toggle_status", {"status": "resolved"})

        async def resolved() -> bool:
            return bool((await born(runtime, cons_id))["status"] == "resolved")

        await until(resolved)
        await agreed(runtime)
        assert world.onec.received("^(POST|PATCH|PUT)") == []


async def test_an_assignment_in_chatwoot_reaches_1c(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        [other] = await ask(
            runtime,
            "select m.* from sys.user_mapping m join cons.users u on u.cl_ref_key = m.cl_manager_key"
            " join cons.cons c on c.cons_id = %s where m.cl_manager_key <> c.manager and u.chatwoot_team ="
            " 'консультация по ведению учета' order by m.chatwoot_user_id limit 1",
            row["cons_id"],
        )
        world.desk(f"conversations/{row['conversation_id']}/assignments", {"assignee_id": other["chatwoot_user_id"]})

        async def told() -> bool:
            return (await document(runtime, row)).manager_key == other["cl_manager_key"]

        await until(told)
        await agreed(runtime)


async def test_an_assignment_to_nobody_is_put_back(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        before = (await runtime.chatwoot.conversation(row["conversation_id"])).agent_id
        assert before is not None
        world.desk(f"conversations/{row['conversation_id']}/assignments", {"assignee_id": 0})

        async def back() -> bool:
            return (await runtime.chatwoot.conversation(row["conversation_id"])).agent_id == before

        await asyncio.sleep(0.5)
        await until(back)
        await agreed(runtime)


async def test_lost_doubled_late_and_forged_webhooks_change_nothing(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        for kind in ("webhook_lost", "webhook_doubled", "webhook_badly_signed"):
            world.chatwoot.fault(kind, 3)
        world.desk(f"conversations/{row['conversation_id']}/toggle_status", {"status": "resolved"})

        async def closed() -> bool:
            return bool((await born(runtime, row["cons_id"]))["status"] == "closed")

        await until(closed, 30)
        await agreed(runtime)
        closings = await ask(
            runtime, "select 1 from log.events where cons_id = %s and name = 'Closed'", row["cons_id"]
        )  # fmt: skip
        assert len(closings) == 1


async def test_foreign_labels_and_attributes_are_kept_and_ours_put_back(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        number = row["conversation_id"]
        shown = await runtime.chatwoot.conversation(number)
        world.desk(f"conversations/{number}/custom_attributes", {"custom_attributes": {"own": "1", "status_1c": "x"}})
        world.desk(f"conversations/{number}/labels", {"labels": ["vip"]})

        async def mended() -> bool:
            now = await runtime.chatwoot.conversation(number)
            ours = {key: value for key, value in shown.custom_attributes.items() if key != "request_id"}
            return (
                now.custom_attributes == {**ours, "own": "1"}
                and set(now.labels) == {*shown.labels, "vip"}
            )  # fmt: skip

        await until(mended)
        await agreed(runtime)


async def test_managers_are_confirmed_agents_and_the_broken_mapping_is_mended(world: World) -> None:
    broken = UUID("494271cb-142f-11f0-b4a6-00155d64a501")
    async with running(world.settings) as runtime:
        mapped = {
            r["cl_manager_key"]: r["chatwoot_user_id"] for r in await ask(runtime, "select * from sys.user_mapping")
        }
        assert len(mapped) == 40
        agents = {agent.id: agent for agent in await runtime.chatwoot.agents()}
        assert all(agents[number].confirmed for number in mapped.values())
        inbox = {agent.id for agent in await runtime.chatwoot.inbox_members(world.settings.chatwoot.inbox_id)}
        assert set(mapped.values()) <= inbox
        assert agents[mapped[broken]].email == "davronbek.saibjanov@example.uz"
        mended = await ask(runtime, "select changes from log.events where name = 'MappingMended'")
        assert [m for m in mended if str(broken) in str(m["changes"])]

"""What a client thinks reaches both partners once, and what they were told comes in once."""

from __future__ import annotations

import json
from datetime import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.core.db import run
from clobus.gateways.onec import odata
from clobus.gateways.onec.entities import Rating
from clobus.gateways.onec.wire import local_to_instant
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.settings import Messages
from tests.flows.conftest import World
from tests.flows.test_commands import clobus
from tests.flows.test_desk import CALL, agreed, an_open_request
from tests.flows.test_moves_and_files import Site, fed, quiet, site
from tests.support.platform import ask, environment_for, until
from tests.support.workdays import ZONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
REGISTER = Rating.entity_set


@pytest.fixture(autouse=True)
def wide_awake(world: World) -> None:
    """Nobody sleeps: the question waits for no morning."""
    world.settings = world.settings.model_copy(update={"messages": Messages(quiet_from=time(0), quiet_to=time(0))})


async def records(runtime: Runtime, key: UUID) -> list[Rating]:
    found = await runtime.onec.rows(REGISTER, Rating, filter=odata.eq("Обращение_Key", key))
    return sorted(found, key=lambda one: one.question_number or 0)


async def told(runtime: Runtime, cons_id: UUID, type_: str) -> list[dict[str, Any]]:
    return await ask(
        runtime,
        "select params, state, body from log.notification_log where entity_id = %s and notification_type = %s"
        " and recipient = 'conversation' order by id", cons_id, type_,
    )  # fmt: skip


async def closed_in_1c(world: World, this: Site) -> dict[str, Any]:
    """A request that somebody closes in 1C, known everywhere."""
    row = await an_open_request(this.runtime)
    ended = (await ask(this.runtime, "select now() at time zone 'Asia/Tashkent' - interval '1 minute' as at"))[0]["at"]
    world.onec.change(
        {"set": CALL, "key": str(row["cl_ref_key"]), "fields": {"Конец": ended.isoformat(timespec="seconds")}}
    )

    async def closed() -> bool:
        return bool((await this.row(row["cons_id"]))["status"] == "closed")

    await until(closed)
    return row


def attributes(world: World, row: dict[str, Any]) -> dict[str, Any]:
    shown = world.desk(f"conversations/{row['conversation_id']}")["custom_attributes"]
    return {name: shown.get(name) for name in ("rating", "rating_count", "rating_comment")}


async def link_of(world: World, this: Site, row: dict[str, Any]) -> str:
    """The link as the client reads it in the conversation."""
    found: list[str] = []

    async def there() -> bool:
        said = world.desk(f"conversations/{row['conversation_id']}/messages")["payload"]
        found[:] = [word for m in said for word in (m["content"] or "").split() if "/rate/" in word]
        return bool(found)

    await until(there, 40)
    assert len(found) == 1
    return "/rate/" + found[0].rpartition("/rate/")[2]


async def written(runtime: Runtime, key: UUID, marks: list[int]) -> None:
    async def there() -> bool:
        waiting = await ask(runtime, "select 1 from cons.cons_rating_answers where cons_key = %s and version >"
                            " sent_version", key)  # fmt: skip
        return not waiting and [one.rating for one in await records(runtime, key)] == marks

    await until(there, 60)


@pytest.mark.parametrize("fault", [None, "cut_after_write", "cut"])
async def test_closed_in_1c_asked_and_rated_by_link_in_both_partners(world: World, fault: str | None) -> None:
    async with site(world) as this:
        row = await closed_in_1c(world, this)
        key, cons_id = row["cl_ref_key"], row["cons_id"]
        address = await link_of(world, this, row)
        if fault:
            world.onec.fault(fault, 2, match="^(POST|PATCH) .*odata")
            world.chatwoot.fault(fault, 1, match="^POST .*custom_attributes")
        form = {"mark-1": "5", "mark-2": "4", "mark-3": "4", "comment": "Всё ясно"}
        assert (await this.http.post(address, data=form)).status_code == 303
        await written(this.runtime, key, [5, 4, 4])
        first, *others = await records(this.runtime, key)
        asked = await ask(this.runtime, "select ru from dict.rating_questions order by number")
        assert [one.question for one in (first, *others)] == [one["ru"] for one in asked]
        assert (first.comment, others[0].comment, first.sent_to_base) == ("Всё ясно", "", True)
        [kept] = await ask(
            this.runtime, "select * from cons.cons_rating_answers where cons_key = %s and question_number = 1", key
        )
        assert first.rated_at == first.period
        assert local_to_instant(first.period, ZONE) == kept["period"]
        assert first.manager_key == kept["manager_key"]

        async def shown() -> bool:
            return attributes(world, row) == {"rating": 4.33, "rating_count": 3, "rating_comment": "Всё ясно"}

        await until(shown)
        await fed(this.runtime, "rates")
        await until(lambda: quiet(this.runtime))
        # What came back is what went: the same records, rows, news, messages.
        assert len(await records(this.runtime, key)) == 3
        assert len(await ask(this.runtime, "select 1 from cons.cons_rating_answers where cons_key = %s", key)) == 3
        happened = await ask(
            this.runtime, "select name, origin from log.events where cons_id = %s and name like 'Rat%%' order by id",
            cons_id,
        )  # fmt: skip
        assert [(one["name"], one["origin"]) for one in happened] == [("RatingAsked", "platform"), ("Rated", "api")]
        for type_ in ("rating_ask", "rating_thanks"):
            assert [one["state"] for one in await told(this.runtime, cons_id, type_)] == ["sent"], type_
        [asked_for] = await told(this.runtime, cons_id, "rating_ask")
        assert "url" not in asked_for["params"]
        assert address not in asked_for["body"]
        assert (await this.http.post(address, data=form)).status_code == 410
        await agreed(this.runtime)


async def test_a_second_thought_changes_the_record_and_makes_none(world: World) -> None:
    async with site(world) as this:
        row = await closed_in_1c(world, this)
        key = row["cl_ref_key"]
        body: dict[str, Any] = {"answers": [{"question_number": 1, "rating": 2, "comment": "Долго"}]}
        await this.post(f"/{row['cons_id']}/ratings", body)
        await written(this.runtime, key, [2])
        [before] = await records(this.runtime, key)
        world.onec.fault("cut_after_write", 1, match="^PATCH .*odata")
        body["answers"][0] |= {"rating": 5, "comment": "Нет, хорошо"}
        await this.post(f"/{row['cons_id']}/ratings", body)
        await written(this.runtime, key, [5])
        [after] = await records(this.runtime, key)
        assert (after.period, after.comment) == (before.period, "Нет, хорошо")
        await fed(this.runtime, "rates")
        assert (await this.get(f"/{row['cons_id']}/ratings"))["average"] == 5

        async def shown() -> bool:
            return attributes(world, row) == {"rating": 5, "rating_count": 1, "rating_comment": "Нет, хорошо"}

        await until(shown)
        assert len(await told(this.runtime, row["cons_id"], "rating_thanks")) == 1
        await agreed(this.runtime)


async def test_a_rating_made_in_1c_comes_in_and_is_not_asked_for_again(world: World) -> None:
    async with site(world) as this:
        row = await an_open_request(this.runtime)
        manager = (await this.row(row["cons_id"]))["manager"]
        now = (await ask(this.runtime, "select now() at time zone 'Asia/Tashkent' as at"))[0]["at"]
        at = now.isoformat(timespec="seconds")
        for number, mark in ((1, 4), (2, 3)):
            world.onec.change({
                "set": REGISTER, "op": "create",
                "fields": {"Period": at, "ДатаОценки": at, "Обращение_Key": str(row["cl_ref_key"]),
                           "НомерВопроса": number, "Менеджер_Key": str(manager), "Оценка": mark, "Вопрос": "?",
                           "Комментарий": "По телефону" if number == 1 else ""},
            })  # fmt: skip

        async def shown() -> bool:
            return attributes(world, row) == {"rating": 3.5, "rating_count": 2, "rating_comment": "По телефону"}

        await until(shown, 60)
        assert (await this.get(f"/{row['cons_id']}/ratings"))["average"] == 3.5
        world.onec.change({"set": CALL, "key": str(row["cl_ref_key"]), "fields": {"Конец": at}})

        async def closed() -> bool:
            return bool((await this.row(row["cons_id"]))["status"] == "closed")

        await until(closed)
        answer = await this.http.post(
            f"/api/consultations/{row['cons_id']}/ratings", json={"answers": [{"question_number": 1, "rating": 1}]}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "consultation.rated")
        await fed(this.runtime, "rating_ask")
        assert await told(this.runtime, row["cons_id"], "rating_ask") == []
        assert len(await records(this.runtime, row["cl_ref_key"])) == 2
        await agreed(this.runtime)


async def a_support_request(world: World, this: Site) -> dict[str, Any]:
    """A request to support that an agent resolves, so that Chatwoot asks the client what he thinks."""
    cons_id = await this.made(consultation_type="Техническая поддержка")

    async def labelled() -> bool:
        number = (await this.row(cons_id))["conversation_id"]
        return number is not None and "тех" in world.desk(f"conversations/{number}")["labels"]

    await until(labelled, 60)
    row = await this.row(cons_id)
    world.desk(f"conversations/{row['conversation_id']}/toggle_status", {"status": "resolved"})

    async def resolved() -> bool:
        return bool((await this.row(cons_id))["status"] == "resolved")

    await until(resolved)
    return row


def surveyed(world: World, row: dict[str, Any], mark: int, words: str) -> None:
    """The client answers Chatwoot's survey on its own page."""
    shown = world.desk(f"conversations/{row['conversation_id']}")
    address = f"{world.chatwoot.base_url}/public/api/v1/csat_survey/{shown['uuid']}"
    given = {"rating": mark, "feedback_message": words}
    body = {"message": {"submitted_values": {"csat_survey_response": given}}}
    httpx.put(address, json=body, trust_env=False).raise_for_status()


@pytest.mark.parametrize("webhooks", [True, False])
async def test_a_survey_of_chatwoot_is_a_rating_once_and_no_affair_of_1c(world: World, *, webhooks: bool) -> None:
    async with site(world) as this:
        surveys = assemble(this.runtime).receiver.surveys
        row = await a_support_request(world, this)
        before = await this.runtime.onec.count(REGISTER)
        surveyed(world, row, 4, "Помогли")
        if webhooks:
            await hooked(world, this, row)
        else:
            assert (await surveys.recent(3600)).updated == 1

        async def shown() -> bool:
            return attributes(world, row) == {"rating": 4, "rating_count": 1, "rating_comment": "Помогли"}

        await until(shown)
        assert (await surveys.recent(3600)).updated == 0
        kept = await ask(
            this.runtime, "select rating, comment, rating_date from cons.cons_rating_answers where cons_key = %s",
            row["cons_id"],
        )  # fmt: skip
        assert [(one["rating"], one["comment"]) for one in kept] == [(4, "Помогли")]
        happened = await ask(
            this.runtime, "select origin from log.events where cons_id = %s and name = 'Rated'", row["cons_id"]
        )
        assert [one["origin"] for one in happened] == ["chatwoot"]
        await fed(this.runtime, "rating_ask")
        # Chatwoot's own question stands in the conversation, so ours does not; 1C hears of nothing.
        assert await told(this.runtime, row["cons_id"], "rating_ask") == []
        await until(lambda: quiet(this.runtime))
        assert await this.runtime.onec.count(REGISTER) == before
        await agreed(this.runtime)


async def hooked(world: World, this: Site, row: dict[str, Any]) -> None:
    """What a webhook of the survey's message makes of it, without waiting for the list of answers."""
    said = world.desk(f"conversations/{row['conversation_id']}/messages")["payload"]
    survey = next(m for m in said if m["content_type"] == "input_csat")
    async with this.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into log.webhook_log (source, delivery_id, event, subject, payload) values"
            " ('chatwoot', 'survey-1', 'message_updated', %s, %s)",
            (str(row["conversation_id"]), json.dumps({"event": "message_updated", "id": survey["id"],
                                                       "message_type": "template", "content_type": "input_csat"})),
        )  # fmt: skip


async def test_the_inbox_asks_about_support_alone(world: World) -> None:
    async with site(world) as this:
        [inbox] = [
            one for one in await this.runtime.chatwoot.inboxes() if one.id == this.runtime.settings.chatwoot.inbox_id
        ]
        assert inbox.csat_survey_enabled
        assert inbox.csat_config["survey_rules"] == {"operator": "contains", "values": ["тех"]}
        keys = {d.attribute_key: d.attribute_display_type for d in await this.runtime.chatwoot.attribute_definitions()}
        assert {k: keys[k] for k in ("rating", "rating_count", "rating_comment")} == {
            "rating": "number", "rating_count": "number", "rating_comment": "text",
        }  # fmt: skip
        row = await closed_in_1c(world, this)
        await link_of(world, this, row)
        said = world.desk(f"conversations/{row['conversation_id']}/messages")["payload"]
        assert [m for m in said if m["content_type"] == "input_csat"] == []


async def test_the_command_gives_the_averages_of_plain_sql(world: World) -> None:
    async with site(world) as this:
        env = environment_for(world.settings)
        code, out, _ = await clobus(env, "ratings", "summary", "--json")
        assert code == 0
        found = json.loads(out)
        plain = await ask(
            this.runtime,
            "select manager_key::text as key, round(avg(rating), 2)::float8 as average, count(*) as marks"
            " from cons.cons_rating_answers where rating is not null group by 1",
        )
        assert len(plain) > 3
        assert {m["manager_key"]: (m["average"], m["marks"]) for m in found["managers"]} == {
            one["key"]: (one["average"], one["marks"]) for one in plain
        }
        key = plain[0]["key"]
        code, out, _ = await clobus(env, "ratings", "summary", "--manager", key, "--from", "2020-01-01")
        assert (code, len(out.splitlines())) == (0, 3)

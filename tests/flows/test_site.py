"""A request from the site through 1C and Chatwoot to its end, as its client sees it; and what he is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.db import run
from tests.flows.conftest import World
from tests.flows.test_desk import CALL, agreed
from tests.flows.test_partners import marked
from tests.flows.test_telegram import _answer
from tests.flows.visitor import SUPPORT, Visitor, visiting
from tests.support.platform import ask, until
from tests.support.workdays import working

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SOON = 1.0


async def known_to_both(his: Visitor, cons_id: UUID) -> dict[str, Any]:
    async def both() -> bool:
        row = await his.row(cons_id)
        return row["number"] is not None and row["conversation_id"] is not None

    await until(both, 60)
    return await his.row(cons_id)


async def quiet(his: Visitor) -> None:
    """Wait until nobody has anything to be told."""

    async def nothing() -> bool:
        return not await ask(
            his.runtime,
            "select 1 from sys.outbox where state <> 'dead' union all"
            " select 1 from log.webhook_log where state in ('new', 'claimed')",
        )

    await until(nothing, 40)


async def answered(his: Visitor, cons_id: UUID, words: str) -> list[dict[str, Any]]:
    """The talk, as soon as these words are in it."""
    door = f"/api/telegram/consultations/{cons_id}/messages"

    async def there() -> bool:
        return words in str((await his.http.get(door)).json())

    await until(there)
    found: list[dict[str, Any]] = (await his.http.get(door)).json()["messages"]
    return found


async def status(his: Visitor, cons_id: UUID, wanted: str) -> None:
    async def reached() -> bool:
        return bool((await his.row(cons_id))["status"] == wanted)

    await until(reached, 40)


async def test_a_request_from_the_site_lives_its_whole_life_before_his_eyes(dsn: str, world: World) -> None:
    async with visiting(dsn, world) as his, his.page(f"client:{his.client_id}"):
        cons_id = await his.created(scheduled_at=working(1).isoformat())
        row = await known_to_both(his, cons_id)
        shown = await his.good("GET", f"/{cons_id}")
        assert (shown["number"], shown["status"]) == (row["number"], "pending")
        await his.told(cons_id, "accepted")
        before = clock.now()
        _answer(world, row["conversation_id"], "Посмотрите файл", ("ответ.pdf", b"%PDF-1.4", "application/pdf"))
        talk = await answered(his, cons_id, "Посмотрите файл")
        assert [(m["message_type"], m["attachments"]) for m in talk if m["content"] == "Посмотрите файл"] == [
            ("outgoing", 1)
        ]
        assert [m["message_type"] for m in talk if m["content"] == "Не сходится НДС"] == ["incoming"]
        await _heard_of_the_webhook(his, cons_id, before)
        moved = working(3, 15)
        document = {"set": CALL, "key": str(row["cl_ref_key"])}
        world.onec.change({**document, "fields": {"ДатаКонсультации": moved.replace(tzinfo=None).isoformat()}})
        await his.told(cons_id, "rescheduled")
        assert (await his.row(cons_id))["start_date"] == moved
        world.onec.change({**document, "fields": {"Конец": "2026-11-26T12:00:00"}})
        await status(his, cons_id, "closed")
        await his.told(cons_id, "closed")
        await quiet(his)
        kinds = [item["kind"] for item in (await his.good("GET", f"/{cons_id}/timeline"))["items"]]
        assert [kind for kind in kinds if kind in ("Opened", "Rescheduled", "Closed")] == [
            "Opened", "Rescheduled", "Closed",
        ]  # fmt: skip
        assert kinds.count("Said") >= 3
        late = await his.lateness(cons_id)
        assert {"Opened", "Linked", "Messaged", "Rescheduled", "Closed"} <= {name.split()[0] for name in late}
        assert max(late.values()) < SOON, late
        await agreed(his.runtime)
        assert len(await marked(his.runtime, cons_id)) == 1
        assert world.desk(f"conversations/{row['conversation_id']}")["status"] == "resolved"


async def _heard_of_the_webhook(his: Visitor, cons_id: UUID, since: Any) -> None:
    """The page heard of the answer within a second after its webhook came (another's may have had it read before)."""
    webhook = (
        "select created_at as at, payload ->> 'id' as number from log.webhook_log where source = 'chatwoot'"
        " and event = 'message_created' and created_at >= %s and payload ->> 'content' = 'Посмотрите файл' order by 1"
    )
    event = "select id from log.events where cons_id = %s and name = 'Messaged' and changes -> 'message' ->> 1 = %s"

    async def heard() -> bool:
        came = await ask(his.runtime, webhook, since)
        found = await ask(his.runtime, event, cons_id, came[0]["number"]) if came else []
        return bool(found) and found[0]["id"] <= max(his.heard, default=0)

    await until(heard)
    [came, *_] = await ask(his.runtime, webhook, since)
    [said] = await ask(his.runtime, event, cons_id, came["number"])
    assert (his.heard_of(said["id"]) - came["at"]).total_seconds() < SOON


async def test_technical_support_stays_between_us_and_chatwoot(dsn: str, world: World) -> None:
    async with visiting(dsn, world) as his, his.page(f"client:{his.client_id}"):
        cons_id = await his.created(consultation_type=SUPPORT, comment="Не входит в базу")

        async def there() -> bool:
            return (await his.row(cons_id))["conversation_id"] is not None

        await until(there, 40)
        number = (await his.row(cons_id))["conversation_id"]
        world.desk(f"conversations/{number}/messages", {"content": "Перезайдите", "private": False})
        await answered(his, cons_id, "Перезайдите")
        world.desk(f"conversations/{number}/toggle_status", {"status": "resolved"})
        await status(his, cons_id, "resolved")
        await his.told(cons_id, "closed")
        await quiet(his)
        assert world.onec.received("^(POST|PATCH|PUT|DELETE) .*odata") == []
        assert (await his.row(cons_id))["cl_ref_key"] is None
        late = await his.lateness(cons_id)
        assert max(late.values()) < SOON, late
        await agreed(his.runtime)


async def refused(his: Visitor, status_: int, code: str, method: str, path: str, body: Any = None) -> None:
    answer = await his.call(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (status_, code), answer.text
    assert answer.json()["title"]


async def test_what_he_is_refused_leaves_no_trace_anywhere(dsn: str, world: World) -> None:
    async with visiting(dsn, world) as his:
        day = working(2).isoformat()
        ours = [await his.created(scheduled_at=day, comment=f"Вопрос {n}") for n in range(3)]
        await refused(his, 429, "consultation.day_limit", "POST", "/create", asked(scheduled_at=day))
        support = await his.created(consultation_type=SUPPORT)
        await refused(
            his, 409, "consultation.support_open", "POST", "/create", asked(consultation_type=SUPPORT)
        )  # fmt: skip
        far = (clock.now() + timedelta(days=31)).isoformat()
        await refused(his, 400, "consultation.too_far", "POST", "/create", asked(scheduled_at=far))
        rows = [await known_to_both(his, each) for each in ours]
        first, second, third = ours
        past = {"new_date": (clock.now() - timedelta(minutes=5)).isoformat()}
        await refused(his, 422, "consultation.past", "POST", f"/{first}/redates", past)
        await aged(his, second, -31)
        await refused(his, 409, "consultation.cancel_too_late", "POST", f"/{second}/cancel", {})
        await aged(his, second, 31)
        await his.good("POST", f"/{third}/cancel", {})
        await refused(
            his, 409, "consultation.ended", "POST", f"/{third}/redates", {"new_date": working(3).isoformat()}
        )  # fmt: skip
        await refused(his, 409, "consultation.not_closed", "POST", f"/{first}/ratings", {
            "answers": [{"question_number": 1, "rating": 5}],
        })  # fmt: skip
        await _closes_it_himself(his, world, rows[0])
        await quiet(his)
        assert len(await ask(his.runtime, "select 1 from cons.cons where client_id = %s and source <> '1C_CL'"
                                          " and cons_id = any(%s)", his.client_id, [*ours, support])) == 4  # fmt: skip
        papers = [len(await marked(his.runtime, each)) for each in (*ours, support)]
        assert papers == [1, 1, 1, 0]
        made = await ask(his.runtime, "select count(*) as n from cons.cons where create_date > now() - interval '1 h'")
        assert made == [{"n": 4}]
        assert await ask(his.runtime, "select 1 from sys.outbox where state = 'dead'") == []
        await agreed(his.runtime)


async def aged(his: Visitor, cons_id: UUID, minutes: int) -> None:
    async with his.runtime.db.transaction() as connection:
        sql = "update cons.cons set create_date = create_date + make_interval(mins => %s) where cons_id = %s"
        await run(connection, sql, (minutes, cons_id))


def asked(**over: Any) -> dict[str, Any]:
    return {"consultation": {"comment": "Ещё один", "lang": "ru", **over}}


async def _closes_it_himself(his: Visitor, world: World, row: dict[str, Any]) -> None:
    """A client resolves his own accounting request in the chat: it is put back, and nobody hears that it is closed."""
    before = world.desk(f"conversations/{row['conversation_id']}")["status"]
    source = row["chatwoot_source_id"]
    assert source is not None
    world.as_client(source, row["conversation_id"], "toggle_status")

    async def put_back() -> bool:
        noted = await ask(
            his.runtime,
            "select 1 from log.notification_log where entity_id = %s and notification_type = 'close_refused'",
            row["cons_id"],
        )
        return bool(noted) and world.desk(f"conversations/{row['conversation_id']}")["status"] == before

    await until(put_back, 40)
    assert (await his.row(row["cons_id"]))["status"] == "pending"

"""Requests are read, listed, changed, taken back and asked after, each caller within what is his."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.db import run
from clobus.core.errors import NotFound
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from clobus.modules.consultations import reading
from tests.api.conftest import Api
from tests.api.requests import MANAGER, events, put, queued, stored, support
from tests.support.workdays import working

ROOT = "/api/consultations"


async def ids(api: Api, query: str, role: str = "service") -> list[str]:
    answer = await api.get(f"{ROOT}{query}", role)
    assert answer.status_code == 200, answer.text
    return [row["cons_id"] for row in answer.json()["consultations"]]


async def change(api: Api, cons_id: UUID, body: dict[str, Any], role: str = "head") -> Any:
    headers = {"Authorization": f"Bearer {api.keys[role]}"}
    return await api.http.put(f"{ROOT}/{cons_id}", json=body, headers=headers)


async def user_of(api: Api, *, name: str) -> tuple[UUID, str]:
    """A user of the client's organisation, and his key."""
    user = new_id()
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.clients (client_id, is_parent, parent_id, name) values (%s, false, %s, %s)",
            (user, UUID(api.client_id), name),
        )
        api.keys[name] = await create_key(connection, "client", name, subject_id=user)
    return user, name


# ---------------------------------------------------------------- reading
async def test_by_every_name(api: Api) -> None:
    key = new_id()
    cons_id = await put(api, cl_ref_key=key, number="000000077", conversation_id=4711)
    for name in (cons_id, "000000077", "4711", f"cl_{key}", f"cl_all_{key}"):
        assert (await api.get(f"{ROOT}/{name}", "client")).json()["cons_id"] == str(cons_id), name
        assert (await api.get(f"{ROOT}/{name}", "other")).status_code == 404, name
    for name in ("none", "99999999999999999999", str(new_id()), "cl_x", "%00", "' or true --"):
        assert (await api.get(f"{ROOT}/{name}")).status_code == 404, name


async def test_what_no_row_can_hold_is_refused(api: Api) -> None:
    cons_id = await put(api)
    answer = await change(api, cons_id, {"comment": "a\x00b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert (await api.get(f"{ROOT}?q=%00%00")).status_code == 422


async def test_a_number_goes_before_a_conversation(api: Api) -> None:
    await put(api, conversation_id=77, number="1")
    second = await put(api, number="77")
    assert (await api.get(f"{ROOT}/77")).json()["cons_id"] == str(second)


async def test_an_owner_sees_his_users_and_a_user_his_own_alone(api: Api) -> None:
    first, one_ = await user_of(api, name="user1")
    second, two = await user_of(api, name="user2")
    owners, firsts, seconds = await put(api), await put(api, client_id=first), await put(api, client_id=second)
    assert set(await ids(api, "", "client")) == {str(owners), str(firsts), str(seconds)}
    assert await ids(api, "", one_) == [str(firsts)]
    assert await ids(api, "", two) == [str(seconds)]
    assert await ids(api, "", "other") == []
    assert (await api.get(f"{ROOT}/{owners}", one_)).status_code == 404
    assert (await api.get(f"{ROOT}/{seconds}", one_)).status_code == 404
    assert await ids(api, f"/clients/{first}/consultations", "client") == [str(firsts)]
    for client, role in ((api.client_id, one_), (second, one_), (first, "other"), (new_id(), "service")):
        refused = await api.get(f"{ROOT}/clients/{client}/consultations", role)
        assert (refused.status_code, refused.json()["code"]) == (404, "client.unknown")


async def test_a_client_s_key_that_speaks_for_nobody_sees_nothing(api: Api) -> None:
    cons_id = await put(api)
    async with api.runtime.db.transaction() as connection:
        api.keys["nobody"] = await create_key(connection, "client", "nobody")
    assert await ids(api, "", "nobody") == []
    assert (await api.get(f"{ROOT}/{cons_id}", "nobody")).status_code == 404


async def test_a_narrow_key_reads_by_our_id_alone(api: Api) -> None:
    cons_id = await put(api, number="000000088", conversation_id=88)
    async with api.runtime.db.transaction() as connection:
        api.keys["narrow"] = await create_key(connection, "service", "front", ["consultations:read-by-id"])
        api.keys["wide"] = await create_key(connection, "service", "wide", ["consultations:read"])
    for path in ("", "/calls", "/redates", "/ratings", "/timeline", "/attachments"):
        assert (await api.get(f"{ROOT}/{cons_id}{path}", "narrow")).status_code == 200, path
        assert (await api.get(f"{ROOT}/000000088{path}", "narrow")).status_code == 404, path
        assert (await api.get(f"{ROOT}/88{path}", "narrow")).status_code == 404, path
        assert (await api.get(f"{ROOT}/88{path}", "wide")).status_code == 200, path
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.cons set chatwoot_source_id = 'secret'")
    # What opens the chat is for who is told it alone.
    path = f"{ROOT}/{cons_id}"
    assert (await api.get(path, "client")).json()["chatwoot_source_id"] == "secret"
    for role in ("narrow", "wide"):
        assert (await api.get(path, role)).json()["chatwoot_source_id"] is None
    assert (await api.get(ROOT, "wide")).json()["consultations"][0]["chatwoot_source_id"] is None
    since = "/updates?last_updated=2020-01-01T00:00:00Z"
    assert (await api.get(path + since, "narrow")).json()["consultation"]["chatwoot_source_id"] is None
    assert (await api.get(ROOT, "narrow")).status_code == 403
    assert (await api.get(f"{ROOT}/clients/{api.client_id}/consultations", "narrow")).status_code == 403


async def test_the_scope_of_older_callers(api: Api) -> None:
    cons_id = await put(api)
    async with api.runtime.db.read() as connection:
        assert (await reading.read(connection, str(cons_id), UUID(api.client_id)))["cons_id"] == str(cons_id)
        assert (await reading.read(connection, str(cons_id), None))["cons_id"] == str(cons_id)
        with pytest.raises(NotFound):
            await reading.read(connection, str(cons_id), new_id())


# ---------------------------------------------------------------- lists
async def test_filters(api: Api) -> None:
    old = clock.now() - timedelta(days=10)
    closed = await put(api, status="closed", create_date=old, comment="НДС не сходится 100%", number="000000501")
    waiting = await put(api, manager=None, topic="Зарплата_отпуск")
    help_ = await support(api, conversation_id=9001)
    assert await ids(api, "?status=closed") == [str(closed)]
    assert set(await ids(api, "?status=pending&status=open")) == {str(waiting), str(help_)}
    assert await ids(api, "?kind=support") == [str(help_)]
    assert set(await ids(api, f"?manager={MANAGER}")) == {str(closed), str(help_)}
    since = (clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert set(await ids(api, f"?from={since}")) == {str(waiting), str(help_)}
    assert await ids(api, f"?to={since}") == [str(closed)]
    for text, found in (
        ("000000501", closed), ("9001", help_), ("ндс не", closed), ("отпуск", waiting), ("100%", closed),
        ("ТА_ОТ", waiting),
    ):  # fmt: skip
        assert await ids(api, f"?q={text.replace('%', '%25')}") == [str(found)], text
    assert set(await ids(api, "?q=ромашка")) == {str(closed), str(waiting), str(help_)}
    assert await ids(api, "?q=%25%25") == []
    assert await ids(api, "?status=closed&kind=support") == []
    assert set(await ids(api, f"?client_id={api.client_id}")) == {str(closed), str(waiting), str(help_)}
    counted = (await api.get(f"{ROOT}?status=closed&total=true")).json()
    assert (counted["total"], counted["next_cursor"]) == (1, None)
    assert (await api.get(f"{ROOT}")).json()["total"] is None


@pytest.mark.parametrize("query", ["?status=nothing", "?kind=x", "?limit=0", "?limit=1001", "?q=a", "?from=yesterday"])
async def test_wrong_filters(api: Api, query: str) -> None:
    answer = await api.get(f"{ROOT}{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "MjAyNnx4", "%F0%9F%98%80"])
async def test_a_wrong_cursor(api: Api, cursor: str) -> None:
    answer = await api.get(f"{ROOT}?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "page.cursor")


async def test_of_a_client_by_skip_as_before(api: Api) -> None:
    made = [await put(api, create_date=clock.now() - timedelta(hours=n)) for n in range(5)]
    answer = (await api.get(f"{ROOT}/clients/{api.client_id}/consultations?skip=1&limit=2")).json()
    assert [row["cons_id"] for row in answer["consultations"]] == [str(one_) for one_ in made[1:3]]
    assert answer["total"] == 5
    following = f"{ROOT}/clients/{api.client_id}/consultations?limit=2&cursor={answer['next_cursor']}"
    assert [row["cons_id"] for row in (await api.get(following)).json()["consultations"]] == [
        str(one_) for one_ in made[3:]
    ]


# ---------------------------------------------------------------- changing
async def test_texts_and_importance_go_to_1c(api: Api) -> None:
    cons_id = await put(api)
    answer = await change(api, cons_id, {"comment": " Новый вопрос ", "topic": "НДС", "importance": 3})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["comment"], answer.json()["importance"]) == ("Новый вопрос", 3)
    row = await stored(api, "select wanted, topic from cons.cons")
    assert row == {"wanted": {"comment": "Новый вопрос", "topic": "НДС", "importance": 3}, "topic": "НДС"}
    assert await events(api, cons_id) == ["Changed"]
    assert await queued(api) == ["chatwoot:consultation", "onec:consultation"]
    assert "Новый" not in str(await stored(api, "select changes from log.events"))


async def test_what_is_the_same_is_no_change(api: Api) -> None:
    cons_id = await put(api, comment="То же")
    body = {"comment": "То же", "status": "pending", "start_date": working(1).isoformat()}
    assert (await change(api, cons_id, body)).status_code == 200
    assert await events(api, cons_id) == []


async def test_closing_with_an_end(api: Api) -> None:
    cons_id = await put(api, status="open", create_date=clock.now() - timedelta(hours=3))
    ended = (clock.now() - timedelta(hours=1)).replace(microsecond=0)
    answer = await change(api, cons_id, {"status": "closed", "end_date": ended.isoformat()}, "service")
    assert answer.json()["status"] == "closed"
    row = await stored(api, "select wanted, end_date from cons.cons")
    assert row == {"wanted": {"status": "closed", "end_date": ended.isoformat()}, "end_date": ended}
    assert await events(api, cons_id) == ["Closed"]


async def test_a_stage(api: Api) -> None:
    cons_id = await put(api)
    assert (await change(api, cons_id, {"status": "open"})).json()["status"] == "open"
    assert (await stored(api, "select wanted from cons.cons"))["wanted"] == {"status": "open"}


async def test_closing_a_support_request(api: Api) -> None:
    cons_id = await support(api)
    assert (await change(api, cons_id, {"status": "resolved"})).json()["status"] == "resolved"
    assert (await stored(api, "select wanted from cons.cons"))["wanted"] == {}
    assert "chatwoot:consultation" in await queued(api)


async def test_a_date_by_the_rules_of_a_move_and_all_or_nothing(api: Api) -> None:
    cons_id = await put(api, comment="Было")
    past = {"start_date": "2020-01-01T10:00:00", "comment": "Стало"}
    assert (await change(api, cons_id, past)).json()["code"] == "consultation.past"
    assert (await stored(api, "select comment from cons.cons"))["comment"] == "Было"
    wrong = {"start_date": working(2).isoformat(), "status": "resolved"}
    assert (await change(api, cons_id, wrong)).json()["code"] == "consultation.status"
    assert await api.count("cons.cons_redate") == 0
    good = {"start_date": working(2).isoformat(), "comment": "Стало"}
    assert (await change(api, cons_id, good)).json()["comment"] == "Стало"
    wanted = (await stored(api, "select wanted from cons.cons"))["wanted"]
    assert set(wanted) == {"start_date", "comment"}
    assert await events(api, cons_id) == ["Rescheduled", "Changed"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "consultation.nothing_to_change"),
        ({"status": "finished"}, 422, "request.invalid"),
        ({"status": None}, 422, "request.invalid"),
        ({"comment": "  "}, 422, "request.invalid"),
        ({"importance": 4}, 422, "request.invalid"),
        ({"start_date": None}, 422, "consultation.date_required"),
        ({"end_date": "2026-01-01T10:00:00"}, 422, "consultation.end_without_closing"),
        ({"status": "closed", "end_date": "2099-01-01T10:00:00"}, 422, "consultation.end_date"),
        ({"status": "closed", "end_date": "2020-01-01T10:00:00"}, 422, "consultation.end_date"),
        ({"status": "resolved"}, 422, "consultation.status"),
    ],
)
async def test_changes_that_are_refused(api: Api, body: dict[str, Any], status: int, code: str) -> None:
    cons_id = await put(api)
    answer = await change(api, cons_id, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await events(api, cons_id) == []


async def test_what_has_ended_is_not_changed(api: Api) -> None:
    cons_id = await put(api, status="closed")
    for body in ({"comment": "Ещё"}, {"status": "open"}, {"status": "cancelled"}, {"importance": 1}):
        answer = await change(api, cons_id, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "consultation.ended"), body
    assert (await change(api, cons_id, {"status": "closed"})).status_code == 200


async def test_who_may_change(api: Api) -> None:
    cons_id = await put(api)
    for role, status in (("client", 403), ("auditor", 403), ("manager", 200), ("service", 200)):
        assert (await change(api, cons_id, {"topic": role}, role)).status_code == status, role


# ---------------------------------------------------------------- taking back
async def cancel(api: Api, cons_id: UUID, role: str = "client") -> tuple[int, str]:
    answer = await api.post(f"{ROOT}/{cons_id}/cancel", {}, role=role)
    return answer.status_code, answer.json().get("code") or answer.json()["status"]


async def test_the_window_binds_clients_and_not_staff(api: Api) -> None:
    late = clock.now() - timedelta(minutes=31)
    first, second = await put(api, create_date=late), await put(api, create_date=late + timedelta(minutes=2))
    assert await cancel(api, first) == (409, "consultation.cancel_too_late")
    assert await cancel(api, first, "service") == (409, "consultation.cancel_too_late")
    assert await cancel(api, second) == (200, "cancelled")
    assert await cancel(api, first, "manager") == (200, "cancelled")
    row = await stored(api, "select denied, wanted from cons.cons where cons_id = %s", first)
    assert row == {"denied": True, "wanted": {"status": "cancelled", "deleted": True}}


async def test_until_when_it_may_be_taken_back_is_told(api: Api) -> None:
    made = clock.now().replace(microsecond=0) - timedelta(minutes=10)
    cons_id = await put(api, create_date=made)
    told = (await api.get(f"{ROOT}/{cons_id}")).json()["cancel_before"]
    assert datetime.fromisoformat(told) == made + timedelta(minutes=30)
    assert (await api.post(f"{ROOT}/{cons_id}/cancel", {})).json()["cancel_before"] is None


async def test_what_has_ended_is_not_taken_back(api: Api) -> None:
    for over in ({"status": "closed"}, {"status": "cancelled"}, {"status": "open", "end_date": clock.now()}):
        assert await cancel(api, await put(api, **over), "head") == (409, "consultation.ended")


async def test_parallel_cancels_are_one(api: Api) -> None:
    cons_id = await put(api)
    answers = await asyncio.gather(*(cancel(api, cons_id) for _ in range(6)))
    assert sorted(answers) == [(200, "cancelled")] + [(409, "consultation.ended")] * 5
    assert await events(api, cons_id) == ["Cancelled"]


# ---------------------------------------------------------------- making, the simple way
async def test_simple(api: Api) -> None:
    asked = {"client_id": api.client_id, "comment": "Как закрыть месяц?"}
    first = await api.post(f"{ROOT}/simple", asked, "k")
    assert first.status_code == 200, first.text
    assert first.json()["consultation"]["comment"] == "Как закрыть месяц?"
    assert (await api.post(f"{ROOT}/simple", asked, "k")).json() == first.json()
    nobody = await api.post(f"{ROOT}/simple", {"comment": "?"})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "client.required")
    own = await api.post(f"{ROOT}/simple", {"comment": "?"}, role="client")
    assert own.json()["client_id"] == api.client_id
    assert (await api.post(f"{ROOT}/simple", asked, role="other")).status_code == 403


# ---------------------------------------------------------------- asking after
async def test_updates(api: Api) -> None:
    cons_id = await put(api)
    known = (await api.get(f"{ROOT}/{cons_id}")).json()["updated_at"]
    path = f"{ROOT}/{cons_id}/updates?last_updated="
    assert (await api.get(path + known, "client")).json() == {
        "has_updates": False, "consultation": None, "updated_at": known,
    }  # fmt: skip
    await cancel(api, cons_id)
    changed = (await api.get(path + known, "client")).json()
    assert changed["has_updates"]
    assert changed["consultation"]["status"] == "cancelled"
    assert changed["updated_at"] > known
    assert (await api.get(path + known, "other")).status_code == 404
    assert (await api.get(path + "now")).status_code == 422
    # A plus that the address turned into a space, and a zone of the caller's.
    ahead = datetime.fromisoformat(changed["updated_at"]).astimezone(UTC) + timedelta(hours=5)
    assert not (await api.get(path + ahead.strftime("%Y-%m-%dT%H:%M:%S.%f") + "+05:00")).json()["has_updates"]


async def test_calls(api: Api) -> None:
    key = new_id()
    cons_id = await put(api, cl_ref_key=key)
    async with api.runtime.db.transaction() as connection:
        for minute in range(3):
            await run(
                connection,
                "insert into cons.calls (cons_key, period, manager) values (%s, %s, %s)",
                (key, datetime(2026, 11, 20, 5, minute, tzinfo=UTC), MANAGER),
            )
    found = (await api.get(f"{ROOT}/{cons_id}/calls?skip=1&limit=1", "client")).json()
    assert found == [
        {"period": "2026-11-20T05:01:00Z", "cons_key": str(key), "cons_id": str(cons_id), "client_key": None,
         "client_id": api.client_id, "manager": str(MANAGER)},
    ]  # fmt: skip
    assert (await api.get(f"{ROOT}/{cons_id}/calls", "other")).status_code == 404


async def test_sync_with_both_away_says_so_and_changes_nothing(api: Api) -> None:
    cons_id = await put(api, conversation_id=5)
    answer = await api.post(f"{ROOT}/{cons_id}/sync", {}, role="client")
    assert (answer.status_code, answer.json()["code"]) == (503, "gateway.down")
    ended = await put(api, status="closed", conversation_id=6)
    unchanged = await api.post(f"{ROOT}/{ended}/sync", {}, role="client")
    assert (unchanged.status_code, unchanged.headers["x-synced"]) == (200, "none")
    assert (await api.post(f"{ROOT}/{cons_id}/sync", {}, role="other")).status_code == 404

"""The console's own routes: views of the open requests, everything about one, dead letters, the panel's passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.db import rows, run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from tests.api.conftest import Api

KIND = "Техническая поддержка"


async def _request(api: Api, **over: Any) -> str:
    values: dict[str, Any] = {
        "cons_id": new_id(), "consultation_type": KIND, "status": "open", "client_id": UUID(api.client_id),
        "create_date": clock.now(), "source": "SITE", **over,
    }  # fmt: skip
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    async with api.runtime.db.transaction() as connection:
        await run(connection, f"insert into cons.cons ({names}) values ({places})", values)
    return str(values["cons_id"])


async def _manager(api: Api, name: str, **over: Any) -> UUID:
    key = new_id()
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description, con_limit) values (%s, %s, %s, 5)",
            (new_id(), key, name),
        )
    return key


async def test_views_hold_what_they_say_and_nothing_else(api: Api) -> None:
    anna, boris = await _manager(api, "Anna"), await _manager(api, "Boris")
    now = clock.now()
    late = await _request(api, manager=anna, start_date=now - timedelta(hours=2))
    soon = await _request(api, manager=boris, start_date=now + timedelta(days=9))
    loose = await _request(api)
    await _request(api, manager=anna, status="resolved")
    await _request(api, manager=anna, denied=True)

    async def view(name: str) -> tuple[list[str], dict[str, int]]:
        shown = (await api.get(f"/api/desk/today?view={name}&manager={anna}", "manager")).json()
        return [row["cons_id"] for row in shown["items"]], shown["counts"]

    counts = {"queue": 3, "mine": 1, "today": 1, "overdue": 1, "unassigned": 1}
    assert await view("queue") == ([late, loose, soon], counts)
    assert [(await view(name))[0] for name in ("mine", "overdue", "unassigned")] == [[late], [late], [loose]]
    shown = (await api.get("/api/desk/managers", "manager")).json()
    assert [(row["name"], row["waiting"], row["overdue"]) for row in shown] == [("Anna", 1, 1), ("Boris", 1, 0)]


async def test_a_request_is_handed_over_once_and_who_did_it_is_known(api: Api) -> None:
    anna, boris = await _manager(api, "Anna"), await _manager(api, "Boris")
    made = await _request(api, manager=anna)
    path = f"/api/desk/requests/{made}/manager"
    key = {"Authorization": f"Bearer {api.keys['head']}"}
    done = await api.http.post(path, json={"manager_key": str(boris)}, headers=key)
    assert (done.status_code, done.json()["manager_name"]) == (200, "Boris")
    again = await api.http.post(path, json={"manager_key": str(boris)}, headers=key)
    nobody = await api.http.post(path, json={"manager_key": str(new_id())}, headers=key)
    assert [again.json()["code"], nobody.json()["code"]] == ["consultation.same_manager", "manager.unknown"]
    story = (await api.get(f"/api/desk/requests/{made}", "manager")).json()
    [event] = [event for event in story["events"] if event["name"] == "Assigned"]
    assert (event["origin"], event["changes"]["manager"]) == ("operator", [str(anna), str(boris)])
    assert event["actor"].startswith("key:")
    assert story["request"]["company_name"] == "ООО Ромашка"


async def test_of_two_who_hand_over_at_once_the_second_is_told_of_the_first(api: Api) -> None:
    anna, boris, carim = [await _manager(api, name) for name in ("Anna", "Boris", "Carim")]
    path = f"/api/desk/requests/{await _request(api, manager=anna)}/manager"
    seen = {"from_manager": str(anna)}
    first = await api.post(path, {"manager_key": str(boris), **seen}, role="head")
    second = await api.post(path, {"manager_key": str(carim), **seen}, role="head")
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "consultation.handed_over")
    loose = f"/api/desk/requests/{await _request(api)}/manager"
    nobody = {"manager_key": str(anna), "from_manager": None}
    assert (await api.post(loose, nobody, role="head")).status_code == 200
    late = await api.post(loose, {**nobody, "manager_key": str(boris)}, role="head")
    assert late.json()["code"] == "consultation.handed_over"
    # Who looked again decides again.
    done = await api.post(path, {"manager_key": str(carim), "from_manager": str(boris)}, role="head")
    assert done.json()["manager_name"] == "Carim"


async def test_what_has_ended_is_overdue_no_more(api: Api) -> None:
    late = clock.now() - timedelta(hours=2)
    for over, status in ({"status": "open"}, True), ({"status": "resolved"}, False), ({"denied": True}, False):
        made = await _request(api, start_date=late, **over)
        assert (await api.get(f"/api/desk/requests/{made}", "manager")).json()["request"]["overdue"] is status, over


async def test_a_manager_knows_his_own_line_among_the_managers(api: Api) -> None:
    anna = await _manager(api, "Anna")
    await _manager(api, "Boris")
    async with api.runtime.db.transaction() as connection:
        key = await create_key(connection, "manager", "of Anna", subject_id=anna)
    shown = await api.http.get("/api/desk/managers", headers={"Authorization": f"Bearer {key}"})
    assert {row["name"]: row["own"] for row in shown.json()} == {"Anna": True, "Boris": False}
    assert not any(row["own"] for row in (await api.get("/api/desk/managers", "head")).json())


async def test_a_partner_that_is_away_leaves_the_rest_of_the_story(api: Api) -> None:
    made = await _request(api, conversation_id=77)
    story = (await api.get(f"/api/desk/requests/{made}", "auditor")).json()
    assert "error" in story["now"]["chatwoot"]
    assert story["now"]["postgres"]["conversation_id"] == 77
    missing = await api.get(f"/api/desk/requests/{new_id()}", "auditor")
    assert (missing.status_code, missing.json()["code"]) == (404, "consultation.unknown")


async def test_a_dead_letter_is_tried_again_from_what_was_edited(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into sys.bad_records (process, record_key, payload, error_class, error, state) values"
            " ('cons/Document', 'k1', %s, 'InvalidRecord', 'the date is absent', 'dead')",
            (Jsonb({"Date": ""}),),
        )
    listed = (await api.get("/api/ops/dead-letters?q=absent", "auditor")).json()
    assert ([row["id"] for row in listed["items"]], listed["counts"]) == (["cons/Document:k1"], {"record": 1})
    shown = (await api.get("/api/ops/dead-letters/record?id=cons/Document:k1", "head")).json()
    assert (shown["payload"], shown["editable"]) == ({"Date": ""}, True)
    body = {"kind": "record", "id": "cons/Document:k1", "act": "retry", "payload": {"Date": "2026-01-01"}}
    done = await api.post("/api/ops/dead-letters/act", body, role="head")
    assert done.json() == {"state": "waiting"}, done.text
    async with api.runtime.db.read() as connection:
        [row] = await rows(connection, "select payload, state, attempts from sys.bad_records")
        acts = await rows(connection, "select act as name from log.audit where act like 'dead_letter.%%' order by id")
    assert dict(row) == {"payload": {"Date": "2026-01-01"}, "state": "retry", "attempts": 0}
    assert [act["name"] for act in acts] == ["dead_letter.read", "dead_letter.edited"]
    refused = await api.post("/api/ops/dead-letters/act", {**body, "kind": "outbox"}, role="head")
    assert refused.status_code == 404


async def test_a_message_to_a_person_is_never_repeated(api: Api) -> None:
    made = await _request(api)
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into log.notification_log (id, notification_type, entity_id, unique_hash, language, state,"
            " expires_at) values (%s, 'accepted', %s, 'h', 'ru', 'unknown', now() + interval '1 day')",
            (name := new_id(), UUID(made)),
        )
    body = {"kind": "notification", "id": str(name), "act": "retry"}
    refused = await api.post("/api/ops/dead-letters/act", body, role="administrator")
    assert (refused.status_code, refused.json()["code"]) == (409, "dead_letter.message")


async def test_companies_are_found_by_any_sign_of_theirs(api: Api) -> None:
    for text in ("Ромаш", "1001", "301234567", "8000000001"):
        found = (await api.get(f"/api/desk/clients?q={text}", "manager")).json()["items"]
        assert api.client_id in [row["client_id"] for row in found], text
    assert (await api.get("/api/desk/clients?q=%25", "manager")).json()["items"] == []
    await _request(api)
    shown = (await api.get(f"/api/desk/clients/{api.client_id}", "manager")).json()
    assert (shown["requests"], len(shown["history"]), len(shown["people"])) == (1, 1, 1)


async def test_the_catalogue_shows_every_message_in_three_languages(api: Api) -> None:
    shown = (await api.get("/api/desk/messages", "manager")).json()
    assert {"accepted", "manager_new", "rating_ask"} <= {sample["type"] for sample in shown}
    assert all(set(sample["forms"]) == {"uz", "ru", "en"} for sample in shown)


async def test_the_panel_opens_by_a_pass_of_a_session_and_closes_with_it(api: Api) -> None:
    await _request(api, conversation_id=5)
    origin = {"Sec-Fetch-Site": "same-origin"}
    signed = await api.http.post("/api/auth/key", json={"token": api.keys["manager"]}, headers=origin)
    assert signed.status_code == 200, signed.text
    made = await api.http.post("/api/dashboard-app/passes", json={}, headers=origin)
    assert made.status_code == 200, made.text
    shown = {"X-Dashboard-Pass": made.json()["token"]}
    api_cookies = dict(api.http.cookies)
    api.http.cookies.clear()  # the frame has none
    panel = await api.http.get("/api/dashboard-app/conversations/5", headers=shown)
    assert panel.status_code == 200, panel.text
    assert (panel.json()["request"]["conversation_id"], panel.json()["company"]["code_abonent"]) == (5, "1001")
    assert (await api.http.get("/api/dashboard-app/conversations/6", headers=shown)).status_code == 404
    # The pass is for the panel alone, another's signature is none, and a key makes none.
    assert (await api.http.get("/api/desk/today", headers={"Authorization": f"Bearer {made.json()['token']}"})
            ).status_code == 401  # fmt: skip
    forged = {"X-Dashboard-Pass": made.json()["token"][:-2] + "xx"}
    assert (await api.http.get("/api/dashboard-app/conversations/5", headers=forged)).status_code == 401
    assert (await api.post("/api/dashboard-app/passes", {}, role="head")).status_code == 409

    api.http.cookies.update(api_cookies)
    await api.http.post("/api/auth/sign-out", json={}, headers=origin)
    api.http.cookies.clear()
    over = await api.http.get("/api/dashboard-app/conversations/5", headers=shown)
    assert (over.status_code, over.json()["code"]) == (401, "dashboard.pass")

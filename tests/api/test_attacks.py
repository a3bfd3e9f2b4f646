"""What somebody tries who should not: with the shared secret, with bodies, with headers, with many knocks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from clobus.core.db import rows, run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from tests.api.conftest import FRONT, Api
from tests.support.mini_app import init_data

SUPPORT = "Техническая поддержка"
SECRET_HEADER = {"X-Front-Secret": FRONT}
KNOWN = {"subscriberId": "1001", "org_inn": "301234567"}


async def front(api: Api, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    return await api.http.request(method, path, json=body, headers=SECRET_HEADER | headers)


async def test_the_shared_secret_names_a_client_and_neither_sees_nor_changes_him(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set email = 'a@b.uz', chatwoot_pubsub_token = 'tok', name = 'Азиз'")
    body = {**KNOWN, "phone_number": "+998909999999", "email": "thief@x.uz", "name": "Вор", "city": "Там"}
    answer = await front(api, "POST", "/api/clients", body)
    assert answer.status_code == 200, answer.text
    said = {name: value for name, value in answer.json().items() if value is not None}
    assert said.keys() == {
        "client_id",
        "is_parent",
        "subscriberId",
        "code_abonent",
        "org_inn",
        "created_at",
        "updated_at",
    }
    async with api.runtime.db.read() as connection:
        kept = (await rows(connection, "select * from cons.clients where client_id = %s", (api.client_id,)))[0]
        waiting = await rows(connection, "select 1 from sys.outbox")
    assert (kept["phone_number"], kept["email"], kept["name"], kept["city"]) == (
        "+998000000001",
        "a@b.uz",
        "Азиз",
        None,
    )
    assert waiting == []
    for guess in ({"subscriberId": "1001"}, {"org_inn": "301234567"}, {"subscriberId": "1001", "org_inn": "301234568"}):
        assert (await front(api, "POST", "/api/clients", guess)).status_code in (400, 409)
    for door in (f"/api/clients/{api.client_id}", "/api/clients/by-subscriber/1001", "/api/managers/load",
                 f"/api/consultations/clients/{api.client_id}/consultations", "/api/auth/sessions"):  # fmt: skip
        assert (await front(api, "GET", door)).status_code == 403, door
    link = await front(api, "POST", "/api/auth/links", {"purpose": "signin", "client_id": api.client_id})
    assert link.status_code == 403


async def test_the_shared_secret_makes_requests_and_reads_them_by_id_alone(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set chatwoot_pubsub_token = 'tok', source_id = 'src'")
    body = {"client": {**KNOWN, "email": "thief@x.uz"}, "consultation": {"comment": "?", "consultation_type": SUPPORT}}
    made = await front(api, "POST", "/api/consultations/create", body)
    assert made.status_code == 200, made.text
    assert made.json()["chatwoot_pubsub_token"] is None
    cons_id = made.json()["consultation"]["cons_id"]
    async with api.runtime.db.transaction() as connection:
        await run(
            connection, "update cons.cons set number = '000012', conversation_id = 77, chatwoot_source_id = 'src'"
        )
        kept = await rows(connection, "select email from cons.clients where email is not null")
    assert kept == []
    shown = await front(api, "GET", f"/api/consultations/{cons_id}")
    assert (shown.status_code, shown.json()["chatwoot_source_id"]) == (200, None)
    mine = await api.get(f"/api/consultations/{cons_id}", "client")
    assert mine.json()["chatwoot_source_id"] == "src"
    for guess in ("000012", "77", "cl_" + cons_id, "' or 1=1"):
        answer = await front(api, "GET", f"/api/consultations/{guess}")
        assert (answer.status_code, answer.json()["code"]) == (404, "consultation.unknown")
        assert (await front(api, "POST", f"/api/consultations/{guess}/cancel", {})).status_code == 404


@pytest.mark.parametrize("secret", ["", "x", FRONT[:-1], FRONT + "x", FRONT.upper(), "Р" * 20])
async def test_a_wrong_shared_secret_is_nobody(api: Api, secret: str) -> None:
    raw = secret.encode()
    for headers in ({b"x-front-secret": raw}, {b"authorization": b"Bearer " + raw}):
        answer = await api.http.get("/api/dicts/po-types", headers=headers)
        assert answer.status_code == 401


async def test_the_shared_secret_is_counted_by_address_and_as_bearer_too(api: Api) -> None:
    answer = await api.http.get("/api/auth/session", headers={"Authorization": f"Bearer {FRONT}"})
    assert (answer.json()["via"], answer.json()["scopes"]) == (
        "front", ["clients:write-new", "consultations:create", "consultations:read-by-id", "dicts:read"],
    )  # fmt: skip


async def test_a_narrow_key_can_no_more_than_its_scopes(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        key = await create_key(connection, "service", "site", ["consultations:read-by-id", "clients:write-new"])
        # A scope covers what begins with it and a dash, not what merely begins with it.
        odd = await create_key(connection, "service", "odd", ["consultations:rea", "clients:"])
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    for token, status in ((key, 200), (odd, 403)):
        answer = await api.http.get(f"/api/consultations/{made}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    for door in (f"/api/clients/{api.client_id}", "/api/dicts/po-types", "/metrics"):
        headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.5"}
        assert (await api.http.get(door, headers=headers)).status_code == 403, door


async def test_a_client_key_without_client_reaches_nobody(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        api.keys["lost"] = await create_key(connection, "client", "lost")
    assert (await api.get(f"/api/clients/{api.client_id}", "lost")).status_code == 404
    answer = await api.post("/api/clients", KNOWN, role="lost")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.other_client")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/telegram", {"init_data": "x" * 5000}), ("/api/auth/link", {"token": "x" * 5000}),
        ("/api/auth/key", {"token": ""}), ("/api/auth/link", {"token": "x" * 32, "client_id": "1"}),
        ("/api/auth/links", {"purpose": "signin", "client_id": "1 or 1=1"}),
    ],
)  # fmt: skip
async def test_bodies_out_of_form_are_refused(api: Api, path: str, body: Any) -> None:
    answer = await api.post(path, body)
    assert answer.status_code == 422
    assert "xxxx" not in answer.text


async def test_large_bodies_and_deep_ones_are_refused(api: Api) -> None:
    assert (await api.post("/api/clients", {"name": "x" * 2_000_000})).status_code == 413
    deep = ("[" * 50_000 + "]" * 50_000).encode()
    answer = await api.http.post(
        "/api/clients", content=deep,
        headers={"Authorization": f"Bearer {api.keys['service']}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code in (400, 422)
    assert await api.count("cons.clients") == 2


async def test_a_zero_character_is_a_bad_request(api: Api) -> None:
    for door in ("/api/consultations/a%00b", "/api/clients/by-hash/a%00b", "/api/telegram/consultations/a%00b"):
        role = "client" if "telegram" in door else "service"
        assert (await api.get(door, role)).status_code in (404, 422), door


async def test_a_host_out_of_form_is_no_accident(api: Api) -> None:
    answer = await api.http.post(
        "/api/auth/link", json={"token": "x" * 32}, headers={"Host": "a:b", "Origin": "http://a:b"}
    )
    assert answer.status_code in (400, 401)


async def test_one_credential_is_taken_not_the_better_of_two(api: Api) -> None:
    headers = {"Authorization": "Bearer wrong", **SECRET_HEADER}
    assert (await api.http.get("/api/dicts/po-types", headers=headers)).status_code == 401
    both = {"Authorization": f"tma {init_data(900)}", "Cookie": "clobus=session_x", **SECRET_HEADER}
    assert (await api.http.get("/api/dicts/po-types", headers=both)).json()["code"] == "telegram.contact_needed"


async def test_nobody_acts_for_a_client_that_is_not_his(api: Api) -> None:
    for named in (str(new_id()), "x", "*", ""):
        answer = await api.http.get(
            "/api/auth/session", headers={"Authorization": f"Bearer {api.keys['client']}", "X-Client-Id": named}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.other_client"), named

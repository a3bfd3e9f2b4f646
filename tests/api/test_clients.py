"""Clients over the API: found or made by the rules of domain.md §5.3, each within his own organisation."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.core.db import one, rows, run
from clobus.core.ids import new_id
from tests.api.conftest import FOLDER, Api

OWNER = {
    "subscriberId": "5005", "org_inn": "305005005", "company_name": "Clobus ООО Новая 5005 (305005005)",
    "email": "Boss@Novaya.uz", "phone_number": "90 500-00-05",
}  # fmt: skip


async def saved(api: Api, role: str = "service", status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await api.post("/api/clients", body, role=role)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(api: Api, role: str = "service", **body: Any) -> tuple[int, str]:
    answer = await api.post("/api/clients", body, role=role)
    assert answer.status_code >= 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def ask(api: Api, sql: str, *params: Any) -> list[dict[str, Any]]:
    async with api.runtime.db.read() as connection:
        return [dict(row) for row in await rows(connection, sql, params)]


async def waiting(api: Api, client_id: str) -> list[str]:
    found = await ask(api, "select system from sys.outbox where subject = 'client' and subject_id = %s order by 1",
                      client_id)  # fmt: skip
    return [row["system"] for row in found]


async def without_code(api: Api) -> UUID:
    async with api.runtime.db.transaction() as connection:
        bare = new_id()
        await run(
            connection,
            "insert into cons.clients (client_id, org_inn, company_name) values (%s, '309009009', 'x')",
            (bare,),
        )
    return bare


async def test_a_new_owner_is_made_once_in_one_form_and_both_partners_look(api: Api) -> None:
    made = await saved(api, **OWNER)
    assert (made["company_name"], made["phone_number"], made["subscriberId"]) == ("ООО Новая", "+998905000005", "5005")
    assert made["is_parent"] is True
    assert await waiting(api, made["client_id"]) == ["chatwoot", "onec"]
    slash = await api.post("/api/clients/", OWNER)
    assert slash.json()["client_id"] == made["client_id"]
    assert await api.count("cons.clients") == 3
    told = await ask(api, "select name, changes from log.events where name like 'Client%%'")
    assert [row["name"] for row in told] == ["ClientMade"]
    assert "905000005" not in str(told)


async def test_parallel_saves_make_one(api: Api) -> None:
    answers = await asyncio.gather(*(api.post("/api/clients", OWNER) for _ in range(6)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["client_id"] for a in answers}) == 1
    assert await api.count("cons.clients") == 3


async def test_what_did_not_change_tells_nobody(api: Api) -> None:
    made = await saved(api, **OWNER)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "delete from sys.outbox")
    await saved(api, **{**OWNER, "phone_number": "+998 (90) 500 00 05", "email": "Boss@Novaya.uz"})
    assert await waiting(api, made["client_id"]) == []


async def test_an_owner_saves_his_profile_from_a_new_device_without_partner(api: Api) -> None:
    """The predecessor fell through to a 409, or made a second client with the same code (§11.1 #3)."""
    made = await saved(api, **OWNER)
    changed = await saved(api, subscriberId="5005", name="Азиз", city="Самарканд")
    assert (changed["client_id"], changed["name"], changed["city"]) == (made["client_id"], "Азиз", "Самарканд")
    moved = await saved(api, subscriberId="5005", org_inn="305005006")
    assert (moved["client_id"], moved["org_inn"]) == (made["client_id"], "305005006")
    assert await api.count("cons.clients") == 3


async def test_empty_texts_clear_only_where_they_may(api: Api) -> None:
    made = await saved(api, **OWNER, country="Узбекистан", partner="1С Партнёр", name="Азиз")
    after = await saved(api, client_id=made["client_id"], country="", partner="", name="", email="", phone_number="")
    assert (after["country"], after["partner"]) == (None, None)
    assert (after["name"], after["email"], after["phone_number"]) == ("Азиз", "Boss@Novaya.uz", "+998905000005")


async def test_users_inherit_and_are_found_among_their_owner_s(api: Api) -> None:
    owner = await saved(api, **OWNER)
    user = await saved(api, parent_id=owner["client_id"], email="U@x.uz", name="Нодира")
    assert (user["is_parent"], user["parent_id"]) == (False, owner["client_id"])
    assert (user["org_inn"], user["subscriberId"], user["company_name"]) == ("305005005", "5005", "ООО Новая")
    assert await waiting(api, user["client_id"]) == ["chatwoot"]
    again = await saved(api, parent_id=owner["client_id"], email="u@X.uz", phone_number="901112233")
    assert (again["client_id"], again["phone_number"]) == (user["client_id"], "+998901112233")
    colleague = await saved(api, parent_id=owner["client_id"], email="v@x.uz", phone_number="901112233")
    assert colleague["client_id"] != user["client_id"]
    await saved(api, subscriberId="5005", company_name="ООО Новейшая", org_inn="305005007")
    shown = (await api.get(f"/api/clients/{user['client_id']}")).json()
    assert (shown["company_name"], shown["org_inn"]) == ("ООО Новейшая", "305005007")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"is_parent": True, "parent_id": "@owner"}, (400, "client.owner_with_parent")),
        ({"is_parent": False, "name": "x"}, (400, "client.user_without_owner")),
        ({"parent_id": "@nobody", "name": "x"}, (404, "client.unknown")),
        ({"parent_id": "@user", "name": "x"}, (400, "client.owner_is_user")),
        ({"parent_id": "@owner", "name": "x", "org_inn": "305005009"}, (400, "client.tax_id_of_owner")),
        ({"parent_id": "@owner", "name": "x", "subscriberId": "7"}, (400, "client.code_of_owner")),
        ({"parent_id": "@owner"}, (400, "client.user_needs_contact")),
        ({"parent_id": "@poor", "name": "x"}, (400, "client.owner_incomplete")),
        ({"client_id": "@nobody", "name": "x"}, (404, "client.unknown")),
        ({"client_id": "@owner", "is_parent": False, "parent_id": "@mine"}, (403, "client.no_demotion")),
        ({"client_id": "@user", "parent_id": "@mine"}, (403, "client.other_owner")),
        ({"client_id": "@user", "company_name": "ООО Моя"}, (403, "client.owner_only")),
        ({"client_id": "@user", "org_inn": "305005010"}, (403, "client.owner_only")),
        ({"client_id": "@user", "is_parent": True}, (400, "client.code_and_tax_id_required")),
        ({"client_id": "@user", "is_parent": True, "subscriberId": "5005", "org_inn": "305005010"},
         (409, "client.code_taken")),
        ({"client_id": "@owner", "subscriberId": "5006"}, (409, "client.code_differs")),
        ({"client_id": "@owner", "org_inn": "301234567"}, (409, "client.tax_id_taken")),
        ({"subscriberId": "6006", "org_inn": "301234567"}, (409, "client.tax_id_taken")),
        ({"client_id": "@foreign", "email": "new@x.uz"}, (409, "client.foreign")),
        ({"subscriberId": "6006"}, (400, "client.code_and_tax_id_required")),
        ({"org_inn": "306006006"}, (400, "client.code_and_tax_id_required")),
        ({"name": "x"}, (400, "client.required")),
    ],
)  # fmt: skip
async def test_refusals(api: Api, body: dict[str, Any], said: tuple[int, str]) -> None:
    names = {"@mine": api.client_id, "@nobody": str(new_id())}
    names["@owner"] = (await saved(api, **OWNER))["client_id"]
    names["@user"] = (await saved(api, parent_id=names["@owner"], name="Нодира"))["client_id"]
    async with api.runtime.db.transaction() as connection:
        for name, key, folder in (("@poor", None, FOLDER), ("@foreign", new_id(), str(new_id()))):
            row = await one(
                connection,
                "insert into cons.clients (client_id, cl_ref_key, parent_key, company_name) values (%s, %s, %s, 'x')"
                " returning client_id::text",
                (new_id(), key, folder),
            )
            assert row
            names[name] = row["client_id"]
    before = await ask(api, "select * from cons.clients order by client_id")
    assert await refused(api, **{key: names.get(str(value), value) for key, value in body.items()}) == said
    assert await ask(api, "select * from cons.clients order by client_id") == before


async def test_a_tax_id_of_an_owner_without_code_takes_the_code_over(api: Api) -> None:
    owner = await saved(api, **OWNER)
    bare = await without_code(api)
    await saved(api, client_id=owner["client_id"], org_inn="309009009")
    found = await ask(api, "select client_id::text, code_abonent from cons.clients where org_inn = '309009009'"
                           " order by code_abonent nulls last")  # fmt: skip
    assert found == [{"client_id": str(bare), "code_abonent": "5005"},
                     {"client_id": owner["client_id"], "code_abonent": None}]  # fmt: skip
    assert (await saved(api, subscriberId="5005"))["client_id"] == str(bare)


async def test_an_owner_without_code_gets_it_and_a_user_may_become_an_owner(api: Api) -> None:
    bare = await without_code(api)
    assert (await saved(api, subscriberId="9", org_inn="309009009"))["client_id"] == str(bare)
    user = await saved(api, parent_id=str(bare), name="Нодира")
    own = await saved(api, client_id=user["client_id"], is_parent=True, subscriberId="10", org_inn="310010010")
    assert (own["is_parent"], own["parent_id"], own["subscriberId"]) == (True, None, "10")
    assert await waiting(api, own["client_id"]) == ["chatwoot", "onec"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no mail"), ("email", "a@b.uz\nBcc: c@d.uz"), ("email", "a" * 300 + "@b.uz"), ("phone_number", "12"),
        ("phone_number", "+99890123456789012"), ("phone_number", "call me"), ("org_inn", "12345"),
        ("org_inn", "30123456' or 1 eq 1"), ("subscriberId", "1 or КодАбонентаClobus ne 0"), ("subscriberId", "0"),
        ("subscriberId", "1" * 16), ("company_name", "x" * 101), ("name", "x" * 301), ("client_id_hash", "zz"),
        ("name", {"a": 1}), ("subscriberId", True), ("client_id", "1001"),
    ],
)  # fmt: skip
async def test_forms_are_checked(api: Api, field: str, value: Any) -> None:
    answer = await api.post("/api/clients", {**OWNER, field: value})
    assert answer.status_code == 422, answer.text
    assert str(value)[:20] not in answer.text or len(str(value)) < 3
    assert await api.count("cons.clients") == 2


async def test_control_characters_and_numbers_are_taken_well(api: Api) -> None:
    made = await saved(
        api, **{**OWNER, "subscriberId": 5005, "name": "Ази\x00з\r\nX-Evil: 1", "org_inn": "305 005-005"}
    )
    assert (made["name"], made["subscriberId"], made["org_inn"]) == ("Ази з X-Evil: 1", "5005", "305005005")


async def test_hashes_find_a_client_also_after_he_changed(api: Api) -> None:
    typed = hashlib.md5(b"email:boss@novaya.uz|inn:305005005|phone:90 500-00-05").hexdigest()
    made = await saved(api, **OWNER)
    first = made["client_id_hash"]
    assert first == hashlib.md5(b"email:boss@novaya.uz|inn:305005005|phone:+998905000005").hexdigest()
    changed = await saved(api, client_id=made["client_id"], phone_number="+998905000099")
    assert changed["client_id_hash"] not in (first, typed)
    for known in (typed, first, changed["client_id_hash"].upper()):
        assert (await api.get(f"/api/clients/by-hash/{known}")).json()["client_id"] == made["client_id"]
    assert (await saved(api, client_id_hash=first, name="Азиз"))["client_id"] == made["client_id"]
    assert (await api.get("/api/clients/by-hash/" + "0" * 32)).status_code == 404


async def test_by_subscriber_gives_the_owner(api: Api) -> None:
    owner = await saved(api, **OWNER)
    await saved(api, parent_id=owner["client_id"], name="Нодира")
    found = await api.get("/api/clients/by-subscriber/05005")
    assert found.json()["client_id"] == owner["client_id"]
    for wrong, status in (("77", 404), ("5005' or '1'='1", 400), ("5005 or true", 400), ("%00", 400), ("1" * 40, 400)):
        assert (await api.get(f"/api/clients/by-subscriber/{wrong}")).status_code == status
    assert (await api.get("/api/clients/nonsense")).json()["code"] == "client.id_is_no_uuid"


async def test_a_client_sees_and_changes_his_own_organisation_alone(api: Api) -> None:
    user = await saved(api, role="client", parent_id=api.client_id, name="Нодира")
    assert user["parent_id"] == api.client_id
    mine = await saved(api, role="client", name="Я сам")
    assert (mine["client_id"], mine["name"]) == (api.client_id, "Я сам")
    doors = [f"/api/clients/{api.client_id}", f"/api/clients/{user['client_id']}", "/api/clients/by-subscriber/1001",
             f"/api/clients/by-hash/{mine['client_id_hash']}"]  # fmt: skip
    for door in doors:
        assert (await api.get(door, "client")).status_code == 200, door
        other = await api.get(door, "other")
        assert (other.status_code, other.json()["code"]) == (404, "client.unknown"), door
    for body in ({"client_id": api.client_id, "name": "чужой"}, {"parent_id": api.client_id, "name": "чужой"},
                 {"client_id": user["client_id"], "name": "чужой"}):  # fmt: skip
        assert await refused(api, role="other", **body) == (404, "client.unknown")
    # Signs of another organisation do not lead there: they are changes of his own, and taken.
    assert await refused(api, role="other", subscriberId="1001") == (409, "client.code_differs")
    assert await refused(api, role="other", org_inn="301234567") == (409, "client.tax_id_taken")
    assert await refused(api, role="client", client_id=user["client_id"], is_parent=True, subscriberId="3",
                         org_inn="303003003") == (403, "client.no_promotion")  # fmt: skip


async def test_the_chat_s_token_is_for_the_client_himself(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set chatwoot_pubsub_token = 'tok'")
    seen = {role: (await api.get(f"/api/clients/{api.client_id}", role)).json()["chatwoot_pubsub_token"]
            for role in ("client", "service", "manager", "head", "administrator", "auditor")}  # fmt: skip
    assert seen == {"client": "tok", "service": "tok", "manager": None, "head": None, "administrator": None,
                    "auditor": None}  # fmt: skip


async def test_trying_codes_out_is_slowed_down(api: Api) -> None:
    async def attempt(number: int) -> httpx.Response:
        return await api.get(f"/api/clients/by-subscriber/{number}", "other")

    codes = [(await attempt(n)).status_code for n in range(1001, 1075)]
    assert codes[0] == 404
    assert codes[-1] == 429

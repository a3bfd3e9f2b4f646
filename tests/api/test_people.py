"""The staff over people: roles, locks, pairs to decide, keys of organisations, and the log of all that."""

from __future__ import annotations

import csv
import io

import psycopg
import pytest
from psycopg.errors import RaiseException

from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.modules.consultations.types import Kind
from tests.api.conftest import Api
from tests.support.accounts import PASSWORD, Browser, acts, asked, person

ADMIN, MEMBER = "admin@clobus.example", "nodira@example.uz"
INN = "301234567"


async def staff(api: Api, email: str, role: str, *, strong: bool = True) -> Browser:
    """Somebody of the staff, signed in; with a second factor, as far as the session tells."""
    await person(api.runtime.db, email, role=role)
    browser = Browser(api.http)
    await browser.sign_in(email)
    if strong:
        async with api.runtime.db.transaction() as connection:
            await run(connection, "update sys.sessions s set strong = true from cab.people p"
                                  " where p.person_id = s.person_id and p.email = %s", (email,))  # fmt: skip
    return browser


async def member(api: Api, email: str = MEMBER) -> Browser:
    await person(api.runtime.db, email)
    browser = Browser(api.http)
    await browser.sign_in(email)
    return browser


async def test_rights_of_the_staff_begin_with_a_second_factor(api: Api) -> None:
    weak = await staff(api, ADMIN, "administrator", strong=False)
    me = (await weak.get("/api/me")).json()
    assert (me["role"], me["staff_role"], me["second_factor_needed"]) == ("client", "administrator", True)
    assert (await weak.get("/api/people")).status_code == 403
    strong = await staff(api, "second@clobus.example", "administrator")
    assert (await strong.get("/api/people")).status_code == 200


async def test_roles_and_locks(api: Api) -> None:
    admin = await staff(api, ADMIN, "administrator")
    browser = await member(api)
    found = (await admin.get("/api/people?text=nodira@&role=client")).json()["items"]
    assert [each["email"] for each in found] == [MEMBER]
    path = f"/api/people/{found[0]['person_id']}"
    assert (await admin.call("PATCH", path, {"role": "head"})).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401  # he signs in anew, for a shorter while
    await browser.sign_in(MEMBER)
    assert (await browser.get("/api/me")).json()["staff_role"] == "head"
    assert (await admin.call("PATCH", path, {"locked": True})).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401
    assert (await browser.sign_in(MEMBER)).json()["code"] == "auth.wrong"
    assert (await admin.call("PATCH", path, {"locked": False, "role": None})).status_code == 204
    assert (await browser.sign_in(MEMBER)).is_success
    kept = await asked(
        api.runtime.db, "select before, after from log.audit where act = 'person.changed' order by id limit 1"
    )
    assert (kept["before"], kept["after"]) == ({"role": None}, {"role": "head"})


async def test_an_administrator_neither_raises_himself_nor_is_the_last_to_go(api: Api) -> None:
    admin = await staff(api, ADMIN, "administrator")
    me = (await admin.get("/api/me")).json()["person_id"]
    assert (await admin.call("PATCH", f"/api/people/{me}", {"role": "auditor"})).json()["code"] == "person.yourself"
    other = await staff(api, "other@clobus.example", "administrator")
    async with api.runtime.db.transaction() as connection:  # he was let go a moment ago, his session lives
        await run(connection, "update cab.people set locked_at = now() where email = 'other@clobus.example'")
    assert (await other.call("PATCH", f"/api/people/{me}", {"role": None})).status_code in (401, 409)
    head = await staff(api, "head@clobus.example", "head")
    assert (await head.call("PATCH", f"/api/people/{me}", {"role": None})).status_code == 403
    unknown = await admin.call("PATCH", f"/api/people/{new_id()}", {"role": None})
    assert unknown.json()["code"] == "person.unknown"
    for body in ({"role": "service"}, {"role": "client"}, {"password_hash": "x"}, {"email": "a@b.uz"}):
        assert (await admin.call("PATCH", f"/api/people/{me}", body)).status_code == 422


async def test_the_staff_decides_which_client_an_organisation_is(api: Api) -> None:
    browser = await member(api)
    made = (await browser.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()
    head = await staff(api, "head@clobus.example", "head")
    pairs = (await head.get("/api/merges")).json()
    assert [(each["name"], each["client_id"], each["reason"]) for each in pairs] == [
        ("Romashka", api.client_id, "unproved")
    ]
    body = {"organisation_id": made["organisation_id"], "client_id": api.client_id, "same": True}
    assert (await browser.post("/api/merges", body)).status_code == 403
    assert (await browser.get(f"/api/clients/{api.client_id}")).status_code == 404
    assert (await head.post("/api/merges", body)).status_code == 204
    assert (await browser.get(f"/api/clients/{api.client_id}")).status_code == 200
    assert (await head.get("/api/merges")).json() == []
    rival = await member(api, "rival@example.uz")
    taken = (await rival.post("/api/organisations", {"inn": INN, "name": "R"})).json()
    assert (await head.get("/api/merges")).json()[0]["reason"] == "taken"
    refused = await head.post("/api/merges", body | {"organisation_id": taken["organisation_id"]})
    assert refused.json()["code"] == "merge.taken"
    denied = await head.post("/api/merges", body | {"organisation_id": taken["organisation_id"], "same": False})
    assert denied.status_code == 204
    assert (await head.get("/api/merges")).json() == []
    told = (await head.get("/api/merges/decided")).json()
    assert [(each["name"], each["same"], each["decided_by"]) for each in told] == [
        ("R", False, "Nodira"), ("Romashka", True, "Nodira")
    ]  # fmt: skip


async def test_a_decision_is_taken_back(api: Api) -> None:
    browser = await member(api)
    made = (await browser.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()
    other = new_id()
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.clients (client_id, code_abonent, company_name, is_parent)"
            " values (%s, 'T-2', 'Other', true)",
            (other,),
        )
        await run(
            connection,
            "insert into cab.merges (organisation_id, client_id, reason) values (%s, %s, 'several')",
            (made["organisation_id"], other),
        )
    head = await staff(api, "head@clobus.example", "head")
    waited = {each["client_id"] for each in (await head.get("/api/merges")).json()}
    door = f"/api/merges/{made['organisation_id']}/{api.client_id}"
    assert (await head.call("DELETE", door)).json()["code"] == "merge.unknown"
    body = {"organisation_id": made["organisation_id"], "client_id": api.client_id, "same": True}
    assert (await head.post("/api/merges", body)).status_code == 204
    assert (await head.get("/api/merges")).json() == []
    assert (await browser.call("DELETE", door)).status_code == 403
    assert (await head.call("DELETE", door)).status_code == 204
    assert (await browser.get(f"/api/clients/{api.client_id}")).status_code == 404
    assert (
        {each["client_id"] for each in (await head.get("/api/merges")).json()} == waited == {api.client_id, str(other)}
    )
    assert (await head.get("/api/merges/decided")).json() == []
    assert (await head.post("/api/merges", body | {"same": False})).status_code == 204
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.sessions set proved_at = now() - interval '1 hour'")
    refused = await head.call("DELETE", door)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.step_up_needed")
    assert (await head.post("/api/auth/step-up", {"password": PASSWORD})).is_success
    assert (await head.call("DELETE", door)).status_code == 204
    assert (await head.post("/api/merges", body)).status_code == 204


async def test_two_are_joined_only_by_who_proved_himself_just_now(api: Api) -> None:
    browser = await member(api)
    made = (await browser.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()
    head = await staff(api, "head@clobus.example", "head")
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.sessions set proved_at = now() - interval '1 hour'")
    body = {"organisation_id": made["organisation_id"], "client_id": api.client_id, "same": True}
    refused = await head.post("/api/merges", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.step_up_needed")
    assert (await head.post("/api/auth/step-up", {"password": PASSWORD})).is_success
    assert (await head.post("/api/merges", body)).status_code == 204


async def test_keys_of_an_organisation(api: Api) -> None:
    browser = await member(api)
    made = (await browser.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()
    path = f"/api/organisations/{made['organisation_id']}/keys"
    body = {"name": "Site", "scopes": ["consultations:read"]}
    assert (await browser.post(path, body)).json()["code"] == "organisation.unmatched"
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cab.organisations set client_id = %s, matched_by = 'staff'", (api.client_id,))
    for scopes in (["people:read"], ["consultations:read", "members:write"], ["links:create"]):
        assert (await browser.post(path, body | {"scopes": scopes})).json()["code"] == "key.scope"
    assert (await browser.post(path, body | {"scopes": []})).status_code == 422
    key = (await browser.post(path, body)).json()
    bearer = {"Authorization": f"Bearer {key['token']}"}
    assert (await api.http.get("/api/consultations", headers=bearer)).status_code == 200
    assert (await api.http.get(f"/api/clients/{api.client_id}", headers=bearer)).status_code == 403
    assert (await api.http.get("/api/me", headers=bearer)).status_code == 403
    shown = (await browser.get(path)).json()
    assert ([each["id"] for each in shown], key["token"] in str(shown)) == ([key["id"]], False)
    assert (await browser.call("DELETE", f"{path}/{key['id']}")).status_code == 204
    assert (await api.http.get("/api/consultations", headers=bearer)).status_code == 401


async def test_keys_end_with_the_right_to_make_them(api: Api) -> None:
    """With the join of their organisation and a client, with the role of their maker, with him; and at once."""
    owner, head = await member(api, "owner@example.uz"), await staff(api, "head@clobus.example", "head")
    admin = await staff(api, ADMIN, "administrator")
    made = (await owner.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()["organisation_id"]
    pair = {"organisation_id": made, "client_id": api.client_id, "same": True}
    assert (await head.post("/api/merges", pair)).status_code == 204
    browser = await member(api)
    me = (await browser.get("/api/me")).json()["person_id"]
    base = f"/api/organisations/{made}"

    async def joined() -> None:
        async with api.runtime.db.transaction() as connection:
            await run(
                connection,
                "insert into cab.memberships values (%s, %s, 'admin')"
                " on conflict (organisation_id, person_id) do update set role = 'admin'",
                (made, me),
            )

    async def status(key: dict[str, str]) -> int:
        bearer = {"Authorization": f"Bearer {key['token']}"}
        return (await api.http.get("/api/consultations", headers=bearer)).status_code

    async def key() -> dict[str, str]:
        await joined()
        got = await browser.post(f"{base}/keys", {"name": "Site", "scopes": ["consultations:read"]})
        found: dict[str, str] = got.json()
        assert await status(found) == 200
        return found

    for method, path, body in (
        ("PATCH", f"{base}/members/{me}", {"role": "user"}), ("DELETE", f"{base}/members/{me}", None),
    ):  # fmt: skip
        mine = await key()
        assert (await owner.call(method, path, body)).status_code == 204
        assert await status(mine) == 401, method
    mine = await key()
    assert (await admin.call("PATCH", f"/api/people/{me}", {"locked": True})).status_code == 204
    assert await status(mine) == 401
    assert (await admin.call("PATCH", f"/api/people/{me}", {"locked": False})).status_code == 204
    assert await status(mine) == 200
    assert (await head.call("DELETE", f"/api/merges/{made}/{api.client_id}")).status_code == 204
    assert await status(mine) == 401
    assert (await owner.get(f"{base}/keys")).json() == []


async def test_the_log_is_searched_exported_and_never_changed(api: Api, dsn: str) -> None:
    browser = await member(api)
    name = "=HYPERLINK(1)"
    made = (await browser.post("/api/organisations", {"inn": INN, "name": name})).json()
    own = (await browser.get(f"/api/organisations/{made['organisation_id']}/audit")).json()["items"]
    assert [(each["act"], each["after"]["name"], each["address"]) for each in own] == [
        ("organisation.made", name, "127.0.0.1")
    ]
    auditor = await staff(api, "auditor@clobus.example", "auditor")
    found = (await auditor.get("/api/audit?act=organisation&text=hyperlink")).json()["items"]
    assert [each["person_name"] for each in found] == ["Nodira"]
    found = (await auditor.get("/api/audit?text=Organisation.Made")).json()["items"]
    assert [each["act"] for each in found] == ["organisation.made"]
    first = (await auditor.get("/api/audit?limit=1")).json()
    rest = (await auditor.get(f"/api/audit?cursor={first['next']}")).json()["items"]
    assert [each["id"] for each in rest] == sorted((each["id"] for each in rest), reverse=True)
    assert first["items"][0]["id"] > rest[0]["id"]
    csv_text = (await auditor.get("/api/audit.csv?act=organisation")).text
    table = list(csv.DictReader(io.StringIO(csv_text.removeprefix("\ufeff"))))
    assert table[0]["organisation_name"] == f"'{name}"
    assert (await acts(api.runtime.db))[-1] == "audit.exported"
    head = await staff(api, "head@clobus.example", "head")
    assert (await head.get("/api/audit")).status_code == 403
    with psycopg.connect(dsn, autocommit=True) as connection:
        for sql in ("update log.audit set act = 'x'", "delete from log.audit", "truncate log.audit"):
            with pytest.raises(RaiseException, match="append-only"):
                connection.execute(sql)


async def test_what_a_person_does_elsewhere_is_in_the_log_too(api: Api) -> None:
    browser = await member(api)
    made = (await browser.post("/api/organisations", {"inn": INN, "name": "Romashka"})).json()
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cab.organisations set client_id = %s, matched_by = 'staff'", (api.client_id,))
    asking = {"consultation": {"client_id": api.client_id, "comment": "?", "lang": "ru"}}
    headers = {"X-Organisation-Id": made["organisation_id"]}
    assert (await browser.post("/api/consultations/create", asking, **headers)).status_code == 200
    assert (await browser.post("/api/consultations/create", {}, **headers)).status_code == 422
    assert (await browser.get("/api/consultations", **headers)).status_code == 200
    assert await acts(api.runtime.db) == ["session.begun", "organisation.made", "request.made"]
    kept = await asked(api.runtime.db, "select * from log.audit where act = 'request.made'")
    assert (kept["after"], kept["address"]) == ({"kind": Kind.ACCOUNTING.value}, "127.0.0.1")
    assert str(kept["organisation_id"]) == made["organisation_id"]

"""Organisations: members and their rights, invitations, handing over, and which client each is."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from clobus.core.db import run
from tests.api.conftest import Api
from tests.support.accounts import Browser, acts, asked, letters_to, person, token_in

OWNER, USER, VIEWER = "owner@example.uz", "user@example.uz", "viewer@example.uz"
INN = "301234567"


async def a_browser(api: Api, email: str) -> Browser:
    await person(api.runtime.db, email, name=email.partition("@")[0])
    made = Browser(api.http)
    assert (await made.sign_in(email)).is_success
    return made


@pytest.fixture
async def owner(api: Api) -> Browser:
    """Somebody whose address is the one that 1C has of the first client."""
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set email = 'Owner@Example.uz' where client_id = %s",
                  (api.client_id,))  # fmt: skip
    return await a_browser(api, OWNER)


async def make(browser: Browser, inn: str = INN) -> dict[str, object]:
    made = await browser.post("/api/organisations", {"inn": inn, "name": "Romashka"})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def join(api: Api, owner: Browser, organisation: object, email: str, role: str) -> Browser:
    path = f"/api/organisations/{organisation}/invitations"
    assert (await owner.post(path, {"email": email, "role": role})).status_code == 201
    joining = await a_browser(api, email)
    token = await token_in(api.runtime.db, email, "invitation")
    assert (await joining.post("/api/invitations/accept", {"token": token})).status_code == 200
    return joining


async def test_a_proved_contact_finds_the_client_and_opens_his_requests(api: Api, owner: Browser) -> None:
    made = await make(owner)
    assert (made["client_id"], made["matched_by"], made["role"], made["owner"]) == (
        api.client_id,
        "email",
        "admin",
        True,
    )
    assert (await owner.get("/api/consultations")).status_code == 200
    assert (await owner.get(f"/api/clients/{api.client_id}")).json()["client_id"] == api.client_id
    again = await owner.post("/api/organisations", {"inn": INN, "name": "R"})
    assert again.json()["code"] == "organisation.owned"


async def test_naming_a_tax_id_and_a_code_proves_nothing(api: Api) -> None:
    stranger = await a_browser(api, "stranger@example.uz")
    body = {"inn": INN, "name": "Romashka", "code": "1001"}
    made = (await stranger.post("/api/organisations", body)).json()
    assert (made["client_id"], made["unsure"]) == (None, True)
    assert (await stranger.get(f"/api/clients/{api.client_id}")).status_code == 404
    pair = await asked(api.runtime.db, "select client_id, reason from cab.merges")
    assert (str(pair["client_id"]), pair["reason"]) == (api.client_id, "unproved")


async def test_roles(api: Api, owner: Browser) -> None:
    organisation = (await make(owner))["organisation_id"]
    user = await join(api, owner, organisation, USER, "user")
    viewer = await join(api, owner, organisation, VIEWER, "viewer")
    base = f"/api/organisations/{organisation}"
    asking = {"consultation": {"client_id": api.client_id, "comment": "?", "lang": "ru"}}
    for browser, reads, makes, manages in ((viewer, 200, 403, 403), (user, 200, 200, 403), (owner, 200, 200, 200)):
        assert (await browser.get("/api/consultations")).status_code == reads
        assert (await browser.post("/api/consultations/create", asking)).status_code == makes
        assert (await browser.get(f"{base}/invitations")).status_code == manages
        assert (await browser.call("PATCH", base, {"name": "R"})).status_code == (204 if manages == 200 else 403)
        assert (await browser.get(f"{base}/members")).status_code == 200
    people = {each["email"]: each for each in (await owner.get(f"{base}/members")).json()}
    promoted = await owner.call("PATCH", f"{base}/members/{people[VIEWER]['person_id']}", {"role": "user"})
    assert promoted.status_code == 204
    assert (await viewer.post("/api/consultations/create", asking)).status_code == 200
    assert (await viewer.call("DELETE", f"{base}/members/{people[USER]['person_id']}")).status_code == 403
    assert (await owner.call("DELETE", f"{base}/members/{people[OWNER]['person_id']}")).status_code == 403
    assert (await owner.call("DELETE", f"{base}/members/{people[USER]['person_id']}")).status_code == 204
    assert (await user.get(base)).status_code == 404
    assert (await user.get("/api/consultations")).status_code == 403
    assert (await viewer.call("DELETE", f"{base}/members/{people[VIEWER]['person_id']}")).status_code == 204


async def test_an_invitation_is_for_its_address_and_for_once(api: Api, owner: Browser) -> None:
    organisation = (await make(owner))["organisation_id"]
    path = f"/api/organisations/{organisation}/invitations"
    made = (await owner.post(path, {"email": USER, "role": "user"})).json()
    token = await token_in(api.runtime.db, USER, "invitation")
    stranger = await a_browser(api, "stranger@example.uz")
    assert (await stranger.post("/api/invitations/accept", {"token": token})).status_code == 404
    assert [each["email"] for each in (await owner.get(path)).json()] == [USER]
    assert (await owner.call("DELETE", f"{path}/{made['invitation_id']}")).status_code == 204
    user = await a_browser(api, USER)
    assert (await user.post("/api/invitations/accept", {"token": token})).status_code == 404
    await owner.post(path, {"email": USER, "role": "viewer"})
    token = await token_in(api.runtime.db, USER, "invitation")
    assert (await user.post("/api/invitations/accept", {"token": token})).json()["name"] == "Romashka"
    assert (await user.post("/api/invitations/accept", {"token": token})).status_code == 404
    assert (await owner.post(path, {"email": USER, "role": "admin"})).json()["code"] == "member.already"


async def test_an_address_invited_by_two_clicks_is_invited_once(api: Api, owner: Browser) -> None:
    path = f"/api/organisations/{(await make(owner))['organisation_id']}/invitations"
    clicks = [owner.post(path, {"email": USER}) for _ in range(4)]
    assert [each.status_code for each in await asyncio.gather(*clicks)] == [201] * 4
    assert [each["email"] for each in (await owner.get(path)).json()] == [USER]


async def test_handing_over(api: Api, owner: Browser) -> None:
    organisation = (await make(owner))["organisation_id"]
    user = await join(api, owner, organisation, USER, "user")
    base = f"/api/organisations/{organisation}"
    people = {each["email"]: each["person_id"] for each in (await owner.get(f"{base}/members")).json()}
    grabbed = await user.post(f"{base}/transfer", {"person_id": people[USER]})
    assert grabbed.json()["code"] == "organisation.owner_only"
    for locked, answer in (("now()", 409), ("null", 204)):
        async with api.runtime.db.transaction() as connection:
            await run(connection, f"update cab.people set locked_at = {locked} where email = %s", (USER,))
        assert (await owner.post(f"{base}/transfer", {"person_id": people[USER]})).status_code == answer
    former = (await owner.get(base)).json()
    assert (former["owner"], former["role"]) == (False, "admin")
    assert (await user.get(base)).json()["owner"] is True
    for email in (OWNER, USER):
        assert (await letters_to(api.runtime.db, email))[-1]["type"] == "owner_changed"
    assert "organisation.handed_over" in await acts(api.runtime.db)


async def test_one_person_in_two_organisations_acts_for_one_at_a_time(api: Api, owner: Browser) -> None:
    first = (await make(owner))["organisation_id"]
    other = await asked(api.runtime.db, "select client_id from cons.clients where code_abonent = '1002'")
    second = await make(await a_browser(api, "second@example.uz"), "301234568")
    row = await asked(api.runtime.db, "select person_id from cab.people where email = %s", OWNER)
    key = second["organisation_id"]
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "update cab.organisations set client_id = %s, matched_by = 'staff' where organisation_id = %s",
            (other["client_id"], key),
        )
        await run(
            connection,
            "insert into cab.memberships (organisation_id, person_id, role) values (%s, %s, 'viewer')",
            (key, row["person_id"]),
        )
    api.http._transport.app.state.callers.forget()  # type: ignore[attr-defined]  # noqa: SLF001 - as five seconds do

    async def seen(client: object, organisation: object) -> int:
        headers = {"X-Organisation-Id": str(organisation)}
        return (await owner.get(f"/api/clients/{client}", **headers)).status_code

    assert await seen(api.client_id, first) == 200
    assert await seen(other["client_id"], first) == 404
    assert await seen(other["client_id"], second["organisation_id"]) == 200
    assert await seen(api.client_id, second["organisation_id"]) == 404
    assert await seen(api.client_id, UUID(int=0)) == 403
    making = {"consultation": {"client_id": str(other["client_id"]), "comment": "?", "lang": "ru"}}
    headers = {"X-Organisation-Id": str(second["organisation_id"])}
    assert (await owner.post("/api/consultations/create", making, **headers)).status_code == 403

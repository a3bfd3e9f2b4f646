"""Passkeys: made, used alone and as a second factor; recorded, foreign and half proofs are worth nothing."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.support.accounts import PASSWORD, Browser, person
from tests.support.authenticator import Authenticator

EMAIL = "nodira@example.uz"


@pytest.fixture
async def browser(api: Api) -> Browser:
    await person(api.runtime.db, EMAIL)
    made = Browser(api.http)
    await made.sign_in(EMAIL)
    return made


async def make(browser: Browser, device: Authenticator) -> dict[str, object]:
    options = (await browser.post("/api/me/passkeys/options")).json()
    made = await browser.post("/api/me/passkeys", {"credential": device.make(options), "name": "Telefon"})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_passkey_signs_in_alone(api: Api, browser: Browser) -> None:
    device = Authenticator()
    made = await make(browser, device)
    assert len(made["recovery_codes"]) == 10  # type: ignore[arg-type]  # a list, as JSON has it
    assert [each["name"] for each in (await browser.get("/api/me/passkeys")).json()] == ["Telefon"]
    other = Browser(api.http)
    options = (await other.post("/api/auth/passkeys/options")).json()
    signed = await other.post("/api/auth/passkeys/login", {"credential": device.show(options)})
    assert signed.json()["state"] == "signed_in"
    assert (await other.get("/api/me")).json()["email"] == EMAIL
    assert (await browser.call("DELETE", f"/api/me/passkeys/{made['id']}")).status_code == 204
    options = (await other.post("/api/auth/passkeys/options")).json()
    again = await Browser(api.http).post("/api/auth/passkeys/login", {"credential": device.show(options)})
    assert (again.status_code, again.json()["code"]) == (401, "auth.wrong")


async def test_a_recorded_answer_is_worth_nothing(api: Api, browser: Browser) -> None:
    device = Authenticator()
    await make(browser, device)
    stranger = Browser(api.http)
    options = (await stranger.post("/api/auth/passkeys/options")).json()
    recorded = device.show(options)
    assert (await stranger.post("/api/auth/passkeys/login", {"credential": recorded})).is_success
    replayed = await Browser(api.http).post("/api/auth/passkeys/login", {"credential": recorded})
    assert replayed.status_code == 401
    # A making is no showing, and a challenge that we never gave is none.
    making = (await browser.post("/api/me/passkeys/options")).json()
    for challenge in (making["challenge"], "c" * 86):
        answer = device.show({"challenge": challenge, "rpId": "testserver"})
        assert (await stranger.post("/api/auth/passkeys/login", {"credential": answer})).status_code == 401


async def test_another_site_s_or_half_proof_is_refused(api: Api, browser: Browser) -> None:
    device = Authenticator()
    await make(browser, device)
    stranger = Browser(api.http)

    async def refused(**over: object) -> int:
        options = (await stranger.post("/api/auth/passkeys/options")).json()
        flags = over.pop("flags", 0x05)
        answer = device.show(options | over, flags)  # type: ignore[arg-type]  # numbers, as they are given here
        return (await stranger.post("/api/auth/passkeys/login", {"credential": answer})).status_code

    assert await refused() == 200
    assert await refused(rpId="evil.example") == 401
    assert await refused(flags=0x01) == 401  # present, but nobody proved to be its owner
    device.origin = "https://evil.example"
    assert await refused() == 401
    device.origin = "http://testserver"
    device.count = 0  # a copy of the device
    assert await refused() == 401
    for broken in ({}, {"response": {}}, {"response": {"clientDataJSON": "!"}}, {"response": []}):
        assert (await stranger.post("/api/auth/passkeys/login", {"credential": broken})).status_code == 401


async def test_a_passkey_is_a_second_factor_of_its_own_person_alone(api: Api, browser: Browser) -> None:
    device, foreign = Authenticator(), Authenticator()
    await make(browser, device)
    await person(api.runtime.db, "other@example.uz")
    other = Browser(api.http)
    await other.sign_in("other@example.uz")
    await make(other, foreign)
    victim = Browser(api.http)
    signing = (await victim.sign_in(EMAIL, PASSWORD)).json()
    assert signing["methods"] == ["passkey", "recovery"]
    for key, status in ((foreign, 401), (device, 200)):
        options = (await victim.post("/api/auth/passkeys/options", {"ticket": signing["ticket"]})).json()
        body = {"ticket": signing["ticket"], "method": "passkey", "credential": key.show(options)}
        assert (await victim.post("/api/auth/second-factor", body)).status_code == status
    options = (await victim.post("/api/auth/passkeys/options")).json()
    assert (await victim.post("/api/auth/step-up", {"credential": foreign.show(options)})).status_code == 403
    options = (await victim.post("/api/auth/passkeys/options")).json()
    assert (await victim.post("/api/auth/step-up", {"credential": device.show(options)})).status_code == 204

"""Accounts: registration, signing in, second factors, what a person does with his own."""

from __future__ import annotations

import pyotp
import pytest

from clobus.core import clock
from clobus.core.db import run
from tests.api.conftest import Api
from tests.support.accounts import PASSWORD, Browser, acts, asked, letters_to, person, token_in

EMAIL = "nodira@example.uz"
NEW = {"email": "Nodira@Example.uz", "password": PASSWORD, "name": "Nodira", "language": "uz"}


@pytest.fixture
def browser(api: Api) -> Browser:
    return Browser(api.http)


async def test_registration_needs_the_letter_and_tells_nobody_who_is_known(api: Api, browser: Browser) -> None:
    db = api.runtime.db
    answer = await browser.post("/api/auth/register", NEW)
    assert (answer.status_code, answer.json()) == (202, {"state": "accepted"})
    assert (await browser.sign_in(EMAIL)).json()["code"] == "auth.wrong"
    token = await token_in(db, EMAIL, "register")
    assert (await browser.post("/api/auth/verify-email", {"token": token})).json() == {"state": "verified"}
    assert (await browser.post("/api/auth/verify-email", {"token": token})).status_code == 401
    again = await browser.post("/api/auth/register", NEW | {"password": PASSWORD + "!"})
    assert (again.status_code, again.json()) == (202, {"state": "accepted"})
    assert [each["type"] for each in await letters_to(db, EMAIL)] == ["register", "registered"]
    signed = await browser.sign_in(EMAIL.upper())
    assert signed.json()["state"] == "signed_in"
    me = (await browser.get("/api/me")).json()
    assert (me["email"], me["role"], me["methods"], me["step_up"]) == (EMAIL, "client", [], ["password"])
    assert await acts(db) == ["session.refused", "account.made", "session.begun"]


async def test_the_first_link_that_is_opened_makes_the_account_and_the_others_are_over(
    api: Api, browser: Browser
) -> None:
    db = api.runtime.db
    await browser.post("/api/auth/register", NEW | {"password": PASSWORD + " of somebody else"})
    foreign = await token_in(db, EMAIL, "register")
    await browser.post("/api/auth/register", NEW)
    assert (await browser.post("/api/auth/verify-email", {"token": await token_in(db, EMAIL, "register")})).is_success
    assert (await browser.post("/api/auth/verify-email", {"token": foreign})).status_code == 401
    assert (await browser.sign_in(EMAIL)).is_success


async def test_a_registration_by_another_gives_its_maker_nothing(api: Api, browser: Browser) -> None:
    """The reader of the letter follows its link, as people do: the account is his, with a password that he sets."""
    db, thief = api.runtime.db, Browser(api.http)
    await thief.post("/api/auth/register", NEW)
    answer = await browser.post("/api/auth/verify-email", {"token": await token_in(db, EMAIL, "register")})
    assert answer.json()["state"] == "set_password"
    assert (await thief.sign_in(EMAIL)).status_code == 401
    body = {"token": answer.json()["token"], "password": PASSWORD + " va bir piyola"}
    assert (await browser.post("/api/auth/password/reset", body)).status_code == 204
    assert (await browser.sign_in(EMAIL, body["password"])).json()["state"] == "signed_in"


async def test_an_address_is_not_moved_to_an_account_of_another(api: Api, browser: Browser) -> None:
    db, thief = api.runtime.db, Browser(api.http)
    await person(db, "thief@example.uz")
    await thief.sign_in("thief@example.uz")
    await thief.post("/api/me/email", {"email": EMAIL})
    link = {"token": await token_in(db, EMAIL, "email_confirm")}
    refused = await browser.post("/api/auth/verify-email", link)
    assert (refused.status_code, refused.json()["code"]) == (409, "proof.other_browser")
    assert (await thief.get("/api/me")).json()["email"] == "thief@example.uz"
    assert (await thief.post("/api/auth/verify-email", link)).json() == {"state": "email_changed"}


async def test_weak_and_leaked_passwords_are_refused(browser: Browser) -> None:
    for password, code in (("Nodira2026", "password.weak"), ("trustno1", "password.breached")):
        answer = await browser.post("/api/auth/register", NEW | {"password": password})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    said = (await browser.post("/api/auth/password/strength", {"password": PASSWORD})).json()
    assert said == {"score": 4, "breached": False, "good": True}


async def test_a_forgotten_password(api: Api, browser: Browser) -> None:
    db = api.runtime.db
    await person(db, EMAIL)
    await browser.sign_in(EMAIL)
    stranger = Browser(api.http)
    for login in ("nobody@example.uz", EMAIL):
        answer = await stranger.post("/api/auth/password/forgot", {"login": login})
        assert (answer.status_code, answer.json()) == (202, {"state": "accepted"})
    token = await token_in(db, EMAIL, "reset")
    weak = await stranger.post("/api/auth/password/reset", {"token": token, "password": "qwerty123"})
    assert weak.status_code == 422
    body = {"token": token, "password": PASSWORD + " va bir piyola"}
    assert (await stranger.post("/api/auth/password/reset", body)).status_code == 204
    assert (await stranger.post("/api/auth/password/reset", body)).status_code == 401
    assert (await browser.get("/api/me")).status_code == 401
    assert (await browser.sign_in(EMAIL)).status_code == 401
    assert (await browser.sign_in(EMAIL, body["password"])).json()["state"] == "signed_in"


async def test_a_password_is_changed_with_the_present_one_and_other_sessions_end(api: Api, browser: Browser) -> None:
    await person(api.runtime.db, EMAIL)
    other = Browser(api.http)
    await browser.sign_in(EMAIL)
    await other.sign_in(EMAIL)
    body = {"current": "no", "password": PASSWORD + " va bir piyola"}
    assert (await browser.post("/api/auth/password/change", body)).json()["code"] == "auth.wrong_proof"
    assert (await browser.post("/api/auth/password/change", body | {"current": PASSWORD})).status_code == 204
    assert (await browser.get("/api/me")).status_code == 200
    assert (await other.get("/api/me")).status_code == 401
    assert "password_changed" in [each["type"] for each in await letters_to(api.runtime.db, EMAIL)]


async def with_totp(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Set an authenticator up; its first code is used up by that."""
    started = (await browser.post("/api/me/totp")).json()
    assert started["svg"].startswith("<svg")
    totp = pyotp.parse_uri(started["uri"])
    assert isinstance(totp, pyotp.TOTP)
    confirmed = await browser.post("/api/me/totp/confirm", {"code": totp.at(clock.now().timestamp())})
    return totp, list(confirmed.json()["recovery_codes"])


async def test_a_second_factor_is_asked_for_and_no_code_works_twice(api: Api, browser: Browser) -> None:
    db = api.runtime.db
    await person(db, EMAIL)
    with clock.freeze(clock.now()) as time:
        await browser.sign_in(EMAIL)
        totp, codes = await with_totp(browser)
        used = totp.at(clock.now().timestamp())
        assert len(codes) == len(set(codes)) == 10
        asked_for = (await browser.sign_in(EMAIL)).json()
        assert (asked_for["state"], asked_for["methods"]) == ("second_factor", ["totp", "recovery"])
        second = {"ticket": asked_for["ticket"], "method": "totp"}
        assert (await browser.post("/api/auth/second-factor", second | {"code": used})).status_code == 401
        time.move(30)
        fresh = totp.at(clock.now().timestamp())
        assert (await browser.post("/api/auth/second-factor", second | {"code": fresh})).json()["state"] == "signed_in"
        assert (await browser.post("/api/auth/second-factor", second | {"code": fresh})).status_code == 401
        ticket = (await browser.sign_in(EMAIL)).json()["ticket"]
        recovery = {"ticket": ticket, "method": "recovery", "code": codes[0].upper()}
        assert (await browser.post("/api/auth/second-factor", recovery)).json()["state"] == "signed_in"
        recovery["ticket"] = (await browser.sign_in(EMAIL)).json()["ticket"]
        assert (await browser.post("/api/auth/second-factor", recovery)).status_code == 401
    kept = await asked(db, "select string_agg(f::text, '') as whole from cab.second_factors f")
    assert totp.secret not in kept["whole"]


async def test_what_is_dangerous_needs_a_fresh_proof(api: Api, browser: Browser) -> None:
    await person(api.runtime.db, EMAIL)
    await browser.sign_in(EMAIL)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.sessions set proved_at = now() - interval '11 minutes'")
    api.http._transport.app.state.callers.forget()  # type: ignore[attr-defined]  # noqa: SLF001 - as five seconds do
    for path in ("/api/me/totp", "/api/me/passkeys/options", "/api/me/recovery-codes"):
        assert (await browser.post(path)).json()["code"] == "auth.step_up_needed", path
    asked_for = await browser.post("/api/me/email", {"email": "other@example.uz"})
    assert asked_for.json()["code"] == "auth.step_up_needed"
    assert (await browser.post("/api/auth/step-up", {"password": "no"})).json()["code"] == "auth.wrong_proof"
    assert (await browser.post("/api/auth/step-up", {"password": PASSWORD})).status_code == 204
    await with_totp(browser)
    # From now on a password alone proves nothing.
    assert (await browser.post("/api/auth/step-up", {"password": PASSWORD})).status_code == 403


async def test_another_address_is_proved_and_both_sides_are_told(api: Api, browser: Browser) -> None:
    db = api.runtime.db
    await person(db, EMAIL)
    await person(db, "taken@example.uz")
    await browser.sign_in(EMAIL)
    for email in ("new@example.uz", "taken@example.uz"):
        answer = await browser.post("/api/me/email", {"email": email})
        assert (answer.status_code, answer.json()) == (202, {"state": "accepted"})
    assert [each["type"] for each in await letters_to(db, "taken@example.uz")] == ["registered"]
    await browser.post("/api/me/email", {"email": "new@example.uz"})
    token = await token_in(db, "new@example.uz", "email_confirm")
    assert (await browser.get("/api/me")).json()["email"] == EMAIL
    assert (await browser.post("/api/auth/verify-email", {"token": token})).json() == {"state": "email_changed"}
    assert (await browser.get("/api/me")).json()["email"] == "new@example.uz"
    told = [[each["type"] for each in await letters_to(db, email)][-1] for email in (EMAIL, "new@example.uz")]
    assert told == ["email_changed", "email_changed"]


async def test_a_new_password_ends_a_change_of_address_that_waits(api: Api, browser: Browser) -> None:
    """The letter to the present address says so: whoever did not ask for the change takes another password."""
    db = api.runtime.db
    await person(db, EMAIL)
    thief = Browser(api.http)
    await thief.sign_in(EMAIL)
    assert (await thief.post("/api/me/email", {"email": "thief@example.uz"})).status_code == 202
    assert [each["type"] for each in await letters_to(db, EMAIL)] == ["email_asked"]
    await browser.sign_in(EMAIL)
    body = {"current": PASSWORD, "password": PASSWORD + " va bir piyola"}
    assert (await browser.post("/api/auth/password/change", body)).status_code == 204
    token = await token_in(db, "thief@example.uz", "email_confirm")
    late = await Browser(api.http).post("/api/auth/verify-email", {"token": token})
    assert (late.status_code, late.json()["code"]) == (401, "proof.unknown")
    assert (await browser.get("/api/me")).json()["email"] == EMAIL


async def test_a_new_device_is_told_of_and_a_known_one_is_not(api: Api, browser: Browser) -> None:
    db = api.runtime.db
    await person(db, EMAIL)
    await browser.sign_in(EMAIL)
    await browser.sign_in(EMAIL)
    assert await letters_to(db, EMAIL) == []
    await Browser(api.http).sign_in(EMAIL)
    assert [each["type"] for each in await letters_to(db, EMAIL)] == ["new_device"]
    sessions = (await browser.get("/api/auth/sessions")).json()
    assert [each["current"] for each in sessions].count(True) == 1
    assert len(sessions) == 2


async def test_guessing_is_slowed_down_and_locks_nobody_else_out(api: Api, browser: Browser) -> None:
    await person(api.runtime.db, EMAIL)
    await browser.sign_in(EMAIL)
    stranger = Browser(api.http)
    answers = [(await stranger.sign_in(EMAIL, f"wrong {n}")).status_code for n in range(6)]
    assert answers == [401] * 5 + [429]
    slowed = await stranger.sign_in(EMAIL)
    assert (slowed.status_code, int(slowed.headers["retry-after"]) > 0) == (429, True)
    nobody = [(await stranger.sign_in("nobody@example.uz", f"wrong {n}")).status_code for n in range(6)]
    assert nobody == answers
    # The person's own browser, from the same address.
    assert (await browser.sign_in(EMAIL)).json()["state"] == "signed_in"


async def test_who_is_shut_out_by_others_guesses_comes_in_by_a_letter(api: Api, browser: Browser) -> None:
    """A browser that is not known yet waits with the guesses of everybody; the letter makes it known."""
    db = api.runtime.db
    await person(db, EMAIL)
    for n in range(6):
        await Browser(api.http).sign_in(EMAIL, f"wrong {n}")
    assert (await browser.sign_in(EMAIL)).status_code == 429
    await browser.post("/api/auth/password/forgot", {"login": EMAIL})
    body = {"token": await token_in(db, EMAIL, "reset"), "password": PASSWORD + " va bir piyola"}
    assert (await browser.post("/api/auth/password/reset", body)).status_code == 204
    assert (await browser.sign_in(EMAIL, body["password"])).json()["state"] == "signed_in"
    assert (await Browser(api.http).sign_in(EMAIL, body["password"])).status_code == 429


async def test_who_is_not_there_costs_the_same(api: Api, browser: Browser) -> None:
    """A row more that is written takes a millisecond more, and told who has an account."""
    db = api.runtime.db
    await person(db, EMAIL)
    written = []
    for login in (EMAIL, "nobody@example.uz"):
        before = await asked(db, "select (select count(*) from cab.proofs) as p, (select count(*) from log.audit) as a")
        assert (await browser.sign_in(login, "wrong")).status_code == 401
        assert (await browser.post("/api/auth/password/forgot", {"login": login})).status_code == 202
        after = await asked(db, "select (select count(*) from cab.proofs) as p, (select count(*) from log.audit) as a")
        written.append({name: after[name] - before[name] for name in after})
    assert written == [{"p": 1, "a": 1}] * 2
    assert await letters_to(db, "nobody@example.uz") == []
    nobody = await asked(db, "select actor, target from log.audit order by id desc limit 1")
    assert nobody == {"actor": "nobody", "target": None}


async def test_a_person_changes_what_is_his_and_nothing_else(api: Api, browser: Browser) -> None:
    await person(api.runtime.db, EMAIL)
    await browser.sign_in(EMAIL)
    changed = await browser.call("PATCH", "/api/me", {"name": "Nodira Karimova", "language": "ru"})
    assert (changed.json()["name"], changed.json()["language"]) == ("Nodira Karimova", "ru")
    for more in ("role", "person_id", "email", "locked_at", "password_hash", "account_id"):
        answer = await browser.call("PATCH", "/api/me", {"name": "N", more: "administrator"})
        assert answer.status_code == 422, more
    for more in ("role", "staff_role", "person_id"):
        assert (await browser.post("/api/auth/register", NEW | {more: "administrator"})).status_code == 422, more
    assert (await browser.get("/api/me")).json()["role"] == "client"

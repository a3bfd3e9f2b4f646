"""Signing in by others' word: Telegram's for a telephone, an OpenID Connect provider's for a person."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from clobus.api.app import create_app
from clobus.core.db import run
from clobus.modules.accounts import oidc, telegram_login
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Oidc
from tests.api.conftest import Api, settings
from tests.support.accounts import Browser, asked, letters_to, person

ISSUER = "https://id.example.uz"
PHONE = "+998901234567"


class Provider:
    """An OpenID Connect provider in this process: one person, one code at a time."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {"sub": "42", "name": "Aziz", "email": "aziz@example.uz", "email_verified": True}
        self.asked: dict[str, str] = {}
        self.header: dict[str, Any] = {"kid": "one"}
        self.over: dict[str, Any] = {}

    def arrive(self, address: str) -> str:
        """A browser arrives and its person signs in: what it comes back with."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return f"/api/auth/oidc/callback?state={self.asked['state']}&code=right"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """What it answers to our server."""
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json={
                    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/keys"})  # fmt: skip
            case "/keys":
                key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                return httpx.Response(200, json={"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]})
        form = parse_qs(request.content.decode())
        proved = oidc.challenge(form["code_verifier"][0]) == self.asked["code_challenge"]
        if form["code"] != ["right"] or not proved or not request.headers["authorization"].startswith("Basic "):
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"id_token": self.token(), "access_token": "a", "token_type": "Bearer"})

    def token(self) -> str:
        """An id token, as it should be but for `over`."""
        now = int(time.time())
        told = {"iss": ISSUER, "aud": "clobus", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"]}
        return jwt.encode({**told, **self.claims, **self.over}, self.key, "RS256", self.header)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def site(dsn: str, provider: Provider) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    given = settings(dsn).model_copy(
        update={"oidc": Oidc(issuer=ISSUER, client_id="clobus", client_secret="s", name="1C")}
    )
    async with open_runtime(given, transports={"oidc": httpx.MockTransport(provider)}) as runtime:
        transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield runtime, http


async def test_a_provider_s_person_signs_in_and_comes_again(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider
) -> None:
    runtime, http = site
    for _ in range(2):
        browser = Browser(http)
        started = await browser.get("/api/auth/oidc/start?next=/uz/request?id=7")
        back = await browser.get(provider.arrive(started.headers["location"]))
        assert (back.status_code, back.headers["location"]) == (303, "/uz/request?id=7")
        assert (await browser.get("/api/me")).json()["email"] == "aziz@example.uz"
    assert (await asked(runtime.db, "select count(*) as n from cab.people"))["n"] == 1
    assert (await browser.get("/api/auth/methods")).json()["oidc"] == "1C"


@pytest.mark.parametrize(
    "page", ["https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aX: y", "javascript:1"]
)
async def test_nobody_is_sent_to_another_site(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider, page: str
) -> None:
    browser = Browser(site[1])
    started = await browser.call("GET", httpx.URL("/api/auth/oidc/start").copy_merge_params({"next": page}))  # type: ignore[arg-type]  # httpx takes both
    back = await browser.get(provider.arrive(started.headers["location"]))
    assert back.headers["location"] == "/ru/"


async def test_another_browser_s_or_a_used_code_signs_nobody_in(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider
) -> None:
    attacker, victim = Browser(site[1]), Browser(site[1])
    started = await attacker.get("/api/auth/oidc/start")
    back = provider.arrive(started.headers["location"])
    for browser in (victim, Browser(site[1])):
        assert (await browser.get(back)).headers["location"] == "/ru/sign-in?error=oidc.failed"
        assert (await browser.get("/api/me")).status_code == 401
    assert (await attacker.get(back)).headers["location"] == "/ru/"
    assert "error" in (await attacker.get(back)).headers["location"]


@pytest.mark.parametrize(
    "over",
    [{"aud": "other"}, {"iss": "https://evil.example"}, {"nonce": "x"}, {"exp": 1}, {"azp": "other"}, {"sub": None},
     {"aud": ["clobus", "other"], "azp": "other"}],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_quite_right(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider, over: dict[str, Any]
) -> None:
    browser = Browser(site[1])
    provider.over = over
    started = await browser.get("/api/auth/oidc/start")
    assert "error=oidc.failed" in (await browser.get(provider.arrive(started.headers["location"]))).headers["location"]


def test_tokens_signed_otherwise_are_refused(provider: Provider) -> None:
    provider.asked = {"nonce": "n"}
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(provider.key.public_key())) | {"kid": "one"}

    def verified(token: str) -> oidc.Vouched:
        return oidc.verify(token, {"keys": [key]}, issuer=ISSUER, client_id="clobus", nonce="n")

    assert verified(provider.token()).subject == "42"
    other = Provider()
    other.asked = provider.asked
    told = jwt.decode(provider.token(), options={"verify_signature": False})
    bare = jwt.encode(told, "", "none", {"kid": "one"})
    shared = jwt.encode(told, "k" * 32, "HS256", {"kid": "one"})
    provider.header = {"kid": "two"}
    for token in (other.token(), bare, shared, provider.token(), "x", "a.b.c"):
        with pytest.raises(oidc.Unauthenticated):
            verified(token)


async def test_an_address_alone_opens_no_account_that_is_there(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider
) -> None:
    runtime, http = site
    await person(runtime.db, "aziz@example.uz")
    browser = Browser(http)
    started = await browser.get("/api/auth/oidc/start")
    back = await browser.get(provider.arrive(started.headers["location"]))
    assert back.headers["location"] == "/ru/sign-in?error=account.taken"
    await browser.sign_in("aziz@example.uz")
    started = await browser.get("/api/auth/oidc/start?tie=true")
    tied = await browser.get(provider.arrive(started.headers["location"]))
    assert tied.headers["location"] == "/ru/settings?tab=security&linked=oidc"
    assert (await browser.get("/api/me")).json()["oidc"] is True
    other = Browser(http)
    started = await other.get("/api/auth/oidc/start")
    assert (await other.get(provider.arrive(started.headers["location"]))).headers["location"] == "/ru/"
    assert (await other.get("/api/me")).json()["email"] == "aziz@example.uz"
    assert (await browser.call("DELETE", "/api/me/oidc")).status_code == 204
    assert (await browser.get("/api/me")).json()["oidc"] is False
    started = await other.get("/api/auth/oidc/start")
    refused = await other.get(provider.arrive(started.headers["location"]))
    assert refused.headers["location"] == "/ru/sign-in?error=account.taken"


@pytest.mark.parametrize("site_of_it", ["cross-site", "same-site"])
async def test_another_site_ties_nothing(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider, site_of_it: str
) -> None:
    """A walk to the provider takes whoever is signed in there: it may be the one who made that other site."""
    runtime, http = site
    await person(runtime.db, "nodira@example.uz")
    browser = Browser(http)
    await browser.sign_in("nodira@example.uz")
    refused = await browser.get("/api/auth/oidc/start?tie=true", **{"Sec-Fetch-Site": site_of_it})
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.csrf")
    started = await browser.get("/api/auth/oidc/start", **{"Sec-Fetch-Site": site_of_it})  # a link, to sign in
    assert started.status_code == 303


async def test_who_is_tied_or_untied_is_told(site: tuple[Runtime, httpx.AsyncClient], provider: Provider) -> None:
    runtime, http = site
    await person(runtime.db, "nodira@example.uz")
    browser = Browser(http)
    await browser.sign_in("nodira@example.uz")
    started = await browser.get("/api/auth/oidc/start?tie=true")
    await browser.get(provider.arrive(started.headers["location"]))
    assert (await browser.call("DELETE", "/api/me/oidc")).status_code == 204
    told = await letters_to(runtime.db, "nodira@example.uz")
    assert [(each["type"], each["params"]) for each in told] == [("login_changed", {"service": "1C"})] * 2


async def test_the_only_way_in_is_not_untied(site: tuple[Runtime, httpx.AsyncClient], provider: Provider) -> None:
    browser = Browser(site[1])
    started = await browser.get("/api/auth/oidc/start")
    await browser.get(provider.arrive(started.headers["location"]))
    refused = await browser.call("DELETE", "/api/me/oidc")
    assert (refused.status_code, refused.json()["code"]) == (409, "oidc.only")
    assert (await browser.get("/api/me")).json()["oidc"] is True


async def test_who_ties_what_is_another_s_is_told_on_his_own_page(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider
) -> None:
    runtime, http = site
    first = Browser(http)
    started = await first.get("/api/auth/oidc/start")
    await first.get(provider.arrive(started.headers["location"]))
    await person(runtime.db, "nodira@example.uz")
    browser = Browser(http)
    await browser.sign_in("nodira@example.uz")
    started = await browser.get("/api/auth/oidc/start?tie=true&lang=uz")
    back = await browser.get(provider.arrive(started.headers["location"]))
    assert back.headers["location"] == "/uz/settings?tab=security&error=account.taken"


async def test_a_second_factor_is_asked_for_and_the_page_is_not_forgotten(
    site: tuple[Runtime, httpx.AsyncClient], provider: Provider
) -> None:
    runtime, http = site
    browser = Browser(http)
    started = await browser.get("/api/auth/oidc/start")
    await browser.get(provider.arrive(started.headers["location"]))
    secret = (await browser.post("/api/me/totp")).json()["secret"]
    code = pyotp.TOTP(secret).now()
    assert (await browser.post("/api/me/totp/confirm", {"code": code})).status_code == 200
    again = Browser(http)
    started = await again.get("/api/auth/oidc/start?lang=en&next=/en/requests")
    back = urlsplit((await again.get(provider.arrive(started.headers["location"]))).headers["location"])
    assert (back.path, parse_qs(back.query)) == ("/en/sign-in", {"next": ["/en/requests"]})
    told = parse_qs(back.fragment)
    assert (len(told["ticket"]), told["methods"]) == (1, ["totp,recovery"])
    assert (await again.get("/api/me")).status_code == 401


async def test_a_provider_that_is_away_is_said_on_the_page(dsn: str) -> None:
    given = settings(dsn).model_copy(
        update={"oidc": Oidc(issuer="http://127.0.0.1:9", client_id="clobus", client_secret="s")}
    )
    async with open_runtime(given) as runtime:
        transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            gone = await http.get("/api/auth/oidc/start?lang=uz&next=/uz/home")
    assert (gone.status_code, gone.headers["location"]) == (303, "/uz/sign-in?error=oidc.away&next=%2Fuz%2Fhome")


async def by_phone(api: Api, browser: Browser, user_id: int = 501) -> httpx.Response:
    started = (await browser.post("/api/auth/telegram-login/start")).json()
    async with api.runtime.db.transaction() as connection:  # what the bot does
        code = await telegram_login.give_code(connection, started["start"].removeprefix("login_"), user_id)
    return await browser.post("/api/auth/telegram-login/finish", {"ticket": started["ticket"], "code": code})


async def test_a_telephone_registers_and_signs_in(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number, first_name, language)"
            " values (501, 501, %s, 'Aziz', 'uz'), (502, 502, null, 'B', 'uz')",
            (PHONE,),
        )
        await run(connection, "insert into cons.telegram_links (telegram_user_id, client_id, proof)"
                              " values (501, %s, 'phone')", (api.client_id,))  # fmt: skip
    browser = Browser(api.http)
    assert (await by_phone(api, browser)).json()["state"] == "signed_in"
    me = (await browser.get("/api/me")).json()
    assert (me["phone_number"], me["name"], me["telegram"], me["has_password"]) == (PHONE, "Aziz", True, False)
    assert [(each["client_id"], each["matched_by"]) for each in me["organisations"]] == [(api.client_id, "phone")]
    assert (await by_phone(api, Browser(api.http))).json()["state"] == "signed_in"
    assert (await asked(api.runtime.db, "select count(*) as n from cab.people"))["n"] == 1
    told = await asked(api.runtime.db, "select type, email, telegram_user_id from log.letters")
    assert told == {"type": "new_device", "email": None, "telegram_user_id": 501}  # the second browser
    refused = await by_phone(api, Browser(api.http), 502)
    assert (refused.status_code, refused.json()["code"]) == (401, "telegram.code")


async def test_a_telegram_is_tied_to_an_account(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number)"
                              " values (501, 501, %s)", (PHONE,))  # fmt: skip
    await person(api.runtime.db, "nodira@example.uz")
    browser = Browser(api.http)
    await browser.sign_in("nodira@example.uz")
    started = (await browser.post("/api/me/telegram/start")).json()
    async with api.runtime.db.transaction() as connection:
        code = await telegram_login.give_code(connection, started["start"].removeprefix("login_"), 501)
    body = {"ticket": started["ticket"], "code": code}
    assert (await browser.post("/api/me/telegram", body)).status_code == 204
    assert (await by_phone(api, Browser(api.http))).json()["state"] == "signed_in"
    assert (await browser.sign_in("+998 90 123-45-67")).json()["state"] == "signed_in"
    assert (await browser.call("DELETE", "/api/me/telegram")).status_code == 204
    told = [each["type"] for each in await letters_to(api.runtime.db, "nodira@example.uz")]
    assert told.count("login_changed") == 2


@pytest.mark.parametrize("who", [501, 777], ids=["the same", "the next owner of the number"])
async def test_an_untied_telegram_opens_nothing(api: Api, who: int) -> None:
    """Nor does its telephone, which the page says, and which may be another person's one day."""
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number)"
                              " values (%s, %s, %s)", (who, who, PHONE))  # fmt: skip
    me = await person(api.runtime.db, "nodira@example.uz", telegram_user_id=501, phone_number=PHONE)
    browser = Browser(api.http)
    await browser.sign_in("nodira@example.uz")
    assert (await browser.call("DELETE", "/api/me/telegram")).status_code == 204
    other = Browser(api.http)
    assert (await by_phone(api, other, who)).json()["state"] == "signed_in"
    assert (await other.get("/api/me")).json()["person_id"] != str(me)
    assert (await Browser(api.http).sign_in(PHONE)).status_code == 401
    assert (await browser.get("/api/me")).json()["phone_number"] is None

"""Sessions: how people sign in and out, and who is kept out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from clobus.api.app import create_app
from clobus.core.db import one, rows, run
from clobus.modules.accounts import links, service
from clobus.runtime import open_runtime
from tests.api.conftest import Api, settings
from tests.support.mini_app import init_data

OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
WHO = "/api/auth/session"


async def a_link(api: Api, purpose: str = links.SIGN_IN, client: str | None = None) -> str:
    answer = await api.post("/api/auth/links", {"purpose": purpose, "client_id": client or api.client_id})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


async def signed_in(api: Api, **headers: str) -> httpx.Response:
    answer = await api.http.post("/api/auth/link", json={"token": await a_link(api)}, headers=OWN | headers)
    assert answer.status_code == 200, answer.text
    return answer


def token_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


async def with_cookie(api: Api, method: str, path: str, token: str, body: Any = None, **headers: str) -> httpx.Response:
    api.http.cookies.clear()
    return await api.http.request(method, path, json=body, headers={"Cookie": f"clobus={token}", **headers})


async def linked(api: Api, user_id: int = 501, client: str | None = None) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id) values (%s, %s)"
                              " on conflict do nothing", (user_id, user_id))  # fmt: skip
        await run(connection, "insert into cons.telegram_links (telegram_user_id, client_id, proof)"
                              " values (%s, %s, 'phone')", (user_id, client or api.client_id))  # fmt: skip


async def aged(api: Api, sql: str) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, f"update sys.sessions set {sql}")
    api_app(api).state.callers.forget()


def api_app(api: Api) -> Any:
    return api.http._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - the application under test


async def test_a_link_gives_a_session_once_and_only_a_hash_is_kept(api: Api) -> None:
    link = await a_link(api)
    answer = await api.http.post("/api/auth/link", json={"token": link}, headers=OWN)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("clobus=session_")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.json()["token"] is None
    who = (await with_cookie(api, "GET", WHO, token_of(answer))).json()
    assert (who["role"], who["via"], who["client_id"]) == ("client", "session", api.client_id)
    again = await api.http.post("/api/auth/link", json={"token": link}, headers=OWN)
    assert (again.status_code, again.json()["code"]) == (401, "link.unknown")
    async with api.runtime.db.read() as connection:
        kept = await one(connection, "select string_agg(s::text, '') as whole from sys.sessions s")
    assert kept
    assert token_of(answer) not in kept["whole"]


@asynccontextmanager
async def over_tls(dsn: str) -> AsyncIterator[Api]:
    async with open_runtime(settings(dsn, public_url="https://desk.example.uz")) as runtime:
        async with runtime.db.transaction() as connection:
            keys = {"administrator": await service.create_key(connection, "administrator", "a")}
        transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://desk.example.uz") as http:
            yield Api(runtime, http, keys, "")


async def test_over_tls_the_cookie_is_bound_to_the_host(dsn: str) -> None:
    async with over_tls(dsn) as api:
        answer = await api.http.post("/api/auth/key", json={"token": api.keys["administrator"]})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-clobus=session_")
        assert "Secure" in cookie
        assert "Path=/;" in cookie
        assert "Domain" not in cookie
        api.http.cookies.clear()
        plain = await api.http.get(WHO, headers={"Cookie": f"clobus={token_of(answer)}"})
        assert plain.status_code == 401


async def test_signing_in_replaces_the_session_that_the_browser_had(api: Api) -> None:
    """Fixation: a cookie that somebody planted neither is taken over nor stays good."""
    planted = token_of(await signed_in(api))
    api.http.cookies.clear()
    answer = await signed_in(api, Cookie=f"clobus={planted}")
    assert token_of(answer) != planted
    assert (await with_cookie(api, "GET", WHO, planted)).status_code == 401
    made_up = await signed_in(api, Cookie="clobus=session_" + "A" * 43)
    assert token_of(made_up) != "session_" + "A" * 43


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}, {}, {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:8000"}, {"Referer": "http://testserver/"},
    ],
)  # fmt: skip
async def test_another_site_can_do_nothing_with_a_cookie(api: Api, headers: dict[str, str]) -> None:
    token = token_of(await signed_in(api))
    body = {"consultation": {"comment": "подложная", "consultation_type": "Техническая поддержка"}}
    answer = await with_cookie(api, "POST", "/api/consultations/create", token, body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")
    assert await api.count() == 0
    ours = await with_cookie(api, "POST", "/api/consultations/create", token, body, **OWN)
    assert ours.status_code == 200, ours.text
    assert await api.count() == 1


async def test_another_site_signs_nobody_in(api: Api) -> None:
    link = await a_link(api)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    await linked(api)
    for door, body in (("link", {"token": link}), ("key", {"token": api.keys["administrator"]}),
                       ("telegram", {"init_data": init_data()})):  # fmt: skip
        answer = await api.http.post(f"/api/auth/{door}", json=body, headers=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf"), door
        assert "set-cookie" not in answer.headers
    assert (await api.http.post("/api/auth/link", json={"token": link}, headers=OWN)).status_code == 200


async def test_signing_out_and_revoking(api: Api) -> None:
    first, second = token_of(await signed_in(api)), ""
    api.http.cookies.clear()
    second = token_of(await signed_in(api, **{"User-Agent": "Mozilla/5.0 (Android 14; Mobile) Imya/1"}))
    listed = (await with_cookie(api, "GET", "/api/auth/sessions", second)).json()
    assert [(s["current"], s["agent"]) for s in listed] == [(True, "phone"), (False, "other")]
    gone = await with_cookie(api, "DELETE", f"/api/auth/sessions/{listed[1]['id']}", second, **OWN)
    assert gone.status_code == 204
    assert (await with_cookie(api, "GET", WHO, first)).status_code == 401
    again = await with_cookie(api, "DELETE", f"/api/auth/sessions/{listed[1]['id']}", second, **OWN)
    assert (again.status_code, again.json()["code"]) == (404, "session.unknown")
    out = await with_cookie(api, "POST", "/api/auth/sign-out", second, **OWN)
    assert out.status_code == 204
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert (await with_cookie(api, "GET", WHO, second)).status_code == 401


async def test_sessions_of_others_are_neither_seen_nor_ended(api: Api) -> None:
    mine = token_of(await signed_in(api))
    api.http.cookies.clear()
    async with api.runtime.db.read() as connection:
        row = await one(connection, "select client_id::text from cons.clients where code_abonent = '1002'")
    assert row
    link = await a_link(api, client=row["client_id"])
    other = token_of(await api.http.post("/api/auth/link", json={"token": link}, headers=OWN))
    listed = (await with_cookie(api, "GET", "/api/auth/sessions", mine)).json()
    assert len(listed) == 1
    answer = await with_cookie(api, "DELETE", f"/api/auth/sessions/{listed[0]['id']}", other, **OWN)
    assert answer.status_code == 404
    await with_cookie(api, "POST", "/api/auth/sign-out?everywhere=true", other, **OWN)
    assert (await with_cookie(api, "GET", WHO, mine)).status_code == 200
    assert (await with_cookie(api, "GET", WHO, other)).status_code == 401


@pytest.mark.parametrize(
    "sql",
    [
        "expires_at = now() - interval '1 second'", "seen_at = now() - make_interval(secs => idle_seconds + 1)",
        "revoked_at = now()", "token_hash = sha256('x')",
    ],
)  # fmt: skip
async def test_an_ended_session_is_nobody(api: Api, sql: str) -> None:
    token = token_of(await signed_in(api))
    assert (await with_cookie(api, "GET", WHO, token)).status_code == 200
    await aged(api, sql)
    answer = await with_cookie(api, "GET", WHO, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unknown")


async def test_a_session_of_a_deleted_client_speaks_for_nobody(api: Api) -> None:
    token = token_of(await signed_in(api))
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set deleted = true where client_id = %s", (api.client_id,))
    api_app(api).state.callers.forget()
    assert (await with_cookie(api, "GET", f"/api/clients/{api.client_id}", token)).status_code == 404


async def test_a_token_is_rotated_and_a_stolen_copy_ends_the_session(api: Api) -> None:
    old = token_of(await signed_in(api))
    await aged(api, "rotated_at = now() - interval '1 day'")
    new = token_of(await with_cookie(api, "GET", WHO, old))
    assert new != old
    api_app(api).state.callers.forget()
    # The answer may have been lost, so the old one is good until the new one was seen.
    assert (await with_cookie(api, "GET", WHO, old)).status_code == 200
    api_app(api).state.callers.forget()
    assert (await with_cookie(api, "GET", WHO, new)).status_code == 200
    api_app(api).state.callers.forget()
    assert (await with_cookie(api, "GET", WHO, old)).status_code == 200
    await aged(api, "former_until = now() - interval '1 second'")
    assert (await with_cookie(api, "GET", WHO, old)).status_code == 401
    api_app(api).state.callers.forget()
    assert (await with_cookie(api, "GET", WHO, new)).status_code == 401


async def test_a_token_is_replaced_on_demand(api: Api) -> None:
    old = token_of(await signed_in(api))
    answer = await with_cookie(api, "POST", "/api/auth/sessions/rotate", old, **OWN)
    new = token_of(answer)
    assert answer.json()["token"] is None
    assert new != old
    assert (await with_cookie(api, "GET", WHO, new)).status_code == 200
    bearer = await api.http.post("/api/auth/sessions/rotate", headers={"Authorization": f"Bearer {new}"})
    assert bearer.json()["token"].startswith("session_")
    assert "set-cookie" not in bearer.headers


async def test_a_staff_session_ends_with_its_key_and_is_of_the_same_caller(api: Api) -> None:
    for role in ("service", "client"):
        refused = await api.http.post("/api/auth/key", json={"token": api.keys[role]}, headers=OWN)
        assert refused.status_code == 401, role
    answer = await api.http.post("/api/auth/key", json={"token": api.keys["manager"]}, headers=OWN)
    assert (answer.json()["role"], answer.json()["via"]) == ("manager", "session")
    token = token_of(answer)
    assert (await with_cookie(api, "GET", "/api/managers/load", token)).status_code == 200
    async with api.runtime.db.transaction() as connection:
        assert await service.revoke_key(connection, api.keys["manager"])
    api_app(api).state.callers.forget()
    assert (await with_cookie(api, "GET", "/api/managers/load", token)).status_code == 401


async def test_who_may_make_which_link(api: Api) -> None:
    async with api.runtime.db.read() as connection:
        row = await one(connection, "select client_id::text from cons.clients where code_abonent = '1002'")
    assert row
    telegram, signin = {"purpose": "telegram"}, {"purpose": "signin"}
    mine = await api.post("/api/auth/links", telegram, role="client")
    assert mine.json()["start"] == f"link_{mine.json()['token']}"
    assert len(mine.json()["start"]) <= 64
    for body, role, status in ((signin, "client", 403), ({**telegram, "client_id": row["client_id"]}, "client", 403),
                               (signin, "service", 400), ({**signin, "client_id": api.client_id}, "manager", 200),
                               ({**signin, "client_id": api.client_id}, "auditor", 403),
                               ({"purpose": "rate", "client_id": api.client_id}, "service", 422)):  # fmt: skip
        assert (await api.post("/api/auth/links", body, role=role)).status_code == status, (body, role)
    # A link of one purpose opens no other door.
    answer = await api.http.post("/api/auth/link", json={"token": mine.json()["token"]}, headers=OWN)
    assert answer.status_code == 401


async def test_guessing_links_and_keys_is_slowed_down(api: Api) -> None:
    for door in ("link", "key"):
        codes = [(await api.http.post(f"/api/auth/{door}", json={"token": f"{n:032}"})).status_code for n in range(30)]
        assert codes[-1] == 429, door
        assert set(codes) <= {401, 429}


async def test_who_speaks_for_several_says_for_whom(api: Api) -> None:
    async with api.runtime.db.read() as connection:
        other = [row["client_id"] for row in await rows(
            connection, "select client_id::text from cons.clients where code_abonent = '1002'")][0]  # fmt: skip
    await linked(api)
    await linked(api, client=other)
    tma = {"Authorization": f"tma {init_data()}"}
    who = (await api.http.get(WHO, headers=tma)).json()
    assert (who["client_id"], sorted(who["clients"])) == (api.client_id, sorted([api.client_id, other]))
    acting = (await api.http.get(WHO, headers={**tma, "X-Client-Id": other})).json()
    assert acting["client_id"] == other
    body = {"consultation": {"comment": "за вторую", "consultation_type": "Техническая поддержка"}}
    made = await api.http.post("/api/consultations/create", json=body, headers={**tma, "X-Client-Id": other})
    assert made.json()["client_id"] == other
    key = {"Authorization": f"Bearer {api.keys['client']}", "X-Client-Id": other}
    assert (await api.http.get(WHO, headers=key)).json()["code"] == "auth.other_client"


async def test_a_link_has_a_page_that_asks_first(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set company_name = 'ООО <b>Ромашка</b>'")
    made = (await api.post("/api/auth/links", {"purpose": "signin", "client_id": api.client_id})).json()
    assert made["url"] == f"http://testserver/sign-in?token={made['token']}"
    for _ in range(3):  # a mail program looks at it, and uses nothing up
        page = await api.http.get(made["url"] + "&lang=uz")
        assert "ООО &lt;b&gt;Ромашка&lt;/b&gt; nomidan" in page.text
        assert "set-cookie" not in page.headers
    foreign = await api.http.post("/sign-in", data={"token": made["token"]}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    done = await api.http.post("/sign-in", data={"token": made["token"]}, headers={**OWN, "Origin": "null"})
    assert done.status_code == 303
    token = token_of(done)
    assert "Вы вошли: ООО &lt;b&gt;" in (await with_cookie(api, "GET", "/sign-in", token)).text
    assert (await api.http.get(made["url"])).status_code == 401
    out = await api.http.post("/sign-in", data={}, headers={"Cookie": f"clobus={token}", **OWN})
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert (await with_cookie(api, "GET", WHO, token)).status_code == 401

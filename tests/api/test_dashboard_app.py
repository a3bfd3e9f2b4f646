"""The panel's frame: who may frame it, who may speak to it, and what a pass is worth without the session behind it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import HttpUrl

from clobus.api import web
from clobus.api.app import chatwoot_origin
from clobus.core import auth, clock
from clobus.core.db import run
from tests.api.conftest import Api

PAGES = ("", "/desk", "/desk/panel", "/dashboard-app", "/sign-in", "/ops", "/missing")
PURPOSE = "dashboard-app"


@pytest.fixture
def built(api: Api, tmp_path: Path) -> None:
    """A built site with the pages of one language, each with a policy of its own."""
    (tmp_path / "page.html").write_text("<h1>page</h1>")
    files = {
        f"/ru{page}": {"file": "page.html", "type": "text/html", "tag": "t", "policy": "default-src 'self'"}
        for page in PAGES
    }
    (tmp_path / web.MANIFEST).write_bytes(msgspec.json.encode({"files": files}))
    app: Any = api.http._transport
    app.app.state.site = web.Site(tmp_path, "https://chat.example.uz")


@pytest.mark.usefixtures("built")
async def test_one_page_may_be_framed_and_by_one_origin(api: Api) -> None:
    for page in PAGES:
        answer = await api.http.get(f"/ru{page}")
        framers = "https://chat.example.uz" if page == "/dashboard-app" else "'none'"
        policy = answer.headers["content-security-policy"]
        assert policy == f"default-src 'self'; frame-ancestors {framers}", page
        assert "x-frame-options" not in answer.headers  # it can't tell so finely, and would win in old browsers
    for name in ("/ru/x/dashboard-app", "/ru/dashboard-app/x", "/ru/desk?a=/dashboard-app"):
        policy = (await api.http.get(name)).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, name
    for path in ("/api/dashboard-app", "/api/dashboard-app/conversations/1", "/sign-in", "/openapi.json"):
        answer = await api.http.get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-frame-options"] == "DENY", path
    assert (await api.http.get("/api/dashboard-app")).json() == {"parent": "https://chat.example.uz"}


async def test_the_framer_is_the_address_at_which_people_open_chatwoot(api: Api) -> None:
    settings = api.runtime.settings.model_copy(deep=True)
    settings.chatwoot.base_url = HttpUrl("http://chatwoot:3000/below")
    assert chatwoot_origin(settings) == "http://chatwoot:3000"
    settings.chatwoot.public_url = HttpUrl("https://chat.example.uz/below")
    assert chatwoot_origin(settings) == "https://chat.example.uz"


async def _session(api: Api, role: str) -> str:
    """A pass of a session of this role, and no cookie any more."""
    origin = {"Sec-Fetch-Site": "same-origin"}
    signed = await api.http.post("/api/auth/key", json={"token": api.keys[role]}, headers=origin)
    assert signed.status_code == 200, signed.text
    made = await api.http.post("/api/dashboard-app/passes", json={}, headers=origin)
    api.http.cookies.clear()
    token: str = made.json()["token"] if made.status_code == 200 else ""
    return token


async def _look(api: Api, token: str, conversation: int = 5) -> tuple[int, Any]:
    answer = await api.http.get(
        f"/api/dashboard-app/conversations/{conversation}", headers={"X-Dashboard-Pass": token} if token else {}
    )
    return answer.status_code, answer.json()


async def test_a_pass_is_signed_for_a_while_for_one_purpose_and_for_a_living_session(api: Api) -> None:
    token = await _session(api, "manager")
    assert (await _look(api, token))[0] == 404  # known, and no such conversation
    session, secret = token.split(".")[0], "test"
    assert auth.unsign(secret, PURPOSE, token) == session
    wrong = {
        "none": "",
        "another secret": auth.sign("guess", PURPOSE, session, 900),
        "another purpose": auth.sign(secret, "ticket", session, 900),
        "too old": auth.sign(secret, PURPOSE, session, -1),
        "a later end": ".".join([session, str(int(clock.now().timestamp()) + 10**6), token.split(".")[2]]),
        "another's session": ".".join(["019ab2c4-7d1e-7c3a-9b55-0242ac120002", *token.split(".")[1:]]),
    }
    for what, shown in wrong.items():
        status, said = await _look(api, shown)
        assert (status, said["code"]) == (401, "dashboard.pass"), what
    nobody = auth.sign(secret, PURPOSE, "019ab2c4-7d1e-7c3a-9b55-0242ac120002", 900)
    assert (await _look(api, nobody))[0] == 401  # signed, and no such session


async def test_a_pass_ends_with_rest_and_with_the_key_behind_it(api: Api) -> None:
    token = await _session(api, "manager")
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.sessions set seen_at = now() - %s", (timedelta(days=2),))
    assert (await _look(api, token))[0] == 401
    token = await _session(api, "manager")
    assert (await _look(api, token))[0] == 404
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.api_keys set revoked_at = now() where role = 'manager'")
    assert (await _look(api, token))[0] == 401


async def test_guessing_passes_is_slowed_down(api: Api) -> None:
    seen = [(await _look(api, f"x.{n}.y"))[0] for n in range(40)]
    assert seen[0] == 401
    assert 429 in seen

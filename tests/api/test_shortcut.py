"""A creation is answered the same whether it goes by FastAPI's machinery or through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from clobus.api.app import create_app
from clobus.api.shortcut import Shortcut
from clobus.core.metrics import REQUESTS
from tests.api.conftest import Api

PATH = "/api/consultations/create"
JSON = {"content-type": "application/json"}


@pytest.fixture
async def usual(api: Api) -> AsyncIterator[Api]:
    """The same application without the shortcut."""
    app = create_app(api.runtime, intervals={"cons": 30.0})
    app.user_middleware = [layer for layer in app.user_middleware if layer.cls is not Shortcut]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield replace(api, http=http)


def _cases(client_id: str) -> list[tuple[str, bytes, dict[str, str]]]:
    def body(**asked: Any) -> bytes:
        return json.dumps({"consultation": {"client_id": client_id, **asked}}).encode()

    return [
        ("made", body(comment="Как закрыть месяц?"), JSON),
        ("charset", body(), {"content-type": "application/json; charset=utf-8"}),
        ("async", body(), {**JSON, "prefer": "respond-async"}),
        ("day is full", body(), JSON),
        ("other type", body(), {"content-type": "application/vnd.desk+json"}),
        ("form", b"consultation=1", {"content-type": "application/x-www-form-urlencoded"}),
        ("no type", body(), {}),
        ("empty", b"", JSON),
        ("no json", b"{", JSON),
        ("no utf-8", b'{"consultation": {"comment": "\xff"}}', JSON),
        ("member", body(importance=9), JSON),
        ("zero", body(comment="\x00", consultation_type="Техническая поддержка"), JSON),
        ("surrogate", b'{"consultation": {"comment": "\\ud800"}}', JSON),
        ("long key", body(), {**JSON, "idempotency-key": "k" * 201}),
        ("empty key", body(), {**JSON, "idempotency-key": ""}),
        ("nobody", body(), {**JSON, "authorization": "Bearer nobody"}),
        ("auditor", body(), {**JSON, "role": "auditor"}),
        ("another's", body(), {**JSON, "role": "other"}),
        ("unknown client", body(client_id="7ccd31ca-887b-11eb-938b-00e04cd03b68"), JSON),
        ("too large", b" " * 3_000_000, JSON),
        ("english", body(importance=9), {**JSON, "accept-language": "en"}),
    ]


def _shape(answer: httpx.Response) -> Any:
    said = answer.json()
    if answer.status_code == 200:  # ids and instants are new each time
        return sorted(said), sorted(said["consultation"]), said["message"]
    said.pop("trace_id", None)
    return said, answer.headers["content-type"], answer.headers.get("retry-after")


async def test_both_ways_answer_the_same(api: Api, usual: Api) -> None:
    seen: dict[str, list[Any]] = {}
    for through in (api, usual):
        async with api.runtime.db.transaction() as connection:
            await connection.execute("delete from cons.cons")
        for name, content, given in _cases(api.client_id):
            headers = {"authorization": f"Bearer {api.keys[given.get('role', 'service')]}"} | given
            answer = await through.http.post(PATH, content=content, headers=headers)
            seen.setdefault(name, []).append((answer.status_code, _shape(answer)))
    assert {name: pair[0] for name, pair in seen.items()} == {name: pair[1] for name, pair in seen.items()}
    codes = {name: pair[0][0] for name, pair in seen.items()}
    assert [codes[name] for name in ("made", "day is full", "no json", "nobody", "auditor", "too large")] == [
        200, 429, 422, 401, 403, 413,
    ]  # fmt: skip


async def test_a_body_in_pieces_that_does_not_validate_is_handed_on_whole(api: Api) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"consultation": {"client_id": "%s",' % api.client_id.encode()
        yield b'"importance": 9}}'

    headers = {"authorization": f"Bearer {api.keys['service']}", **JSON}
    answer = await api.http.post(PATH, content=pieces(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "consultation", "importance"]


async def test_it_is_counted_under_its_route(api: Api) -> None:
    counted = REQUESTS.labels(PATH, "POST", "200")
    before = counted._value.get()
    await api.create()
    assert counted._value.get() == before + 1

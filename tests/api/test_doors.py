"""Who may come in by which door, and what is said to who may not."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from clobus.core.auth import guard_of
from clobus.core.db import rows, run
from tests.api.conftest import SECRET, Api


def app_of(api: Api) -> FastAPI:
    found: Any = api.http._transport  # noqa: SLF001 - the application under test
    app: FastAPI = found.app
    return app


def routes_of(given: Iterable[Any]) -> Iterator[APIRoute]:
    for route in given:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes)


def test_every_route_declares_who_may_call_it(api: Api) -> None:
    routes = list(routes_of(app_of(api).routes))
    assert len(routes) > 15
    for route in routes:
        guards = [guard_of(part.call) for part in route.dependant.dependencies]
        assert [g for g in guards if g is not None], route.path


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/consultations/x", {"service", "client", "manager", "head", "administrator", "auditor"}),
        ("POST", "/api/consultations/x/cancel", {"service", "client", "manager", "head", "administrator"}),
        ("GET", "/api/dicts/po-types", {"service", "client", "manager", "head", "administrator", "auditor"}),
        ("GET", "/api/managers/load", {"service", "manager", "head", "administrator", "auditor"}),
        ("POST", "/api/consultations/create", {"service", "client", "manager", "head", "administrator"}),
    ],
)
async def test_matrix(api: Api, method: str, path: str, allowed: set[str]) -> None:
    for role in ("service", "client", "manager", "head", "administrator", "auditor"):
        headers = {"Authorization": f"Bearer {api.keys[role]}"}
        answer = await api.http.request(method, path, headers=headers, json={} if method == "POST" else None)
        assert (answer.status_code == 403) == (role not in allowed), (role, answer.text)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = await api.http.request(method, path, headers=headers, json={} if method == "POST" else None)
        assert answer.status_code == 401
        assert answer.json()["code"] == "auth.unknown"


async def test_a_client_sees_his_own_alone(api: Api) -> None:
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    assert (await api.get(f"/api/consultations/{made}", "client")).status_code == 200
    assert (await api.get(f"/api/consultations/{made}", "other")).status_code == 404
    mine = f"/api/consultations/clients/{api.client_id}/consultations"
    assert (await api.get(mine, "client")).json()["total"] == 1
    assert (await api.get(mine, "other")).status_code == 404
    refused = await api.create("z", role="other")
    assert (refused.status_code, refused.json()["code"]) == (403, "consultation.other_client")


async def test_problems_speak_the_caller_s_language(api: Api) -> None:
    for language, title in (
        ("uz", "Murojaat topilmadi"),
        ("en", "There is no such request"),
        ("ru", "Заявка не найдена"),
    ):
        answer = await api.http.get(
            "/api/consultations/none",
            headers={"Authorization": f"Bearer {api.keys['service']}", "Accept-Language": f"{language},x;q=0.5"},
        )
        assert answer.json()["title"] == title
        assert answer.json()["trace_id"] == answer.headers["x-trace-id"]


async def test_guessing_is_slowed_down(api: Api) -> None:
    codes = [(await api.http.get("/api/dicts/po-types")).status_code for _ in range(40)]
    assert codes[0] == 401
    assert codes[-1] == 429


async def test_a_body_too_large_is_refused(api: Api) -> None:
    answer = await api.create("k", comment="x" * 2_000_000)
    assert answer.status_code == 413
    assert await api.count() == 0


def signed(raw: bytes, secret: str = SECRET, age: int = 0, delivery: str = "d1") -> dict[str, str]:
    stamp = str(int(time.time()) - age)  # noqa: TID251 - Chatwoot's clock, not ours
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {
        "X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={mac}", "X-Chatwoot-Delivery": delivery,
        "Content-Type": "application/json",
    }  # fmt: skip


async def test_webhooks_are_verified_stored_once_and_without_tokens(api: Api) -> None:
    body = {"event": "conversation_updated", "id": 42, "contact_inbox": {"pubsub_token": "secret"}}
    raw = json.dumps(body).encode()
    for headers, status in (
        (signed(raw), 200),
        (signed(raw), 200),
        (signed(raw, secret="other", delivery="d2"), 401),
        (signed(raw, age=1000, delivery="d3"), 401),
        ({"Content-Type": "application/json"}, 401),
    ):
        answer = await api.http.post("/hooks/chatwoot", content=raw, headers=headers)
        assert answer.status_code == status, answer.text
    broken = await api.http.post("/hooks/chatwoot", content=b"[]", headers=signed(b"[]", delivery="d4"))
    assert broken.status_code == 400
    async with api.runtime.db.read() as connection:
        stored = await rows(connection, "select event, subject, payload::text as payload from log.webhook_log")
    assert [(row["event"], row["subject"]) for row in stored] == [("conversation_updated", "42")]
    assert "secret" not in stored[0]["payload"]


async def test_health(api: Api) -> None:
    assert (await api.http.get("/health/live")).status_code == 200
    assert (await api.http.get("/health/ready")).status_code == 200
    assert (await api.http.get("/health/onec")).status_code == 503
    assert (await api.http.get("/health/chatwoot")).status_code == 503
    assert (await api.http.get("/health/etl/nothing")).status_code == 404
    assert (await api.http.get("/health/etl/cons")).status_code == 503
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into log.etl_runs (process, outcome, finished_at, duration_ms, read_count)"
            " values ('cons', 'ok', now(), 5, 7)",
        )
    fresh = await api.http.get("/health/etl/cons")
    assert (fresh.status_code, fresh.json()["read"]) == (200, 7)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update log.etl_runs set finished_at = now() - interval '10 minutes'")
    stale = await api.http.get("/health/etl")
    assert (stale.status_code, stale.json()["stale"]) == (503, ["cons"])


async def test_metrics_show_lag_and_queues(api: Api) -> None:
    await api.create("k")
    text = (await api.http.get("/metrics", headers={"Authorization": f"Bearer {api.keys['service']}"})).text
    assert 'clobus_queue{queue="outbox_onec",state="pending"} 1.0' in text
    assert 'clobus_process_lag_seconds{process="cons"}' in text


async def test_openapi_is_there(api: Api) -> None:
    paths = (await api.http.get("/openapi.json")).json()["paths"]
    assert "/api/consultations/create" in paths
    assert "/ops" not in paths


async def test_the_noted_address_of_operations_leads_to_its_page(api: Api) -> None:
    for chosen, language in (("uz", "uz"), ("nonsense", "ru")):
        api.http.cookies.set("clobus-language", chosen)
        answer = await api.http.get("/ops", headers={"Accept-Language": "ru"})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/ops")


async def test_a_push_that_died_is_tried_again_by_who_may(api: Api) -> None:
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update sys.outbox set state = 'dead', error_class = 'Refused', last_error = '<b>no</b>'")
    letter = {"kind": "outbox", "id": f"onec:consultation:{made}", "act": "retry"}
    assert (await api.post("/api/ops/dead-letters/act", letter, role="auditor")).status_code == 403
    assert (await api.post("/api/ops/dead-letters/act", letter, role="administrator")).json() == {"state": "waiting"}
    async with api.runtime.db.read() as connection:
        found = await rows(connection, "select system, state from sys.outbox order by 1")
    assert [(row["system"], row["state"]) for row in found] == [("chatwoot", "dead"), ("onec", "pending")]

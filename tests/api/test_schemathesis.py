"""Every operation of the document as every role, with generated input: nothing breaks, and answers are as documented.

`EXAMPLES` says how many calls each role makes to each operation (`make fuzz` makes more).
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from clobus.api.app import create_app
from clobus.api.server import make_server
from clobus.runtime import open_runtime
from tests.api import conftest
from tests.api.test_matrix import PLENTY, World
from tests.support.database import clone
from tests.support.ports import free_port

pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(1800),
    # The server is in this process: its waits between tries are random while Hypothesis looks.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]  # fmt: skip
EXAMPLES = int(os.environ.get("EXAMPLES", "1"))
ROLES = (
    "nobody", "owner", "viewer", "user", "person", "mini_app", "front", "service", "manager", "head", "administrator",
    "auditor", "chief",
)  # fmt: skip
"""`owner` and those of the staff by key; viewer, user, person (an owner) and chief (an administrator) by session."""
ENDLESS = ("/stream", "/api/live")
"""Streams go on for ever; tests/api/test_live.py reads them."""
AWAY = ("gateway.down", "gateway.open", "gateway.transient")
"""Both partners are away here: what needs one says so, which is no failure of ours."""
ANSWERS = [content_type_conformance, response_schema_conformance]


@dataclass
class Served:
    """The API at an address, its document, and the credentials of each role."""

    url: str
    document: dict[str, Any]
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def served(database_server: str) -> Iterator[Served]:
    port, ready, found = free_port(), threading.Event(), []

    async def serve(dsn: str) -> None:
        async with open_runtime(conftest.settings(dsn, **PLENTY)) as runtime:
            app = create_app(runtime, intervals={"cons": 30.0})
            async with httpx.AsyncClient() as http:
                world = World(app, http)
                await world.fill()
                headers = {role: await world.headers(role, None) for role in ROLES[:-1]}  # type: ignore[arg-type]  # no scope
                headers["chief"] = await world.chief()
            server = make_server(app, "127.0.0.1", port)
            found.extend((server, headers, app.openapi()))
            ready.set()
            await server.serve()

    with clone(database_server) as dsn:
        thread = threading.Thread(target=lambda: asyncio.run(serve(dsn)))
        thread.start()
        assert ready.wait(60)
        server, headers, document = found
        url = f"http://127.0.0.1:{port}"
        while not server.started:
            assert thread.is_alive()
        try:
            yield Served(url, json.loads(json.dumps(document)), headers)
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.mark.parametrize("role", ROLES)
def test_no_operation_breaks_and_answers_conform(served: Served, role: str) -> None:
    schema = schemathesis.openapi.from_dict(served.document)
    wrong: list[str] = []
    called = 0
    with httpx.Client(base_url=served.url, trust_env=False, timeout=30) as http:
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path.endswith(ENDLESS) or operation.path == "/api/auth/sign-out":
                continue

            @settings(max_examples=EXAMPLES, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(case=operation.as_strategy())
            def call(case: Any) -> None:
                nonlocal called
                called += 1
                http.cookies.clear()
                response = case.call(base_url=served.url, headers=served.headers[role], timeout=30)
                name = f"{case.method} {case.path} {response.status_code}"
                if response.status_code >= 500:
                    if not (response.status_code == 503 and _code(response) in AWAY) and "/health/" not in case.path:
                        wrong.append(f"{name}: {response.text[:300]} {case.as_curl_command()[:500]}")
                    return
                try:
                    case.validate_response(response, checks=ANSWERS)
                except FailureGroup as error:
                    wrong.append(f"{name}: {[str(each)[:600] for each in error.exceptions]}")

            call()
        http.cookies.clear()
        still = http.post("/api/live/tickets", headers=served.headers[role]).status_code
    assert still == {"nobody": 401, "front": 403}.get(role, 200)  # all along he was who he is said to be
    assert called >= 100
    assert wrong == [], "\n".join(sorted(set(wrong)))


def _code(response: Any) -> str:
    try:
        return str(response.json().get("code"))
    except ValueError:
        return ""

"""What was told, read by those who may; another try; how a client wants to be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from clobus.core.db import one, rows
from tests.api.conftest import Api
from tests.support.messages import add, happen, request


@pytest.fixture
async def told(api: Api) -> UUID:
    """A request of the client with two messages, one of them failed."""
    cons_id = await request(api.runtime.db, client_id=UUID(api.client_id), status="closed")
    await happen(api.runtime.db, "Closed", cons_id)
    await happen(api.runtime.db, "CloseRefused", cons_id)
    await happen(api.runtime.db, "Closed", await request(api.runtime.db, status="closed", conversation_id=8))
    async with api.runtime.db.transaction() as connection:
        await connection.execute(
            "update log.notification_log set state = 'failed', error = 'gone' where notification_type = 'closed'"
            " and entity_id = %s", (cons_id,),
        )  # fmt: skip
        await connection.execute(
            "insert into log.notification_attempts (notification_id, channel, state, error)"
            " select id, 'chatwoot', 'failed', 'gone' from log.notification_log where state = 'failed'"
        )
    return cons_id


async def items(api: Api, role: str, **query: Any) -> list[dict[str, Any]]:
    answer = await api.http.get(
        "/api/notifications", params=query, headers={"Authorization": f"Bearer {api.keys[role]}"}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_staff_read_all_with_every_attempt_and_by_filters(api: Api, told: UUID) -> None:
    found = await items(api, "manager")
    assert [row["type"] for row in found] == ["closed", "close_refused", "closed"]
    assert [(t["channel"], t["state"], t["error"]) for t in found[2]["tried"]] == [("chatwoot", "failed", "gone")]
    assert len(await items(api, "auditor", consultation=str(told))) == 2
    assert [row["audience"] for row in await items(api, "head", audience="manager")] == ["manager"]
    assert [row["state"] for row in await items(api, "head", state="failed", type="closed")] == ["failed"]
    assert await items(api, "head", channel="email") == []


async def test_pages_follow_each_other(api: Api, told: UUID) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    head = {"Authorization": f"Bearer {api.keys['head']}"}
    for _ in range(3):
        answer = (await api.http.get("/api/notifications", params={"limit": "1", **cursor}, headers=head)).json()
        seen += [row["id"] for row in answer["items"]]
        cursor = {"cursor": answer["next"]}
    assert answer["next"] is None
    assert seen == [row["id"] for row in await items(api, "head")]


async def test_a_client_reads_what_he_was_told_and_no_more(api: Api, told: UUID) -> None:
    [row] = await items(api, "client")
    assert (row["cons_id"], row["type"]) == (str(told), "closed")
    assert {"error", "tried", "recipient"} & row.keys() == set()
    assert await items(api, "other") == []
    assert await items(api, "other", client=api.client_id) == []
    assert (await api.get(f"/api/notifications/{row['id']}", "client")).status_code == 403
    assert (await api.get("/api/notifications", "service")).status_code == 403


async def test_another_try_is_for_the_head_and_for_what_surely_failed(api: Api, told: UUID) -> None:
    [failed] = await items(api, "head", state="failed")
    path = f"/api/notifications/{failed['id']}"
    assert (await api.post(f"{path}/retry", {}, role="manager")).status_code == 403
    done = await api.post(f"{path}/retry", {}, role="head")
    assert (done.status_code, done.json()["state"]) == (200, "queued")
    again = await api.post(f"{path}/retry", {}, role="head")
    assert (again.status_code, again.json()["code"]) == (409, "message.not_failed")
    assert (await api.post(f"/api/notifications/{uuid4()}/retry", {}, role="head")).json()["code"] == "message.unknown"
    assert (await api.get(path, "manager")).json()["state"] == "queued"


@pytest.mark.parametrize("query", ["state=x", "limit=0", "limit=1000", "cursor=x", "nonsense=1", f"type={'x' * 41}"])
async def test_a_wrong_filter_is_said(api: Api, query: str) -> None:
    assert (await api.get(f"/api/notifications?{query}", "head")).status_code == 422


async def put(api: Api, client_id: str, body: Any, role: str = "client") -> Any:
    return await api.http.put(
        f"/api/clients/{client_id}/preferences", json=body, headers={"Authorization": f"Bearer {api.keys[role]}"}
    )


async def test_a_client_chooses_how_he_is_told(api: Api) -> None:
    body = {"channels": ["telegram", "email"], "quiet_from": "22:00", "quiet_to": "08:30", "language": "uz"}
    for role in ("client", "manager"):
        answer = await put(api, api.client_id, body, role)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"client_id": api.client_id, **body}
    assert (await api.get(f"/api/clients/{api.client_id}/preferences", "client")).json()["channels"] == body["channels"]
    cleared = await put(api, api.client_id, {})
    assert cleared.json() == {
        "client_id": api.client_id, "channels": [], "quiet_from": None, "quiet_to": None, "language": None,
    }  # fmt: skip


async def test_an_owner_chooses_for_his_users_and_nobody_for_others(api: Api) -> None:
    user = uuid4()
    await add(api.runtime.db, "cons.clients", client_id=user, is_parent=False, parent_id=UUID(api.client_id))
    assert (await put(api, str(user), {"language": "en"})).status_code == 200
    for who in (str(user), api.client_id):
        assert (await put(api, who, {"language": "ru"}, "other")).status_code == 404
        assert (await api.get(f"/api/clients/{who}/preferences", "other")).status_code == 404
    assert (await put(api, str(uuid4()), {}, "head")).status_code == 404
    assert (await put(api, api.client_id, {}, "auditor")).status_code == 403
    async with api.runtime.db.read() as connection:
        kept = await one(connection, "select language from cons.clients where client_id = %s", (user,))
    assert kept == {"language": "en"}


@pytest.mark.parametrize(
    "body",
    [
        {"channels": ["pigeon"]}, {"channels": ["email", "email"]}, {"channels": ["email"] * 9}, {"language": "fr"},
        {"quiet_from": "22:00"}, {"quiet_from": "22:00+05:00", "quiet_to": "08:00+05:00"}, {"more": 1}, [],
    ],
)  # fmt: skip
async def test_a_wrong_choice_is_said(api: Api, body: Any) -> None:
    assert (await put(api, api.client_id, body)).status_code == 422


async def test_each_fate_is_shown_and_another_try_is_written_down(api: Api, told: UUID) -> None:
    shown = await items(api, "auditor")
    assert [(each["channel"], each["state"], each["error"]) for row in shown for each in row["tried"]].count(
        ("chatwoot", "failed", "gone")
    ) == 1
    again = [row["id"] for row in shown if row["state"] in ("failed", "refused")]
    assert len(again) == 1
    done = await api.post(f"/api/notifications/{again[0]}/retry", {}, role="head")
    assert done.status_code == 200, done.text
    async with api.runtime.db.read() as connection:
        acts = await rows(connection, "select act, target from log.audit where act = 'message.retried'")
    assert [tuple(row.values()) for row in acts] == [("message.retried", again[0])]

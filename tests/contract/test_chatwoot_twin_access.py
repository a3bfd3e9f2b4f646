"""Who may do what, how refusals look, rate limits, and what a restart leaves (chatwoot.md §1)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from clobus_twins.chatwoot.store import Store
from tests.contract.chatwoot_desk import Desk, Receiver, until
from tests.support.twins import TwinProcess


def test_strangers(desk: Desk) -> None:
    other = Desk(desk.twin, desk.receiver)
    other.http.close()
    refused = desk.ask("GET", f"/api/v1/accounts/{other.account}/agents", status=401)
    assert refused == {"error": "You are not authorized to access this account"}
    assert desk.ask("GET", "/platform/api/v1/users/1", status=401) == {"error": "Invalid access_token"}
    foreign = desk.ask("GET", f"/platform/api/v1/accounts/{other.account}", token=desk.platform, status=401)
    assert foreign == {"error": "Non permissible resource"}
    first = desk.ask("GET", "/platform/api/v1/accounts/1", token=desk.platform, status=401)
    assert first == {"error": "Non permissible resource"}
    assert desk.ask("GET", "/nowhere", status=404) == {"status": 404, "error": "Not Found"}
    dashed = desk.http.get("/api/v1/profile", headers={"api-access-token": desk.token})
    assert dashed.json()["role"] == "administrator"


def test_agents_see_the_conversations_of_their_inboxes(desk: Desk) -> None:
    inbox, hidden = desk.inbox(), desk.inbox()
    agent, token = desk.agent("Seer")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    seen = desk.conversation(inbox, desk.contact(inbox))
    unseen = desk.conversation(hidden, desk.contact(hidden))
    listed = desk.ask("GET", "conversations", token=token)["data"]["payload"]
    assert [one["id"] for one in listed] == [seen["id"]]
    desk.ask("GET", f"conversations/{unseen['id']}", token=token, status=401)
    assert "secret" not in desk.ask("GET", f"inboxes/{inbox['id']}", token=token)


def test_a_bot_may_only_what_bots_may(desk: Desk) -> None:
    inbox = desk.inbox()
    bot = desk.ask("POST", "agent_bots", {"name": "Бот"})
    conversation = desk.conversation(inbox, desk.contact(inbox))
    desk.ask("POST", f"conversations/{conversation['id']}/labels", {"labels": ["x"]}, bot["access_token"])
    refused = desk.ask("GET", "conversations", token=bot["access_token"], status=401)
    assert refused == {"error": "Access to this endpoint is not authorized for bots"}


def test_signing_in(desk: Desk) -> None:
    desk.agent("Signer")
    body = {"email": f"signer.{desk.mark}@example.com", "password": "Passw0rd!23"}
    answer = desk.raw("POST", "/auth/sign_in", "", json=body)
    names = ("access-token", "client", "uid")
    profile = desk.http.get("/api/v1/profile", headers={name: answer.headers[name] for name in names})
    assert profile.json()["id"] == answer.json()["data"]["id"]
    assert desk.raw("POST", "/auth/sign_in", "", json=body | {"password": "no"}).status_code == 401


def test_missing_roots_and_values(desk: Desk) -> None:
    empty = desk.ask("POST", "webhooks", {}, status=422)
    assert empty == {"error": "param is missing or the value is empty: webhook"}
    assert desk.ask("POST", "teams", {"team": {"name": ""}}, status=422)["attributes"] == ["name"]
    bad = desk.raw("POST", "contacts", content=b"{", headers={"content-type": "application/json"})
    assert bad.status_code in (400, 401)
    assert desk.ask("GET", "audit_logs")["audit_logs"] == []
    assert desk.ask("GET", "/health", token="") == {"status": "woot"}
    assert desk.ask("GET", "/api", token="")["version"] == "4.15.1"


def test_removing_an_agent_unassigns_silently(desk: Desk) -> None:
    desk.webhook("conversation_updated")
    inbox = desk.inbox()
    agent, _ = desk.agent("Leaver")
    conversation = desk.conversation(inbox, desk.contact(inbox))
    desk.ask("POST", f"conversations/{conversation['id']}/assignments", {"assignee_id": agent})
    desk.receiver.wait(f"/account{desk.mark}", "conversation_updated")
    desk.ask("DELETE", f"agents/{agent}")
    assert "assignee" not in desk.shown(conversation)["meta"]
    until(lambda: desk.twin.control("GET", "deliveries")["pending"] == 0)
    assert len(desk.receiver.of(f"/account{desk.mark}")) == 1


def test_rate_limits_spare_the_loopback_address_until_told_otherwise(desk: Desk) -> None:
    def statuses() -> list[int]:
        return [desk.raw("GET", "conversations/meta").status_code for _ in range(31)]

    assert set(statuses()) == {200}
    desk.twin.control("POST", "settings", {"allowed_ips": []})
    try:
        if time.time() % 60 > 50:
            time.sleep(11)
        assert statuses() == [200] * 30 + [429]
        answer = desk.raw("GET", "conversations/meta")
        assert (answer.text, "retry-after" in answer.headers) == ("Retry later\n", False)
        assert desk.raw("GET", "/health").status_code == 200
    finally:
        desk.twin.control("POST", "settings", {"allowed_ips": ["127.0.0.1", "::1"]})


def test_general_faults_reach_the_interfaces(desk: Desk) -> None:
    desk.twin.fault("status", status=503, match="GET .*/agents")
    assert desk.raw("GET", "agents").status_code == 503
    assert desk.raw("GET", "agents").status_code == 200
    assert desk.twin.received(match="/agents")[-1]["status"] == 200


@pytest.mark.parametrize("polite", [True, False], ids=["stopped", "killed"])
def test_a_restart_keeps_everything(tmp_path: Path, receiver: Receiver, polite: bool) -> None:
    twin = TwinProcess("chatwoot", data=tmp_path / "data")
    twin.start()
    desk = Desk(twin, receiver)
    inbox = desk.inbox()
    conversation = desk.conversation(inbox, desk.contact(inbox, identifier="k"), custom_attributes={"a": "b"})
    desk.say(conversation, "вопрос")
    desk.ask("POST", f"conversations/{conversation['id']}/labels", {"labels": ["рус"]})
    before = desk.shown(conversation)
    if polite:
        twin.stop()
    else:
        twin.kill()
    twin.start()
    try:
        assert desk.shown(conversation) == before
        again = desk.conversation(inbox, before["meta"]["sender"] | {"source_id": None})
        assert again["id"] == conversation["id"] + 1
    finally:
        desk.http.close()
        twin.close()


def test_the_world_is_poured_in_quickly_and_loads_quickly(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.import_account(account_id=1, name="Clobus", token="t", platform_token="p")
    (inbox,) = store.import_inboxes(1, [{"name": "Портал"}])
    people = store.import_contacts(1, ({"name": f"К{number}", "identifier": f"code-{number}"} for number in range(500)))
    said = [{"content": "вопрос", "message_type": "incoming", "created_at": 1.7e9}] * 2
    rows = (
        {"inbox_id": inbox, "contact_id": people[number % 500], "status": "resolved", "messages": said}
        | {"custom_attributes": {"number_con": f"{number:011}"}, "created_at": 1.7e9 + number}
        for number in range(10_000)
    )
    begun = time.monotonic()
    store.import_conversations(1, rows)
    assert time.monotonic() - begun < 5
    store.close()
    begun = time.monotonic()
    again = Store(tmp_path)
    assert time.monotonic() - begun < 3
    assert (len(again.conversations.rows), len(again.messages.rows)) == (10_000, 20_000)
    assert [row.display_id for row in again.conversation_index[1].by_number["00000000042"].values()] == [43]
    again.close()

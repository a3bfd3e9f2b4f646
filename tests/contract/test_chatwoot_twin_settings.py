"""Settings of the twin beyond the recording: inboxes, labels, bots, rules, macros, accounts (chatwoot.md §2.5-§2.8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.chatwoot_desk import Desk


@pytest.mark.parametrize(
    ("path", "body", "message", "attributes"),
    [
        ("labels", {"title": ""}, "Title must not be blank, Title is invalid", ["title"]),
        ("labels", {"title": "a"}, "Title is invalid", ["title"]),
        ("labels", {"title": "_ab"}, "Title is invalid", ["title"]),
        (
            "canned_responses",
            {"short_code": "", "content": ""},
            "Content can't be blank, Short code can't be blank",
            ["content", "short_code"],
        ),
        (
            "webhooks",
            {"url": "nonsense", "subscriptions": ["x"]},
            "Url is invalid, Subscriptions Invalid events",
            ["url", "subscriptions"],
        ),
        (
            "custom_attribute_definitions",
            {"attribute_display_name": "", "attribute_key": "a b", "attribute_model": 0},
            "Attribute display name can't be blank, Attribute key must only contain letters, numbers, underscores, "
            "hyphens, and dots",
            ["attribute_display_name", "attribute_key"],
        ),
        ("inboxes", {"name": "", "channel": {"type": "api"}}, "Name can't be blank", ["name"]),
        ("inboxes", {"name": "x", "channel": {"type": "pigeon"}}, "Channel must exist", ["channel"]),
        (
            "inboxes",
            {"name": "x", "channel": {"type": "api", "webhook_url": "https://" + "x" * 2048}},
            "Webhook url is too long (maximum is 2048 characters)",
            ["webhook_url"],
        ),
    ],
)
def test_all_faults_are_told_at_once(
    desk: Desk, path: str, body: dict[str, Any], message: str, attributes: list[str]
) -> None:
    assert desk.ask("POST", path, body, status=422) == {"message": message, "attributes": attributes}


def test_a_refused_change_changes_nothing(desk: Desk) -> None:
    body = {"attribute_display_name": "Номер", "attribute_key": "number", "attribute_model": 0}
    place = f"custom_attribute_definitions/{desk.ask('POST', 'custom_attribute_definitions', body)['id']}"
    desk.ask("PATCH", place, {"attribute_display_name": ""}, status=422)
    assert desk.ask("GET", place)["attribute_display_name"] == "Номер"


def test_an_inbox_fills_in_its_survey_and_keeps_hours_that_make_sense(desk: Desk) -> None:
    place = f"inboxes/{desk.inbox()['id']}"
    shown = desk.ask("PATCH", place, {"csat_config": {"display_type": "star", "message": "Оцените"}})
    assert shown["csat_config"] == {
        "display_type": "star",
        "message": "Оцените",
        "survey_rules": {"operator": "contains", "values": []},
        "button_text": "Please rate us",
        "language": "en",
    }
    hours = [
        {"day_of_week": 1, "open_hour": 8, "open_minutes": 30, "close_hour": 20, "close_minutes": 0},
        {"day_of_week": 2, "open_hour": 20, "open_minutes": 0, "close_hour": 8, "close_minutes": 0},
        {"day_of_week": 3, "open_all_day": True},
    ]
    week = desk.ask("PATCH", place, {"working_hours": hours, "timezone": "Asia/Tashkent"})["working_hours"]
    times = [(day["open_hour"], day["open_minutes"], day["close_hour"], day["close_minutes"]) for day in week[1:4]]
    assert times == [(8, 30, 20, 0), (9, 0, 17, 0), (0, 0, 23, 59)]
    wrong = desk.ask("PATCH", place, {"timezone": "Mars/Base", "greeting_message": "x" * 10_001}, status=422)
    assert wrong == {
        "message": "Timezone is not included in the list, Greeting message is too long (maximum is 10000 characters)",
        "attributes": ["timezone", "greeting_message"],
    }
    window = {"channel": {"additional_attributes": {"agent_reply_time_window": 0}}}
    assert desk.ask("PATCH", place, window, status=422)["attributes"] == ["agent_reply_time_window"]
    assert desk.ask("GET", place)["timezone"] == "Asia/Tashkent"


def test_members_are_users_of_the_account(desk: Desk) -> None:
    inbox, (agent, _) = desk.inbox(), desk.agent("Member")
    body = {"inbox_id": inbox["id"], "user_ids": [99_999_999]}
    assert desk.ask("POST", "inbox_members", body, status=422) == {"message": "User must exist", "attributes": ["user"]}
    desk.ask("POST", "inbox_members", body | {"user_ids": [agent]})
    team = desk.ask("POST", "teams", {"name": "один"})["id"]
    admin = desk.ask("GET", "/api/v1/profile")["id"]
    desk.ask("POST", f"teams/{team}/team_members", {"user_ids": [agent]})
    kept = desk.ask("PATCH", f"teams/{team}/team_members", {"user_ids": [admin, agent]})
    assert [one["id"] for one in kept] == [agent, admin]
    desk.ask("POST", f"teams/{team}/team_members", {}, status=500)


def test_who_leaves_the_last_account_is_gone(desk: Desk) -> None:
    agent, token = desk.agent("Leaver")
    desk.ask("DELETE", f"agents/{agent}")
    assert desk.ask("GET", "agents", token=token, status=401) == {"error": "Invalid Access Token"}
    again = {"name": "Leaver", "email": f"leaver.{desk.mark}@example.com", "role": "agent"}
    made = desk.ask("POST", "agents", again)
    assert made["id"] != agent
    assert made["confirmed"] is False


def test_a_bots_secrets_are_for_administrators(desk: Desk) -> None:
    inbox, (agent, token) = desk.inbox(), desk.agent("Watcher")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    assert desk.ask("GET", f"inboxes/{inbox['id']}/agent_bot") == {}
    made = desk.ask("POST", "agent_bots", {"name": "Бот", "outgoing_url": "https://b.example"})
    assert [bot for bot in desk.ask("GET", "agent_bots") if not bot["system_bot"]] == [made]
    seen = desk.ask("GET", f"agent_bots/{made['id']}", token=token)
    assert "secret" not in seen
    desk.ask("POST", f"inboxes/{inbox['id']}/set_agent_bot", {"agent_bot": made["id"]})
    below = desk.ask("GET", f"inboxes/{inbox['id']}/agent_bot")["agent_bot"]
    assert below["access_token"]["token"] == made["access_token"]
    system = desk.ask("POST", "/platform/api/v1/agent_bots", {"name": "Общий"}, desk.platform)
    shown = desk.ask("GET", f"agent_bots/{system['id']}")
    assert not {"access_token", "secret", "outgoing_url"} & shown.keys()
    assert shown["system_bot"] is True
    desk.ask("PATCH", f"agent_bots/{system['id']}", {"name": "Мой"}, status=404)


def test_rules_are_checked_as_a_whole(desk: Desk) -> None:
    def row(key: str, joined: str | None) -> dict[str, Any]:
        return {"attribute_key": key, "filter_operator": "equal_to", "values": ["open"], "query_operator": joined}

    rule = {"name": "r", "event_name": "conversation_created", "actions": [{"action_name": "dance"}]}
    wrong = desk.ask(
        "POST", "automation_rules", rule | {"conditions": [row("x", None), row("status", None)]}, status=422
    )
    assert wrong["error"] == {
        "conditions": [
            "Automation conditions x not supported.",
            "Automation conditions should have query operator.",
        ],
        "actions": ["Automation actions dance not supported."],
    }
    good = rule | {
        "conditions": [row("status", None)],
        "actions": [{"action_name": "add_label", "action_params": ["a"]}],
    }
    place = f"automation_rules/{desk.ask('POST', 'automation_rules', good)['id']}"
    desk.ask("PATCH", place, {"actions": [{"action_name": "dance"}]}, status=422)
    assert desk.ask("GET", place)["payload"]["actions"] == good["actions"]
    desk.ask("GET", "automation_rules/99999999", status=500)


def test_a_macro_is_its_authors_unless_it_is_global(desk: Desk) -> None:
    _, token = desk.agent("Author")
    body = {
        "name": "m",
        "visibility": "global",
        "actions": [{"action_name": "resolve_conversation", "action_params": []}],
    }
    own = desk.ask("POST", "macros", body, token)["payload"]
    assert own["visibility"] == "personal"
    desk.ask("GET", f"macros/{own['id']}", status=401)
    shared = desk.ask("POST", "macros", body)["payload"]["id"]
    desk.ask("GET", f"macros/{shared}", token=token)
    desk.ask("PATCH", f"macros/{shared}", {"name": "x"}, token, status=401)
    desk.ask("DELETE", f"macros/{shared}", token=token, status=401)
    assert [one["id"] for one in desk.ask("GET", "macros", token=token)["payload"]] == [own["id"], shared]
    assert desk.raw("GET", "macros/99999999").content == b""
    wrong = desk.ask("POST", "macros", body | {"actions": [{"action_name": "open_conversation"}]}, status=422)
    assert wrong == {"error": {"actions": ["Macro execution actions open_conversation not supported."]}}


def test_an_application_sees_accounts_and_passwords_in_the_servers_words(desk: Desk) -> None:
    base, token = "/platform/api/v1", desk.platform
    account = desk.ask(
        "POST", f"{base}/accounts", {"name": "Второй", "features": {"macros": False, "sla": True}}, token
    )
    assert {"settings", "created_at"}.isdisjoint(account)
    assert (account["features"].get("macros"), account["features"]["sla"]) == (None, True)
    weak = {"name": "x", "email": f"weak.{desk.mark}@example.com", "password": "Pa1"}
    wrong = desk.ask("POST", f"{base}/users", weak, token, status=422)
    assert wrong["attributes"] == ["password"]
    assert wrong["message"].startswith(
        "Password must contain at least 6 characters, Password must contain at least 1 special character ("
    )
    admin = desk.ask("GET", "/api/v1/profile")["id"]
    assert desk.ask("GET", f"{base}/users/{admin}", token=token, status=401) == {"error": "Non permissible resource"}
    desk.ask("DELETE", f"{base}/accounts/{desk.account}/account_users", {"user_id": 99_999_999}, token)


def test_dashboard_apps_are_read_by_agents_and_changed_by_administrators(desk: Desk) -> None:
    _, agent = desk.agent("Framed")
    body = {"title": "1C card", "content": [{"type": "frame", "url": "https://platform.example/embed"}]}
    desk.ask("POST", "dashboard_apps", {"dashboard_app": body}, token=agent, status=401)
    made = desk.ask("POST", "dashboard_apps", {"dashboard_app": body})
    assert set(made) == {"id", "title", "content", "created_at"}
    assert {key: made[key] for key in body} == body
    assert made["created_at"].endswith("Z")
    place = f"dashboard_apps/{made['id']}"
    assert desk.ask("GET", "dashboard_apps", token=agent) == [made]
    assert desk.ask("PATCH", place, {"dashboard_app": {"title": "Card"}}) == made | {"title": "Card"}
    desk.ask("DELETE", place, token=agent, status=401)
    gone = desk.raw("DELETE", place)
    assert (gone.status_code, gone.content) == (204, b"")
    assert desk.ask("GET", place, status=404) == {"error": "Resource could not be found"}
    desk.ask("POST", "dashboard_apps", {"dashboard_app": body | {"content": []}}, status=422)


def test_an_agents_seat_frames_what_is_registered_and_is_framed_by_nobody(desk: Desk) -> None:
    inbox, (agent, _) = desk.inbox(), desk.agent("Seated")
    talk = desk.conversation(inbox, desk.contact(inbox))
    desk.say(talk, "Здравствуйте")
    content = [{"type": "frame", "url": "https://platform.example/embed"}]
    app = desk.ask("POST", "dashboard_apps", {"dashboard_app": {"title": "Card", "content": content}})
    page = desk.raw("GET", f"/app/accounts/{desk.account}/conversations/{talk['id']}")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    door = f"/_control/seat/{desk.account}/{talk['id']}"
    seen = desk.ask("GET", door)
    assert (seen["conversation"]["id"], seen["contact"]["name"]) == (talk["id"], "Клиент")
    assert set(seen["currentAgent"]) == {"id", "name", "email"}
    assert (seen["apps"], [one["content"] for one in seen["messages"]]) == ([app], ["Здравствуйте"])
    assert desk.ask("GET", f"{door}?agent={agent}")["currentAgent"]["id"] == agent
    assert desk.raw("GET", f"/_control/seat/{desk.account}/999999").status_code == 404

"""Calls of the operations that the platform does not use itself and a desk's people may: for the OpenAPI check."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from tests.contract.chatwoot_desk import Desk


def rarer(desk: Desk) -> Iterator[httpx.Response]:
    """Each operation once with an answer of its usual kind."""
    yield from _people(desk)
    yield from _texts_and_views(desk)
    yield from _bots_and_rules(desk)
    yield from _conversation(desk)
    yield from _reports(desk)
    yield from _platform(desk)


def _people(desk: Desk) -> Iterator[httpx.Response]:
    yield desk.raw("PATCH", f"/api/v1/accounts/{desk.account}", json={"name": "Clobus", "auto_resolve_after": 60})
    yield desk.raw("PUT", "/api/v1/profile", json={"profile": {"name": "Admin"}})
    agent, _ = desk.agent("Rare")
    team = desk.ask("POST", "teams", {"name": "редкая"})["id"]
    yield desk.raw("POST", f"teams/{team}/team_members", json={"user_ids": [agent]})
    yield desk.raw("DELETE", f"teams/{team}/team_members", json={"user_ids": [agent]})
    yield desk.raw("DELETE", f"teams/{team}")
    inbox = desk.inbox()
    yield desk.raw("POST", "inbox_members", json={"inbox_id": inbox["id"], "user_ids": [agent]})
    yield desk.raw("DELETE", "inbox_members", json={"inbox_id": inbox["id"], "user_ids": [agent]})
    yield desk.raw("DELETE", f"agents/{agent}")
    yield desk.raw("GET", "audit_logs")


def _texts_and_views(desk: Desk) -> Iterator[httpx.Response]:
    canned = desk.ask("POST", "canned_responses", {"short_code": "rare", "content": "x"})["id"]
    yield desk.raw("PATCH", f"canned_responses/{canned}", json={"short_code": "rare", "content": "y"})
    yield desk.raw("DELETE", f"canned_responses/{canned}")
    view = {"name": "VIP", "filter_type": "conversation", "query": {"payload": []}}
    made = desk.raw("POST", "custom_filters", json=view)
    yield made
    place = f"custom_filters/{made.json()['id']}"
    yield desk.raw("GET", "custom_filters", params={"filter_type": "conversation"})
    yield desk.raw("GET", place)
    yield desk.raw("PATCH", place, json=view | {"name": "VIP 2"})
    yield desk.raw("DELETE", place)
    body = {"attribute_display_name": "Р", "attribute_display_type": 1, "attribute_key": "rare", "attribute_model": 1}
    place = f"custom_attribute_definitions/{desk.ask('POST', 'custom_attribute_definitions', body)['id']}"
    yield desk.raw("PATCH", place, json=body | {"attribute_display_name": "Р2"})
    yield desk.raw("DELETE", place)


def _bots_and_rules(desk: Desk) -> Iterator[httpx.Response]:
    inbox = desk.inbox()
    bot = desk.raw("POST", "agent_bots", json={"name": "Бот", "description": "d", "outgoing_url": "https://b.example"})
    yield bot
    place = f"agent_bots/{bot.json()['id']}"
    yield desk.raw("GET", "agent_bots")
    yield desk.raw("GET", place)
    yield desk.raw("PATCH", place, json={"name": "Бот 2"})
    yield desk.raw("POST", f"inboxes/{inbox['id']}/set_agent_bot", json={"agent_bot": bot.json()["id"]})
    yield desk.raw("GET", f"inboxes/{inbox['id']}/agent_bot")
    yield desk.raw("DELETE", place)
    condition = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"], "query_operator": None}
    rule = {
        "name": "Срочно",
        "description": "d",
        "event_name": "conversation_created",
        "conditions": [condition],
        "actions": [{"action_name": "add_label", "action_params": ["vip"]}],
    }
    made = desk.raw("POST", "automation_rules", json=rule | {"active": False})
    yield made
    place = f"automation_rules/{made.json()['id']}"
    yield desk.raw("GET", "automation_rules")
    yield desk.raw("GET", place)
    yield desk.raw("PATCH", place, json=rule)
    yield desk.raw("DELETE", place)


def _conversation(desk: Desk) -> Iterator[httpx.Response]:
    inbox = desk.inbox()
    made = desk.conversation(inbox, desk.contact(inbox), message={"content": "x"})
    desk.ask("POST", f"conversations/{made['id']}/toggle_status", {"status": "resolved"})
    yield desk.raw("GET", f"conversations/{made['id']}/reporting_events")
    yield desk.raw("GET", "reporting_events", params={"page": 1, "name": "conversation_resolved"})
    base = f"/public/api/v1/inboxes/{inbox['inbox_identifier']}/contacts"
    source = desk.ask("POST", base, {"name": "П"}, "")["source_id"]
    talk = f"{base}/{source}/conversations/{desk.ask('POST', f'{base}/{source}/conversations', {}, '')['id']}"
    items = {"items": [{"title": "Да", "value": "y"}]}
    number = int(talk.rsplit("/", 1)[1])
    choice = desk.say(
        {"id": number}, "?", message_type="outgoing", content_type="input_select", content_attributes=items
    )
    values = {"submitted_values": {"name": "n", "title": "Да", "value": "y"}}
    yield desk.raw("PATCH", f"{talk}/messages/{choice['id']}", "", json=values)


def _reports(desk: Desk) -> Iterator[httpx.Response]:
    base = f"/api/v2/accounts/{desk.account}"
    span = {"since": "1795000000", "until": "1795864000"}
    yield desk.raw("GET", f"{base}/reports/conversations/", params={"type": "agent"})
    yield desk.raw("GET", f"{base}/summary_reports/channel", params=span)
    yield desk.raw("GET", f"{base}/reports/first_response_time_distribution", params=span)
    yield desk.raw("GET", f"{base}/reports/inbox_label_matrix", params=span)
    yield desk.raw("GET", f"{base}/reports/outgoing_messages_count", params=span | {"group_by": "agent"})


def _platform(desk: Desk) -> Iterator[httpx.Response]:
    base, token = "/platform/api/v1", desk.platform
    made = desk.raw("POST", f"{base}/accounts", token, json={"name": "Второй"})
    yield made
    yield desk.raw("PATCH", f"{base}/accounts/{made.json()['id']}", token, json={"name": "Второй 2"})
    yield desk.raw("DELETE", f"{base}/accounts/{made.json()['id']}", token)
    body = {"name": "Б", "description": "d", "outgoing_url": "https://b.example", "account_id": desk.account}
    bot = desk.ask("POST", f"{base}/agent_bots", body, token)["id"]
    yield desk.raw("GET", f"{base}/agent_bots/{bot}", token)
    yield desk.raw("PATCH", f"{base}/agent_bots/{bot}", token, json=body)
    yield desk.raw("DELETE", f"{base}/agent_bots/{bot}", token)
    user = desk.agent("Gone")[0]
    yield desk.raw("DELETE", f"{base}/users/{user}", token)

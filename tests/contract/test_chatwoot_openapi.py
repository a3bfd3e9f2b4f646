"""The twin's answers, and the requests that the platform makes, against Chatwoot's own OpenAPI file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.contract.chatwoot_desk import Desk
from tests.contract.chatwoot_rarer import rarer
from tests.contract.openapi import FILE, ROOT, OpenApi

_V1, _V2 = "/api/v1/accounts/{account_id}", "/api/v2/accounts/{account_id}"
# Where the file and a live 4.15.1 disagree, and the file is wrong: operations, place in the answer, why we know.
DRIFT: tuple[tuple[str, str, str], ...] = (
    (rf"(GET|PATCH) {_V1}", r"\.domain", "recorded: null when none is set"),
    (
        rf"(GET|POST|PATCH) {_V1}/custom_attribute_definitions(/{{id}})?",
        r".*\.(attribute_description|attribute_values|default_value|regex_cue|regex_pattern)",
        "recorded: values are a list, what is not set is null",
    ),
    (
        rf"(GET|POST|PATCH) {_V1}/inboxes(/{{id}})?",
        r".*\.(reply_time|web_widget_script|website_token|website_url|widget_color)",
        "recorded: null for an API inbox",
    ),
    (rf"GET {_V1}/agent_bots", r"\[\]\.(account_id|description)", "null for a bot of the whole installation"),
    (rf"GET {_V1}/webhooks", r"\.", "recorded: the list is below payload.webhooks, not an array"),
    (rf"POST {_V1}/contacts", r"\.payload", "recorded: payload is an object of contact and contact_inbox"),
    (rf"POST {_V1}/contacts/{{id}}/contact_inboxes", r"\.inbox\.provider", "recorded: null for an API inbox"),
    (rf"PUT {_V1}/contacts/{{id}}", "", "recorded: 200 with the contact, the file says 204"),
    (rf"DELETE {_V1}/(custom_attribute_definitions|custom_filters)/{{.*}}", "", "chatwoot.md §1.6: 204"),
    (
        rf"(GET|PATCH) {_V1}/automation_rules(/{{id}})?",
        r"\.payload",
        "recorded: query_operator is null in the last row",
    ),
    (rf"GET {_V1}/inboxes/{{id}}/agent_bot", "", "recorded: 200 with the bot, the file says 204"),
    (rf"POST {_V1}/inboxes/{{id}}/set_agent_bot", "", "recorded: 200, the file says 204"),
    (rf"GET {_V2}/reports", r".*\.value", "chatwoot.md §2.11: a number"),
    (
        rf"GET {_V2}/reports/summary",
        r".*\.(avg_first_response_time|avg_resolution_time)",
        "recorded: a number, null without data",
    ),
    (
        r"(GET|POST|PATCH) /platform/api/v1/users(/{id})?",
        r"\.(account_id|role)",
        "recorded: null while the user belongs to no account",
    ),
    (
        r"GET /public/api/v1/inboxes/{inbox_identifier}",
        r".*\.(open|close)_(hour|minutes)",
        "recorded: null when closed",
    ),
)
# The same of requests: what a live 4.15.1 takes and the file refuses.
REQUEST_DRIFT: tuple[tuple[str, str], ...] = (
    (r"DELETE /platform/.*/account_users: takes no body", "chatwoot.md §4: user_id is in the body"),
    (r"DELETE .*/inbox_members: \$\.inbox_id .*", "chatwoot.md §2.5: the same body as POST, which takes a number"),
    (r"POST .*/(conversations|contacts)/filter: .*\.query_operator None .*", "recorded: null in the last row"),
)


class Described:
    """The answers that the file describes."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._paths = sorted(self.document["paths"], key=lambda path: (path.count("{"), -len(path)))

    def operation(self, method: str, path: str) -> str | None:
        """The path of the file that a request went to."""
        for template in self._paths:
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if method.lower() in self.document["paths"][template] and re.fullmatch(pattern, path):
                return str(template)
        return None

    def faults(self, answer: httpx.Response) -> list[tuple[str, str, str]]:
        """What the file has against an answer: operation, place, words."""
        method, path = answer.request.method, answer.request.url.path
        template = self.operation(method, path)
        if template is None:
            return [(f"{method} {path}", "", "no such operation")]
        name = f"{method} {template}"
        described = self.document["paths"][template][method.lower()]["responses"].get(str(answer.status_code))
        if described is None:
            return [(name, "", f"status {answer.status_code} is not described")]
        place = f"{ROOT}#/paths/{_escaped(template)}/{method.lower()}/responses/{answer.status_code}"
        content = described.get("content", {}).get("application/json")
        if content is None or not answer.content:
            return []
        schema = {"$ref": f"{place}/content/application~1json/schema"}
        validator = Draft202012Validator(schema, registry=self._registry)
        return [
            (name, re.sub(r"\.\d+", "[]", "." + ".".join(map(str, error.absolute_path))), error.message[:160])
            for error in validator.iter_errors(answer.json())
        ]


def _escaped(template: str) -> str:
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@pytest.fixture(scope="module")
def described() -> Described:
    return Described()


def calls(desk: Desk) -> Iterator[httpx.Response]:
    """The operations that the platform uses and the rarer ones, each once with an answer of its usual kind."""
    yield from _settings(desk)
    yield from _contacts(desk)
    yield from _conversations(desk)
    yield from _public(desk)
    yield from _platform(desk)
    yield from _reports(desk)
    yield from rarer(desk)


def _settings(desk: Desk) -> Iterator[httpx.Response]:
    yield desk.raw("GET", "/api/v1/profile")
    yield desk.raw("GET", f"/api/v1/accounts/{desk.account}")
    agent = desk.raw("POST", "agents", json={"name": "А", "email": f"a.{desk.mark}@example.com", "role": "agent"})
    yield agent
    user_id = agent.json()["id"]
    yield desk.raw("GET", "agents")
    yield desk.raw("PATCH", f"agents/{user_id}", json={"role": "agent", "availability": "busy", "auto_offline": False})
    team = desk.raw("POST", "teams", json={"name": "учёт", "description": "d", "allow_auto_assign": False})
    yield team
    place = f"teams/{team.json()['id']}"
    yield desk.raw("GET", "teams")
    yield desk.raw("GET", place)
    yield desk.raw("PATCH", place, json={"name": "учёт 2", "description": "d", "allow_auto_assign": False})
    yield desk.raw("POST", f"{place}/team_members", json={"user_ids": [user_id]})
    yield desk.raw("GET", f"{place}/team_members")
    yield desk.raw("PATCH", f"{place}/team_members", json={"user_ids": [user_id]})
    body = {"title": "рус", "description": "d", "color": "#fff", "show_on_sidebar": True}
    label = desk.raw("POST", "labels", json=body)
    yield label
    yield desk.raw("GET", "labels")
    yield desk.raw("GET", f"labels/{label.json()['id']}")
    yield desk.raw("PATCH", f"labels/{label.json()['id']}", json={"title": "рус", "description": "e"})
    yield desk.raw("DELETE", f"labels/{label.json()['id']}")
    definition = {
        "attribute_display_name": "Номер",
        "attribute_display_type": 0,
        "attribute_description": "d",
        "attribute_key": "number_con",
        "attribute_values": [],
        "attribute_model": 0,
    }
    made = desk.raw("POST", "custom_attribute_definitions", json=definition)
    yield made
    yield desk.raw("GET", "custom_attribute_definitions", params={"attribute_model": "0"})
    yield desk.raw("GET", f"custom_attribute_definitions/{made.json()['id']}")
    hook = {"url": f"{desk.receiver.url}/x", "name": "n", "subscriptions": ["message_created"]}
    made = desk.raw("POST", "webhooks", json=hook)
    yield made
    hook_id = made.json()["payload"]["webhook"]["id"]
    yield desk.raw("GET", "webhooks")
    yield desk.raw("PATCH", f"webhooks/{hook_id}", json=hook)
    yield desk.raw("DELETE", f"webhooks/{hook_id}")
    canned = desk.raw("POST", "canned_responses", json={"short_code": "hi", "content": "Здравствуйте"})
    yield canned
    yield desk.raw("GET", "canned_responses")


def _contacts(desk: Desk) -> Iterator[httpx.Response]:
    inbox = desk.inbox()
    yield desk.raw("GET", "inboxes")
    yield desk.raw("GET", f"inboxes/{inbox['id']}")
    yield desk.raw("PATCH", f"inboxes/{inbox['id']}", json={"name": "Портал 2", "enable_auto_assignment": False})
    admin = desk.ask("GET", "/api/v1/profile")["id"]
    yield desk.raw("POST", "inbox_members", json={"inbox_id": inbox["id"], "user_ids": [admin]})
    yield desk.raw("GET", f"inbox_members/{inbox['id']}")
    body = {"inbox_id": inbox["id"], "name": "ООО Ромашка", "phone_number": "+998901234567", "identifier": "i"}
    made = desk.raw("POST", "contacts", json=body)
    yield made
    contact_id = made.json()["payload"]["contact"]["id"]
    place = f"contacts/{contact_id}"
    yield desk.raw("GET", place)
    yield desk.raw("PUT", place, json={"custom_attributes": {"code_abonent": "1"}})
    yield desk.raw("GET", "contacts", params={"sort": "name"})
    yield desk.raw("GET", "contacts/search", params={"q": "ром"})
    row = {"attribute_key": "identifier", "filter_operator": "equal_to", "values": ["i"], "query_operator": None}
    yield desk.raw("POST", "contacts/filter", json={"payload": [row]})
    yield desk.raw("POST", f"{place}/labels", json={"labels": ["a"]})
    yield desk.raw("GET", f"{place}/labels")
    yield desk.raw("POST", f"{place}/contact_inboxes", json={"inbox_id": inbox["id"], "source_id": "s"})
    yield desk.raw("GET", f"{place}/contactable_inboxes")
    desk.conversation(inbox, {"id": contact_id, "source_id": "s"}, message={"content": "x"})
    yield desk.raw("GET", f"{place}/conversations")
    other = desk.contact()
    merge = {"base_contact_id": contact_id, "mergee_contact_id": other["id"]}
    yield desk.raw("POST", "actions/contact_merge", json=merge)
    yield desk.raw("GET", "contacts/999999999")
    yield desk.raw("DELETE", place)


def _conversations(desk: Desk) -> Iterator[httpx.Response]:
    inbox = desk.inbox()
    contact = desk.contact(inbox)
    agent, _ = desk.agent("Member")
    team = desk.ask("POST", "teams", {"name": "вторая", "allow_auto_assign": False})["id"]
    desk.ask("POST", f"teams/{team}/team_members", {"user_ids": [agent]})
    body = {
        "source_id": contact["source_id"],
        "inbox_id": inbox["id"],
        "contact_id": contact["id"],
        "status": "open",
        "assignee_id": agent,
        "team_id": team,
        "custom_attributes": {"number_con": "1"},
        "message": {"content": "Здравствуйте"},
    }
    made = desk.raw("POST", "conversations", json=body)
    yield made
    place = f"conversations/{made.json()['id']}"
    desk.say(made.json(), "вопрос")
    yield desk.raw("GET", "conversations", params={"status": "all", "page": 1})
    yield desk.raw("GET", "conversations/meta", params={"status": "all"})
    row = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"], "query_operator": None}
    yield desk.raw("POST", "conversations/filter", json={"payload": [row]})
    yield desk.raw("GET", place)
    yield desk.raw("PATCH", place, json={"priority": "high"})
    yield desk.raw("POST", f"{place}/toggle_status", json={"status": "snoozed", "snoozed_until": 4_000_000_000})
    yield desk.raw("POST", f"{place}/toggle_status", json={"status": "open"})
    yield desk.raw("POST", f"{place}/toggle_priority", json={"priority": "urgent"})
    yield desk.raw("POST", f"{place}/toggle_typing_status", json={"typing_status": "on", "is_private": False})
    yield desk.raw("POST", f"{place}/custom_attributes", json={"custom_attributes": {"status_1c": "open"}})
    yield desk.raw("POST", f"{place}/assignments", json={"assignee_id": agent})
    yield desk.raw("POST", f"{place}/labels", json={"labels": ["рус"]})
    yield desk.raw("GET", f"{place}/labels")
    message = {"content": "ответ", "message_type": "outgoing", "private": False, "content_attributes": {"a": 1}}
    sent = desk.raw("POST", f"{place}/messages", json=message)
    yield sent
    yield desk.raw("GET", f"{place}/messages")
    yield desk.raw("DELETE", f"{place}/messages/{sent.json()['id']}")
    yield desk.raw("GET", "conversations/999999999")


def _public(desk: Desk) -> Iterator[httpx.Response]:
    base = f"/public/api/v1/inboxes/{desk.inbox()['inbox_identifier']}"
    yield desk.raw("GET", base, "")
    made = desk.raw("POST", f"{base}/contacts", "", json={"identifier": "p", "name": "П", "email": "p@example.org"})
    yield made
    customer = f"{base}/contacts/{made.json()['source_id']}"
    yield desk.raw("GET", customer, "")
    yield desk.raw("PATCH", customer, "", json={"name": "П2"})
    made = desk.raw("POST", f"{customer}/conversations", "", json={"custom_attributes": {}})
    yield made
    place = f"{customer}/conversations/{made.json()['id']}"
    yield desk.raw("POST", f"{place}/messages", "", json={"content": "вопрос", "echo_id": "e"})
    yield desk.raw("GET", f"{place}/messages", "")
    yield desk.raw("GET", f"{customer}/conversations", "")
    yield desk.raw("GET", place, "")
    yield desk.raw("POST", f"{place}/toggle_typing", "", params={"typing_status": "on"})
    yield desk.raw("POST", f"{place}/update_last_seen", "")
    yield desk.raw("POST", f"{place}/toggle_status", "")


def _platform(desk: Desk) -> Iterator[httpx.Response]:
    base, token = "/platform/api/v1", desk.platform
    body = {"name": "П", "display_name": "П", "email": f"p.{desk.mark}@example.com", "password": "Passw0rd!23"}
    made = desk.raw("POST", f"{base}/users", token, json=body | {"custom_attributes": {}})
    yield made
    user_id = made.json()["id"]
    yield desk.raw("GET", f"{base}/users/{user_id}", token)
    yield desk.raw("PATCH", f"{base}/users/{user_id}", token, json={"name": "П2"})
    yield desk.raw("GET", f"{base}/users/{user_id}/login", token)
    yield desk.raw("GET", f"{base}/accounts/{desk.account}", token)
    members = f"{base}/accounts/{desk.account}/account_users"
    yield desk.raw("POST", members, token, json={"user_id": user_id, "role": "agent"})
    yield desk.raw("GET", members, token)
    yield desk.raw("DELETE", members, token, json={"user_id": user_id})
    bot = {"name": "Б", "description": "d", "outgoing_url": "https://b.example", "account_id": desk.account}
    yield desk.raw("POST", f"{base}/agent_bots", token, json=bot)
    yield desk.raw("GET", f"{base}/agent_bots", token)
    desk.ask("POST", f"{base}/agent_bots", {"name": "Common"}, token)
    yield desk.raw("GET", "agent_bots")


def _reports(desk: Desk) -> Iterator[httpx.Response]:
    base = f"/api/v2/accounts/{desk.account}"
    span = {"since": "1700000000", "until": "4000000000"}
    yield desk.raw("GET", f"{base}/reports", params=span | {"metric": "conversations_count", "type": "account"})
    yield desk.raw("GET", f"{base}/reports/summary", params=span | {"type": "account"})
    yield desk.raw("GET", f"{base}/reports/conversations", params={"type": "account"})
    for kind in ("agent", "team", "inbox"):
        yield desk.raw("GET", f"{base}/summary_reports/{kind}", params=span)


def known(fault: tuple[str, str, str]) -> bool:
    """True when a disagreement is listed."""
    return any(listed(one, fault) for one in DRIFT)


def listed(one: tuple[str, str, str], fault: tuple[str, str, str]) -> bool:
    """True when this line of the list is about the disagreement."""
    operations = one[0].replace("{", r"\{").replace("}", r"\}")
    return bool(re.fullmatch(operations, fault[0]) and re.fullmatch(one[1], fault[1]))


def test_answers_are_as_the_file_describes_them(desk: Desk, described: Described) -> None:
    faults = {fault for answer in calls(desk) for fault in described.faults(answer)}
    unknown = sorted(fault for fault in faults if not known(fault))
    assert not unknown, "\n".join(map(str, unknown))


def test_the_list_of_disagreements_holds_nothing_settled(desk: Desk, described: Described) -> None:
    faults = {fault for answer in calls(desk) for fault in described.faults(answer)}
    assert [one for one in DRIFT if not any(listed(one, fault) for fault in faults)] == []


def test_requests_are_as_the_file_describes_them(desk: Desk) -> None:
    openapi = OpenApi()
    faults = {fault for answer in calls(desk) for fault in openapi.faults(answer.request)}
    unknown = [fault for fault in sorted(faults) if not any(re.fullmatch(one, fault) for one, _ in REQUEST_DRIFT)]
    assert "\n".join(unknown) == ""
    assert [one for one, _ in REQUEST_DRIFT if not any(re.fullmatch(one, fault) for fault in faults)] == []

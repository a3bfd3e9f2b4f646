"""Chatwoot on the wire: what a real 4.15.1 answered and delivered is read, a surprise is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus.core import clock
from clobus.core.errors import BadAnswer, GatewayError, Missing, Refused, Transient
from clobus.gateways.chatwoot import verdict, wire

RECORDING = Path(__file__).parents[1] / "contract" / "recordings" / "desk.jsonl"
CONVERSATION = {
    "id": 42, "inbox_id": 3, "status": "open", "created_at": 1, "updated_at": 1.5, "labels": ["рус"],
    "custom_attributes": {}, "meta": {"sender": {"id": 55}, "assignee": {"id": 7}, "assignee_type": "User"},
}  # fmt: skip


def steps() -> list[dict[str, Any]]:
    if not RECORDING.exists():
        pytest.skip("the recording is not here yet")
    return [json.loads(line) for line in RECORDING.read_text("utf-8").splitlines()]


def answer(name: str) -> bytes:
    body = next(step["answer"]["body"] for step in steps() if step["name"] == name)
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("name", "kind", "inside"),
    [
        ("profile of an administrator", wire.Profile, ()),
        ("platform creates a user", wire.PlatformUser, ()),
        ("agent created by e-mail", wire.Agent, ()),
        ("agents", list[wire.Agent], ()),
        ("team created", wire.Team, ()),
        ("team members", list[wire.Agent], ()),
        ("teams", list[wire.Team], ()),
        ("labels", list[wire.Label], ("payload",)),
        ("attribute definitions", list[wire.AttributeDefinition], ()),
        ("webhooks", list[wire.Webhook], ("payload", "webhooks")),
        ("inbox shown", wire.Inbox, ()),
        ("contact created", wire.Contact, ("payload", "contact")),
        ("contact shown", wire.Contact, ("payload",)),
        ("contact searched", list[wire.Contact], ("payload",)),
        ("conversation created bare", wire.Conversation, ()),
        ("conversation shown", wire.Conversation, ()),
        ("resolved conversation shown", wire.Conversation, ()),
        ("conversations of an inbox", list[wire.Conversation], ("data", "payload")),
        ("outgoing message by the agent", wire.Message, ()),
        ("incoming message", wire.Message, ()),
        ("private note", wire.Message, ()),
        ("message with a file", wire.Message, ()),
        ("messages", list[wire.Message], ("payload",)),
    ],
)
def test_recorded_answers_are_read(name: str, kind: Any, inside: tuple[str, ...]) -> None:
    body = json.loads(answer(name))
    for member in inside:
        body = body[member]
    wire.decode(filled(body), kind)


def filled(body: Any) -> bytes:
    """Give captured ids, which the recording replaced by placeholders, numbers again."""

    def fill(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(name, inner) for inner in value]
        if isinstance(value, str) and value.startswith("{{") and (name == "id" or name.endswith("_id")):
            return 1 if name != "source_id" else value
        return value

    return json.dumps(fill("", body)).encode()


def test_recorded_deliveries_are_read() -> None:
    seen: dict[str, int] = {}
    for step in steps():
        for delivery in step["webhooks"]:
            event = wire.read_event(filled(delivery["body"]))
            assert event.event == delivery["body"]["event"]
            seen[type(event).__name__] = seen.get(type(event).__name__, 0) + 1
            if isinstance(event, wire.ConversationEvent) and event.changed_attributes:
                assert event.changed
    assert set(seen) == {"ConversationEvent", "MessageEvent", "ContactEvent", "OtherEvent"}


def test_who_has_a_conversation() -> None:
    row = wire.decode(json.dumps(CONVERSATION).encode(), wire.Conversation)
    assert (row.contact_id, row.agent_id, row.team_id) == (55, 7, None)
    bot = CONVERSATION | {"meta": {"sender": {"id": 55}, "assignee": {"id": 4}, "assignee_type": "AgentBot"}}
    assert wire.decode(json.dumps(bot).encode(), wire.Conversation).agent_id is None


@pytest.mark.parametrize("member", ["id", "inbox_id", "status", "updated_at", "meta"])
def test_a_missing_member_is_a_surprise(member: str) -> None:
    body = {name: value for name, value in CONVERSATION.items() if name != member} | {"event": "conversation_updated"}
    with pytest.raises(BadAnswer, match=member):
        wire.read_event(json.dumps(body).encode())


def test_a_surprise_does_not_tell_the_value() -> None:
    body = CONVERSATION | {"status": "Ivanov"}
    with pytest.raises(BadAnswer) as caught:
        wire.decode(json.dumps(body).encode(), wire.Conversation)
    assert "Ivanov" not in str(caught.value)
    assert "$.status" in str(caught.value)


def test_an_unknown_event_is_only_counted() -> None:
    assert wire.read_event(b'{"event":"conversation_typing_on","user":{}}') == wire.OtherEvent(
        event="conversation_typing_on"
    )
    with pytest.raises(BadAnswer):
        wire.read_event(b"[]")


def respond(status: int, body: Any = None, **headers: str) -> httpx.Response:
    request = httpx.Request("POST", "http://chatwoot/api?q=secret")
    if isinstance(body, str) or body is None:
        return httpx.Response(status, text=body or "", headers=headers, request=request)
    return httpx.Response(status, json=body, headers=headers, request=request)


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (respond(401, {"error": "Invalid Access Token"}), Refused, "chatwoot.unauthorized"),
        (respond(401, {"errors": ["You need to sign in"]}), Refused, "chatwoot.unauthorized"),
        (respond(402, {"error": "Account limit exceeded"}), Refused, "chatwoot.licence"),
        (respond(404, {"error": "Resource could not be found"}), Missing, "chatwoot.missing"),
        (respond(404, {"error": "Ресурс не найден"}), Missing, "chatwoot.missing"),
        (respond(404), Missing, "chatwoot.missing"),
        (respond(404, {"status": 404, "error": "Not Found"}), BadAnswer, "chatwoot.no_route"),
        (respond(404, "<html>", **{"content-type": "text/html"}), BadAnswer, "chatwoot.no_route"),
        (respond(422, {"message": "taken", "attributes": ["email"]}), Refused, "chatwoot.invalid"),
        (respond(422, {"error": {"conditions": ["wrong"]}}), Refused, "chatwoot.invalid"),
        (respond(429, "Retry later"), Transient, "chatwoot.throttled"),
        (respond(500, {"status": 500, "error": "Internal Server Error"}), Transient, "gateway.transient"),
        (respond(502, "<html>"), Transient, "gateway.transient"),
        (respond(200, "<html>", **{"content-type": "text/html"}), BadAnswer, "chatwoot.html"),
        (respond(302, ""), BadAnswer, "gateway.bad_answer"),
    ],
)
def test_what_an_answer_means(response: httpx.Response, kind: type[GatewayError], code: str) -> None:
    judged = verdict.judge("chatwoot", response)
    assert type(judged) is kind
    assert judged.code == code
    assert "secret" not in str(judged)


def test_a_taken_value_is_named_by_its_attribute() -> None:
    refused = verdict.judge("chatwoot", respond(422, {"message": "x", "attributes": ["email"]}))
    assert isinstance(refused, Refused)
    assert refused.data["attributes"] == ["email"]
    assert verdict.read_error({"error": {"conditions": ["wrong"]}}) == '{"conditions":["wrong"]}'


def test_throttling_waits_for_the_next_window_unless_told() -> None:
    with clock.freeze(datetime(2026, 1, 1, 0, 0, 45, tzinfo=UTC)):
        waits = verdict.judge("chatwoot", respond(429, "Retry later"))
        assert isinstance(waits, Transient)
        assert waits.retry_after == pytest.approx(15.5)
        told = verdict.judge("chatwoot", respond(429, "", **{"Retry-After": "3"}))
        assert isinstance(told, Transient)
        assert told.retry_after == 3

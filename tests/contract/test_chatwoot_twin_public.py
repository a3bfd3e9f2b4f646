"""The twin's Public API and the survey (chatwoot.md §2.10, §3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from tests.contract.chatwoot_desk import Desk


@pytest.fixture
def inbox(desk: Desk) -> dict[str, Any]:
    return desk.inbox(csat_survey_enabled=True)


def base(inbox: dict[str, Any]) -> str:
    return f"/public/api/v1/inboxes/{inbox['inbox_identifier']}"


def customer(desk: Desk, inbox: dict[str, Any], **fields: Any) -> str:
    made = desk.ask("POST", f"{base(inbox)}/contacts", {"name": "иван Петров"} | fields, "")
    return f"{base(inbox)}/contacts/{made['source_id']}"


def test_a_contact_is_made_once_for_a_source_id(desk: Desk, inbox: dict[str, Any]) -> None:
    first = desk.ask("POST", f"{base(inbox)}/contacts", {"source_id": "s1", "name": "А"}, "")
    second = desk.ask("POST", f"{base(inbox)}/contacts", {"source_id": "s1", "name": "Б"}, "")
    assert first == second
    known = desk.contact(identifier="k-1", email="k@example.org")
    by_identifier = desk.ask("POST", f"{base(inbox)}/contacts", {"identifier": "k-1"}, "")
    by_email = desk.ask("POST", f"{base(inbox)}/contacts", {"email": "k@example.org"}, "")
    assert by_identifier["id"] == by_email["id"] == known["id"]


def test_the_customer_resolves_in_their_own_name(desk: Desk, inbox: dict[str, Any]) -> None:
    place = customer(desk, inbox) + "/conversations"
    conversation = desk.ask("POST", place, {}, "")
    for _ in range(2):
        shown = desk.ask("POST", f"{place}/{conversation['id']}/toggle_status", {}, "")
        assert shown["status"] == "resolved"
    assert desk.lines(conversation) == ["Conversation was resolved by Иван петров"]


def test_the_customer_sees_no_notes_and_no_activity(desk: Desk, inbox: dict[str, Any]) -> None:
    place = customer(desk, inbox) + "/conversations"
    conversation = desk.ask("POST", place, {"custom_attributes": {"a": "b"}}, "")
    messages = f"{place}/{conversation['id']}/messages"
    desk.ask("POST", messages, {"content": "вопрос"}, "")
    desk.say(conversation, "ответ", message_type="outgoing")
    desk.say(conversation, "заметка", message_type="outgoing", private=True)
    desk.ask("POST", f"conversations/{conversation['id']}/labels", {"labels": ["x"]})
    shown = desk.ask("GET", messages, token="")
    assert [one["content"] for one in shown] == ["вопрос", "ответ"]
    assert [one["content"] for one in desk.ask("GET", f"{messages}?before={shown[1]['id']}", token="")] == ["вопрос"]
    desk.ask("POST", f"{place}/{conversation['id']}/update_last_seen", {}, "")
    read = desk.ask("GET", f"conversations/{conversation['id']}/messages")["payload"]
    assert next(one for one in read if one["content"] == "ответ")["status"] == "read"
    assert desk.ask("GET", f"{customer(desk, inbox)}/conversations/{conversation['id']}", token="", status=404)


def test_typing_of_the_customer(desk: Desk, inbox: dict[str, Any]) -> None:
    desk.webhook("conversation_typing_on", "conversation_typing_off")
    place = customer(desk, inbox) + "/conversations"
    conversation = desk.ask("POST", place, {}, "")
    desk.ask("POST", f"{place}/{conversation['id']}/toggle_typing", {"typing_status": "off"}, "")
    (delivery,) = desk.receiver.wait(f"/account{desk.mark}", "conversation_typing_off")
    assert "type" not in delivery["body"]["user"]


def test_identity_is_validated_by_a_hash(desk: Desk) -> None:
    inbox = desk.inbox()
    desk.ask("PATCH", f"inboxes/{inbox['id']}", {"channel": {"hmac_mandatory": True}})
    body = {"identifier": "user-1", "name": "x"}
    crash = {"status": 500, "error": "Internal Server Error"}
    assert desk.ask("POST", f"{base(inbox)}/contacts", body, "", 500) == crash
    proof = hmac.new(inbox["hmac_token"].encode(), b"user-1", hashlib.sha256).hexdigest()
    made = desk.ask("POST", f"{base(inbox)}/contacts", body | {"identifier_hash": proof}, "")
    conversation = desk.conversation(inbox, made | {"id": made["id"]})
    assert conversation["meta"]["hmac_verified"] is True


def test_a_patch_merges_into_who_has_the_email(desk: Desk, inbox: dict[str, Any]) -> None:
    known = desk.contact(email="known@example.org", name="Известный")
    place = customer(desk, inbox)
    raw = desk.ask("PATCH", place, {"email": "known@example.org"}, "")
    assert (raw["id"], raw["account_id"]) == (known["id"], desk.account)
    assert desk.ask("GET", place, token="")["id"] == known["id"]


def test_the_survey_goes_out_once_and_is_answered_in_public(desk: Desk, inbox: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, desk.contact(inbox))
    toggle = f"conversations/{conversation['id']}/toggle_status"
    for status in ("resolved", "open", "resolved"):
        desk.ask("POST", toggle, {"status": status})
    messages = desk.ask("GET", f"conversations/{conversation['id']}/messages")["payload"]
    assert sum(one["content_type"] == "input_csat" for one in messages) == 1
    place = f"/public/api/v1/csat_survey/{conversation['uuid']}"
    for rating in (2, 5):
        answer = {"csat_survey_response": {"rating": rating, "feedback_message": "ок"}}
        desk.ask("PUT", place, {"message": {"submitted_values": answer}}, "")
    assert desk.ask("GET", place, token="")["csat_survey_response"]["rating"] == 5
    (kept,) = desk.ask("GET", "csat_survey_responses")
    assert (kept["rating"], kept["conversation_id"]) == (5, conversation["id"])
    metrics = {"total_count": 1, "ratings_count": {"5": 1}, "total_sent_messages_count": 1}
    assert desk.ask("GET", "csat_survey_responses/metrics") == metrics
    desk.twin.clock(shift_seconds=15 * 86400)
    late = desk.ask("PUT", place, {"message": {"submitted_values": answer}}, "", 422)
    assert late == {"error": "You cannot update the CSAT survey after 14 days"}


def test_a_choice_is_answered_in_public(desk: Desk, inbox: dict[str, Any]) -> None:
    place = customer(desk, inbox) + "/conversations"
    conversation = desk.ask("POST", place, {}, "")
    items = {"items": [{"title": "Да", "value": "yes"}]}
    asked = desk.say(conversation, "?", message_type="outgoing", content_type="input_select", content_attributes=items)
    values = [{"name": "q", "title": "Да", "value": "yes"}]
    path = f"{place}/{conversation['id']}/messages/{asked['id']}"
    shown = desk.ask("PATCH", path, {"submitted_values": values}, "")
    assert shown["content_attributes"] == items | {"submitted_values": values}

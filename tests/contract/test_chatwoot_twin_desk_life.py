"""A conversation's life in the twin beyond the recording: who may, what is left behind, files, reports (§2.3, §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.chatwoot_desk import Desk, until


@pytest.fixture
def inbox(desk: Desk) -> dict[str, Any]:
    return desk.inbox()


def test_an_agent_begins_conversations_in_own_inboxes_only(desk: Desk, inbox: dict[str, Any]) -> None:
    agent, token = desk.agent("Beginner")
    contact = desk.contact(inbox)
    body = {"inbox_id": inbox["id"], "contact_id": contact["id"], "source_id": contact["source_id"]}
    refused = desk.ask("POST", "conversations", body, token, status=401)
    assert refused == {"error": "You are not authorized to do this action"}
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    desk.ask("POST", "conversations", body, token)


def test_being_the_assignee_opens_nothing(desk: Desk, inbox: dict[str, Any]) -> None:
    agent, token = desk.agent("Outsider")
    conversation = desk.conversation(inbox, desk.contact(inbox), assignee_id=agent)
    desk.ask("GET", f"conversations/{conversation['id']}", token=token, status=401)
    assert desk.ask("GET", f"conversations/{conversation['id']}/participants") == []


def test_a_conversation_made_with_a_team_says_who_assigned_it(desk: Desk, inbox: dict[str, Any]) -> None:
    agent, _ = desk.agent("Doer")
    team = desk.ask("POST", "teams", {"name": "первая", "allow_auto_assign": False})["id"]
    desk.ask("POST", f"teams/{team}/team_members", {"user_ids": [agent]})
    contact = desk.contact(inbox)
    both = desk.conversation(inbox, contact, team_id=team, assignee_id=agent)
    assert both["messages"] == []
    assert desk.lines(both) == ["Assigned to Doer via первая by Admin"]
    alone = desk.conversation(inbox, contact, assignee_id=agent)
    assert desk.lines(alone) == ["Assigned to Doer by Admin"]
    assert desk.shown(alone)["messages"][0]["content"] == "Assigned to Doer by Admin"
    assert desk.shown(alone)["last_non_activity_message"] is None


def test_participants_have_access_to_the_inbox(desk: Desk, inbox: dict[str, Any]) -> None:
    member, _ = desk.agent("Insider")
    stranger, _ = desk.agent("Stranger")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [member]})
    place = f"conversations/{desk.conversation(inbox, desk.contact(inbox))['id']}/participants"
    added = desk.ask("POST", place, {"user_ids": [member, stranger]})
    assert [one["id"] for one in added] == [member, stranger]
    assert [one["id"] for one in desk.ask("GET", place)] == [member]
    admin = desk.ask("GET", "/api/v1/profile")["id"]
    assert [one["id"] for one in desk.ask("PATCH", place, {"user_ids": [admin]})] == [admin]
    desk.ask("DELETE", place, {"user_ids": [admin]})
    assert desk.ask("GET", place) == []
    desk.ask("POST", place, {"user_ids": [99_999_999]}, status=500)


def test_files_are_listed_with_who_sent_them(desk: Desk, inbox: dict[str, Any]) -> None:
    contact = desk.contact(inbox)
    conversation = desk.conversation(inbox, contact)
    files = [("attachments[]", ("a.txt", b"abc", "text/plain")), ("attachments[]", ("b.png", b"x", "image/png"))]
    place = f"conversations/{conversation['id']}"
    desk.raw("POST", f"{place}/messages", data={"content": "f"}, files=files)
    listed = desk.ask("GET", f"{place}/attachments")
    assert listed["meta"] == {"total_count": 2}
    keys = {"id", "message_id", "thumb_url", "data_url", "file_size", "file_type", "extension", "width", "height"}
    assert listed["payload"][0].keys() == keys | {"created_at", "sender"}
    theirs = desk.ask("GET", f"contacts/{contact['id']}/attachments")["payload"]
    assert [one["conversation_id"] for one in theirs] == [conversation["id"]] * 2


def test_a_failure_is_kept_until_it_is_mended_and_leaves_a_null(desk: Desk, inbox: dict[str, Any]) -> None:
    desk.webhook("message_updated")
    conversation = desk.conversation(inbox, desk.contact(inbox))
    message = desk.say(conversation, "x", message_type="outgoing", content_attributes={"own": 1})
    place = f"conversations/{conversation['id']}/messages/{message['id']}"
    failed = desk.ask("PATCH", place, {"status": "failed", "external_error": "нет пути"})
    assert failed["content_attributes"] == {"own": 1, "external_error": "нет пути"}
    mended = desk.ask("PATCH", place, {"status": "sent"})
    assert mended["content_attributes"] == {"own": 1, "external_error": None}
    desk.ask("PATCH", place, {"status": "failed", "external_error": "снова"})
    retried = desk.ask("POST", f"{place}/retry", {})
    assert (retried["status"], retried["content_attributes"]) == ("sent", {})
    assert len(desk.receiver.wait(f"/account{desk.mark}", "message_updated", 5)) == 5


def test_snoozing_takes_epoch_seconds_only(desk: Desk, inbox: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, desk.contact(inbox), source_id="fresh", hmac_verified=True)
    assert conversation["meta"]["hmac_verified"] is True
    place = f"conversations/{conversation['id']}/toggle_status"
    desk.ask("POST", place, {"status": "snoozed", "snoozed_until": "2030-01-01T00:00:00Z"}, status=500)
    assert desk.shown(conversation)["status"] == "open"
    shown = desk.ask("POST", place, {"status": "snoozed", "snoozed_until": "1900000000"})["payload"]
    assert shown["snoozed_until"] == "2030-03-17T17:46:40.000Z"


def test_only_what_goes_out_is_the_callers(desk: Desk, inbox: dict[str, Any]) -> None:
    desk.webhook("message_created")
    contact = desk.contact(inbox)
    conversation = desk.conversation(inbox, contact)
    for kind in ("activity", "template"):
        made = desk.say(conversation, kind, message_type=kind)
        assert (made["sender"]["type"], made["sender"]["id"]) == ("contact", contact["id"])
    told = desk.receiver.wait(f"/account{desk.mark}", "message_created")
    assert [one["body"]["message_type"] for one in told] == ["template"]


def test_a_reply_to_nothing_is_a_reply_to_null(desk: Desk, inbox: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, desk.contact(inbox))
    first = desk.say(conversation, "x", source_id="s-1")
    answer = desk.say(conversation, "y", content_attributes={"in_reply_to_external_id": "s-1"})
    assert answer["content_attributes"] == {"in_reply_to": first["id"], "in_reply_to_external_id": "s-1"}
    lost = desk.say(conversation, "z", content_attributes={"in_reply_to": 99_999_999})
    assert lost["content_attributes"] == {"in_reply_to": None, "in_reply_to_external_id": None}


def test_a_rule_works_on_rows_read_anew(desk: Desk, inbox: dict[str, Any]) -> None:
    desk.webhook("conversation_updated")
    condition = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"], "query_operator": None}
    rule = {"name": "r", "event_name": "conversation_created", "conditions": [condition]}
    desk.ask(
        "POST", "automation_rules", rule | {"actions": [{"action_name": "change_priority", "action_params": ["high"]}]}
    )
    conversation = desk.conversation(inbox, desk.contact(inbox))
    body = desk.receiver.wait(f"/account{desk.mark}", "conversation_updated")[0]["body"]
    assert [key for one in body["changed_attributes"] for key in one] == ["updated_at", "priority"]
    assert desk.lines(conversation) == ["Automation System set the priority to high"]


def test_a_public_answer_keeps_what_is_permitted(desk: Desk, inbox: dict[str, Any]) -> None:
    base = f"/public/api/v1/inboxes/{inbox['inbox_identifier']}/contacts"
    source = desk.ask("POST", base, {"name": "П"}, "")["source_id"]
    talk = desk.ask("POST", f"{base}/{source}/conversations", {}, "")
    items = {"items": [{"title": "Да", "value": "y"}]}
    choice = desk.say(talk, "?", message_type="outgoing", content_type="input_select", content_attributes=items)
    place = f"{base}/{source}/conversations/{talk['id']}/messages/{choice['id']}"
    answered = desk.ask("PATCH", place, {"submitted_values": [{"title": "Да", "value": "y", "junk": 1}]}, "")
    assert answered["content_attributes"]["submitted_values"] == [{"title": "Да", "value": "y"}]


def test_reports_show_the_empty_periods_too(desk: Desk, inbox: dict[str, Any]) -> None:
    made = desk.conversation(inbox, desk.contact(inbox))
    day = made["created_at"] // 86400 * 86400
    base = f"/api/v2/accounts/{desk.account}/reports"
    span = f"since={day - 86400}&until={day + 2 * 86400}&type=account"
    counted = desk.ask("GET", f"{base}?metric=conversations_count&{span}")
    assert counted == [
        {"value": 0, "timestamp": day - 86400},
        {"value": 1, "timestamp": day},
        {"value": 0, "timestamp": day + 86400},
    ]
    averages = desk.ask("GET", f"{base}?metric=avg_resolution_time&{span}")
    assert averages == [{"value": 0, "timestamp": one["timestamp"], "count": 0} for one in counted]
    months = desk.ask(
        "GET", f"{base}?metric=conversations_count&type=account&group_by=month&since=1767225600&until=1798761600"
    )
    assert len(months) == 12
    desk.ask("GET", f"{base}?metric=conversations_count&type=inbox&id=99999999&since={day}&until={day + 1}", status=404)


def test_events_of_reports_are_listed(desk: Desk, inbox: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, desk.contact(inbox))
    desk.ask("POST", f"conversations/{conversation['id']}/toggle_status", {"status": "resolved"})
    listed = desk.ask("GET", "reporting_events?name=conversation_resolved")
    assert listed["meta"] == {"count": 1, "current_page": 1, "total_pages": 1}
    assert listed["payload"][0]["conversation_id"] == conversation["id"]
    assert desk.ask("GET", f"conversations/{conversation['id']}/reporting_events") == listed["payload"]
    until(lambda: desk.twin.control("GET", "deliveries")["pending"] == 0)

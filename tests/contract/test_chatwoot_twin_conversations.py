"""Conversations of the twin beyond the recording (chatwoot.md §1.4, §2.3, §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.chatwoot_desk import Desk


def row(key: str, operator: str, values: list[Any], then: str | None = None) -> dict[str, Any]:
    return {"attribute_key": key, "filter_operator": operator, "values": values, "query_operator": then}


@pytest.fixture
def inbox(desk: Desk) -> dict[str, Any]:
    return desk.inbox(enable_auto_assignment=False)


@pytest.fixture
def contact(desk: Desk, inbox: dict[str, Any]) -> dict[str, Any]:
    return desk.contact(inbox)


def define(desk: Desk, key: str, kind: str = "text") -> None:
    desk.ask(
        "POST",
        "custom_attribute_definitions",
        {
            "attribute_display_name": key,
            "attribute_key": key,
            "attribute_display_type": kind,
            "attribute_model": "conversation_attribute",
        },
    )


def found(desk: Desk, *rows: dict[str, Any]) -> set[int]:
    return {one["id"] for one in desk.ask("POST", "conversations/filter", {"payload": list(rows)})["payload"]}


def test_pages_hold_25_and_updated_within_has_none(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    for _ in range(30):
        desk.conversation(inbox, contact)
    pages = [
        desk.ask("GET", f"conversations?status=all&sort_by=created_at_asc&page={page}")["data"]["payload"]
        for page in (1, 2, 3)
    ]
    assert [[one["id"] for one in page] for page in pages] == [list(range(1, 26)), list(range(26, 31)), []]
    recent = desk.ask("GET", "conversations?status=all&updated_within=60")["data"]
    assert len(recent["payload"]) == 30
    assert recent["meta"] == {"mine_count": 0, "assigned_count": 0, "unassigned_count": 30, "all_count": 30}
    desk.twin.clock(shift_seconds=120)
    assert desk.ask("GET", "conversations?status=all&updated_within=60")["data"]["payload"] == []
    desk.say({"id": 7}, "bump")
    assert [one["id"] for one in desk.ask("GET", "conversations?updated_within=60")["data"]["payload"]] == [7]


def test_messages_come_20_at_a_time(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, contact)
    ids = [desk.say(conversation, str(number))["id"] for number in range(45)]
    place = f"conversations/{conversation['id']}/messages"

    def shown(query: str) -> list[int]:
        return [one["id"] for one in desk.ask("GET", place + query)["payload"]]

    assert shown("") == ids[-20:]
    assert shown(f"?before={ids[25]}") == ids[5:25]
    assert shown(f"?after={ids[9]}") == ids[10:]
    assert shown(f"?after={ids[9]}&before={ids[12]}") == ids[9:12]


def test_filters_join_left_to_right_and_binds_tighter(
    desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]
) -> None:
    define(desk, "number_con")
    define(desk, "con_day", "date")
    for number, day in (("A1", "2025-01-01"), ("a2", "2025-02-01"), (None, None)):
        attributes = {"number_con": number, "con_day": day} if number else {}
        desk.conversation(inbox, contact, custom_attributes=attributes)
    desk.ask("POST", "conversations/3/labels", {"labels": ["vip"]})
    assert found(desk, row("number_con", "equal_to", ["a1"])) == {1}
    assert found(desk, row("number_con", "not_equal_to", ["A1"])) == {2, 3}
    assert found(desk, row("number_con", "is_present", [])) == {1, 2}
    assert found(desk, row("con_day", "is_greater_than", ["2025-01-15"])) == {2}
    either = [row("labels", "equal_to", ["vip"], "OR"), row("number_con", "equal_to", ["A1"], "AND")]
    assert found(desk, *either, row("status", "equal_to", ["resolved"])) == {3}
    assert found(desk, row("display_id", "equal_to", [2])) == {2}
    assert found(desk, row("created_at", "days_before", [1])) == set()


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        (row("nonsense", "equal_to", ["x"]), "Invalid attribute key - [nonsense]."),
        (row("status", "contains", ["x"]), "Invalid operator. The allowed operators for status are"),
        (row("status", "equal_to", []), "Invalid value. The values provided for status are invalid"),
        (row("status", "equal_to", ["open"], "XOR"), 'Query operator must be either "AND" or "OR".'),
    ],
)
def test_wrong_filters_are_422(desk: Desk, condition: dict[str, Any], error: str) -> None:
    answer = desk.ask("POST", "conversations/filter", {"payload": [condition]}, status=422)
    assert answer["error"].startswith(error)


def test_what_is_not_known_finds_nothing_or_crashes(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    desk.conversation(inbox, contact)
    assert desk.ask("GET", "conversations?status=nonsense")["data"]["payload"] == []
    assert desk.ask("GET", "custom_attribute_definitions?attribute_model=nonsense") == []
    assert desk.ask("GET", "custom_filters?filter_type=nonsense") == []
    for what in ("conversations", "contacts"):
        desk.ask("POST", f"{what}/filter", {}, status=500)
    off = {"error": "Conversation unread counts feature not enabled for this account"}
    assert desk.ask("GET", "conversations/unread_counts", status=403) == off


def test_one_conversation_for_ever_when_the_inbox_is_locked(desk: Desk) -> None:
    inbox = desk.inbox(lock_to_single_conversation=True)
    contact = desk.contact(inbox)
    first = desk.conversation(inbox, contact, message={"content": "раз"})
    desk.ask("POST", f"conversations/{first['id']}/toggle_status", {"status": "resolved"})
    second = desk.conversation(inbox, contact, message={"content": "два"}, custom_attributes={"x": "y"})
    assert (second["id"], second["status"], second["custom_attributes"]) == (first["id"], "resolved", {})
    assert second["messages"][0]["content"] == "два"


def test_a_source_id_of_somebody_else_is_refused(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    other = desk.contact(inbox, name="Другой")
    body = {"inbox_id": inbox["id"], "contact_id": other["id"], "source_id": contact["source_id"]}
    assert desk.ask("POST", "conversations", body, status=422) == {"error": "source_id should be unique"}


def test_a_team_drops_an_assignee_who_is_not_in_it(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    inside, _ = desk.agent("Inside")
    outside, _ = desk.agent("Outside")
    team = desk.ask("POST", "teams", {"name": " Бухгалтерия ", "allow_auto_assign": False})
    assert team["name"] == "бухгалтерия"
    desk.ask("POST", f"teams/{team['id']}/team_members", {"user_ids": [inside]})
    conversation = desk.conversation(inbox, contact)
    place = f"conversations/{conversation['id']}/assignments"
    for user_id, kept in ((outside, False), (inside, True)):
        desk.ask("POST", place, {"team_id": 0})
        desk.ask("POST", place, {"assignee_id": user_id})
        desk.ask("POST", place, {"team_id": team["id"]})
        assert ("assignee" in desk.shown(conversation)["meta"]) is kept
    assert desk.ask("POST", place, {"team_id": 0}) is None
    assert "Unassigned from бухгалтерия by Admin" in desk.lines(conversation)


def test_an_agent_who_opens_becomes_assignee_an_administrator_does_not(
    desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]
) -> None:
    agent, token = desk.agent("Opener")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    conversation = desk.conversation(inbox, contact)
    place = f"conversations/{conversation['id']}/toggle_status"
    desk.ask("POST", place)
    assert desk.shown(conversation)["status"] == "resolved"
    desk.ask("POST", place)
    assert "assignee" not in desk.shown(conversation)["meta"]
    desk.ask("POST", place, {"status": "pending"})
    desk.ask("POST", place, {"status": "open"}, token)
    assert desk.shown(conversation)["meta"]["assignee"]["id"] == agent
    assert "Opener self-assigned this conversation" in desk.lines(conversation)


def test_a_snoozed_conversation_opens_by_itself_and_by_a_message(
    desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]
) -> None:
    conversation = desk.conversation(inbox, contact)
    place = f"conversations/{conversation['id']}/toggle_status"
    until = conversation["created_at"] + 3600
    desk.ask("POST", place, {"status": "snoozed", "snoozed_until": until})
    desk.say(conversation, "раньше")
    assert desk.shown(conversation)["status"] == "open"
    assert desk.lines(conversation)[-1] == "Conversation was reopened by Admin"
    desk.ask("POST", place, {"status": "snoozed", "snoozed_until": until})
    desk.twin.control("POST", "cron")
    assert desk.shown(conversation)["status"] == "snoozed"
    desk.twin.clock(shift_seconds=3700)
    desk.twin.control("POST", "cron")
    shown = desk.shown(conversation)
    assert (shown["status"], shown["snoozed_until"]) == ("open", None)


def test_muting_resolves_and_blocks(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, contact)
    desk.ask("POST", f"conversations/{conversation['id']}/mute")
    desk.say(conversation, "алло")
    shown = desk.shown(conversation)
    assert (shown["status"], shown["muted"]) == ("resolved", True)
    assert desk.conversation(inbox, contact)["status"] == "resolved"
    desk.ask("POST", f"conversations/{conversation['id']}/unmute")
    assert desk.shown(conversation)["muted"] is False
    assert "Admin has muted the conversation" in desk.lines(conversation)


def test_waiting_and_first_reply(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    conversation = desk.conversation(inbox, contact)
    assert (conversation["waiting_since"], conversation["first_reply_created_at"]) == (conversation["created_at"], 0)
    desk.say(conversation, "заметка", message_type="outgoing", private=True)
    assert desk.shown(conversation)["waiting_since"] > 0
    desk.say(conversation, "ответ", message_type="outgoing")
    shown = desk.shown(conversation)
    assert shown["waiting_since"] == 0
    assert shown["first_reply_created_at"] > 0
    desk.say(conversation, "ещё вопрос")
    assert desk.shown(conversation)["waiting_since"] > 0
    desk.ask("POST", f"conversations/{conversation['id']}/toggle_status", {"status": "resolved"})
    assert desk.shown(conversation)["waiting_since"] == 0


def test_bulk_actions(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    ids = [desk.conversation(inbox, contact)["id"] for _ in range(3)]
    desk.ask("POST", f"conversations/{ids[0]}/labels", {"labels": ["old", "kept"]})
    body = {"type": "Conversation", "ids": [*ids[:2], 999], "fields": {"status": "resolved"}}
    assert desk.ask("POST", "bulk_actions", body | {"labels": {"add": ["new"], "remove": ["old"]}}) is None
    shown = [desk.shown({"id": one}) for one in ids]
    assert [one["status"] for one in shown] == ["resolved", "resolved", "open"]
    assert [one["labels"] for one in shown] == [["kept", "new"], ["new"], []]


def test_deleting_is_for_administrators(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    agent, token = desk.agent("Deleter")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    conversation = desk.conversation(inbox, contact)
    place = f"conversations/{conversation['id']}"
    refused = {"error": "You are not authorized to do this action"}
    assert desk.ask("DELETE", place, token=token, status=401) == refused
    desk.ask("DELETE", place)
    assert desk.ask("GET", place, status=404) == {"error": "Resource could not be found"}


def test_message_rules(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    place = f"conversations/{desk.conversation(inbox, contact)['id']}/messages"
    long = desk.ask("POST", place, {"content": "x" * 150_001}, status=422)
    assert long == {"error": "Validation failed: Content is too long (maximum is 150000 characters)"}
    items = {"items": [{"title": "Да", "foo": 1}]}
    wrong = desk.ask("POST", place, {"content_type": "input_select", "content_attributes": items}, status=422)
    assert "invalid keys for items : [:foo]" in wrong["error"]
    sent = desk.ask("POST", place, {"content": "x"})
    read = desk.ask("PATCH", f"{place}/{sent['id']}", {"status": "read"})
    assert read["status"] == "read"
    assert desk.ask("PATCH", f"{place}/{sent['id']}", {"status": "delivered"})["status"] == "read"
    failed = desk.ask("PATCH", f"{place}/{sent['id']}", {"status": "failed", "external_error": "нет связи"})
    assert failed["content_attributes"] == {"external_error": "нет связи"}
    assert desk.ask("POST", f"{place}/{sent['id']}/retry")["content_attributes"] == {}


def test_attachments_can_be_fetched(desk: Desk, inbox: dict[str, Any], contact: dict[str, Any]) -> None:
    place = f"conversations/{desk.conversation(inbox, contact)['id']}/messages"
    files = {"attachments[]": ("акт.pdf", b"%PDF-1.4 content", "application/pdf")}
    sent = desk.raw("POST", place, data={"content": "", "private": "true"}, files=files).json()
    assert sent["private"] is True
    (attachment,) = sent["attachments"]
    assert (attachment["file_type"], attachment["file_size"], attachment["extension"]) == ("file", 16, "pdf")
    redirect = desk.http.get(attachment["data_url"])
    assert redirect.status_code == 302
    assert desk.http.get(redirect.headers["location"]).content == b"%PDF-1.4 content"


def test_greeting_and_out_of_office(desk: Desk) -> None:
    closed = [{"day_of_week": day, "closed_all_day": True} for day in range(7)]
    inbox = desk.inbox(
        greeting_enabled=True,
        greeting_message="Здравствуйте!",
        working_hours_enabled=True,
        out_of_office_message="Мы закрыты",
        working_hours=closed,
    )
    conversation = desk.conversation(inbox, desk.contact(inbox))
    for content in ("раз", "два"):
        desk.say(conversation, content)
    messages = desk.ask("GET", f"conversations/{conversation['id']}/messages")["payload"]
    assert sorted(one["content"] for one in messages if one["message_type"] == 3) == ["Здравствуйте!", "Мы закрыты"]


def test_search_looks_at_all_three(desk: Desk, inbox: dict[str, Any]) -> None:
    contact = desk.contact(inbox, name="Зухра")
    desk.conversation(inbox, contact, message={"content": "Про Зухру и НДС"})
    parts = desk.ask("GET", "search?q=зухр")["payload"]
    assert {name: len(rows) for name, rows in parts.items()} == {
        "conversations": 1,
        "contacts": 1,
        "messages": 1,
        "articles": 0,
    }
    (found_one,) = desk.ask("GET", "conversations/search?q=ндс")["payload"]
    assert found_one["messages"][0]["content"] == "Про Зухру и НДС"


def test_an_assignment_policy_belongs_to_one_inbox_at_a_time(desk: Desk, inbox: dict[str, Any]) -> None:
    policy = desk.ask("POST", "assignment_policies", {"assignment_policy": {"name": "по очереди"}})
    place = f"inboxes/{inbox['id']}/assignment_policy"
    assert desk.ask("GET", place, status=404) == {"error": "Assignment policy not found"}
    assert desk.ask("POST", place, {"assignment_policy_id": policy["id"]})["assigned_inbox_count"] == 1
    desk.ask("DELETE", place)
    assert desk.ask("GET", f"assignment_policies/{policy['id']}")["assigned_inbox_count"] == 0


def test_an_open_conversation_goes_to_who_is_online(desk: Desk) -> None:
    inbox = desk.inbox(enable_auto_assignment=True)
    agent, _ = desk.agent("Online")
    desk.ask("POST", "inbox_members", {"inbox_id": inbox["id"], "user_ids": [agent]})
    contact = desk.contact(inbox)
    assert "assignee" not in desk.shown(desk.conversation(inbox, contact))["meta"]
    desk.ask("PATCH", f"agents/{agent}", {"availability": "online", "auto_offline": False})
    assert desk.shown(desk.conversation(inbox, contact))["meta"]["assignee"]["id"] == agent


def test_what_nobody_expected_is_a_500(desk: Desk, inbox: dict[str, Any]) -> None:
    body = {"inbox_id": inbox["id"], "user_ids": ["x"]}
    crash = {"status": 500, "error": "Internal Server Error"}
    assert desk.ask("POST", "inbox_members", body, status=500) == crash
    contact = desk.contact(inbox)
    made = {"inbox_id": inbox["id"], "contact_id": contact["id"], "source_id": contact["source_id"]}
    assert desk.ask("POST", "conversations", made | {"status": "nonsense"}, status=500) == crash
    assert desk.conversation(inbox, contact)["id"] == 1

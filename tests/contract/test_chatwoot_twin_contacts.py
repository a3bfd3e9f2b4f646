"""Contacts of the twin beyond the recording (chatwoot.md §1.4, §2.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.chatwoot_desk import Desk, until


@pytest.fixture
def inbox(desk: Desk) -> dict[str, Any]:
    return desk.inbox()


def test_merging_keeps_the_base_and_moves_everything(desk: Desk, inbox: dict[str, Any]) -> None:
    desk.webhook("contact_updated")
    base = desk.contact(inbox, name="База", custom_attributes={"a": 1, "deep": {"x": 1}})
    other = desk.contact(
        inbox, name="Другой", phone_number="+998901112233", custom_attributes={"a": 2, "b": 3, "deep": {"y": 2}}
    )
    conversation = desk.conversation(inbox, other, message={"content": "x"})
    body = {"base_contact_id": base["id"], "mergee_contact_id": other["id"]}
    merged = desk.ask("POST", "actions/contact_merge", body)
    assert (merged["id"], merged["name"], merged["phone_number"]) == (base["id"], "База", "+998901112233")
    assert merged["custom_attributes"] == {"a": 1, "b": 3, "deep": {"x": 1, "y": 2}}
    assert "contact_inboxes" not in merged
    assert desk.shown(conversation)["meta"]["sender"]["id"] == base["id"]
    desk.ask("GET", f"contacts/{other['id']}", status=404)
    assert len(desk.ask("GET", f"contacts/{base['id']}")["payload"]["contact_inboxes"]) == 2
    desk.receiver.wait(f"/account{desk.mark}", "contact_updated")


def test_attributes_merge_and_can_be_dropped(desk: Desk) -> None:
    contact = desk.contact(custom_attributes={"a": "1", "b": "2"})
    place = f"contacts/{contact['id']}"
    desk.ask("PUT", place, {"custom_attributes": {"b": "3"}})
    shown = desk.ask("POST", f"{place}/destroy_custom_attributes", {"custom_attributes": ["a"]})["payload"]
    assert shown["custom_attributes"] == {"b": "3"}


def test_lists_hold_15_and_only_who_can_be_reached(desk: Desk) -> None:
    for number in range(17):
        desk.contact(name=f"К{number:02}", phone_number=f"+9989000000{number:02}")
    desk.contact(name="Без адреса")
    first = desk.ask("GET", "contacts?sort=-name")
    assert first["meta"] == {"count": 17, "current_page": 1}
    assert [one["name"] for one in first["payload"]][:2] == ["К16", "К15"]
    assert len(desk.ask("GET", "contacts?sort=-name&page=2")["payload"]) == 2
    searched = desk.ask("GET", "contacts/search?q=%2B99890")
    assert searched["meta"] == {"count": 15, "current_page": 1, "has_more": True}
    assert [one["name"] for one in desk.ask("GET", "contacts/search?q=без адреса")["payload"]] == ["Без адреса"]
    assert desk.ask("GET", "contacts?include_contact_inboxes=false")["payload"][0].get("contact_inboxes") is None


def test_filters(desk: Desk) -> None:
    desk.contact(
        name="Азиз", phone_number="+998900000001", identifier="Id-1", additional_attributes={"city": "Ташкент"}
    )
    desk.contact(name="Вера", email="VERA@example.org")

    def found(key: str, operator: str, value: Any) -> list[str]:
        row = {"attribute_key": key, "filter_operator": operator, "values": [value], "query_operator": None}
        return [one["name"] for one in desk.ask("POST", "contacts/filter", {"payload": [row]})["payload"]]

    assert found("phone_number", "equal_to", "998900000001") == ["Азиз"]
    assert found("phone_number", "starts_with", "+9989") == ["Азиз"]
    assert found("identifier", "equal_to", "id-1") == ["Азиз"]
    assert found("city", "contains", "таш") == ["Азиз"]
    assert found("email", "equal_to", "vera@example.org") == ["Вера"]


def test_what_is_taken_is_refused(desk: Desk) -> None:
    desk.contact(phone_number="+998900000001", identifier="i")
    both = desk.ask("POST", "contacts", {"name": "x", "phone_number": "+998900000001", "identifier": "i"}, status=422)
    assert set(both["attributes"]) == {"phone_number", "identifier"}
    long = desk.ask("POST", "contacts", {"name": "x", "custom_attributes": {"k": "x" * 1501}}, status=422)
    assert long["attributes"] == ["custom_attributes"]


def test_addresses_in_inboxes(desk: Desk, inbox: dict[str, Any]) -> None:
    contact = desk.contact()
    body = {"inbox_id": inbox["id"], "source_id": "tg:1"}
    first = desk.ask("POST", f"contacts/{contact['id']}/contact_inboxes", body)
    assert first == desk.ask("POST", f"contacts/{contact['id']}/contact_inboxes", body)
    found = desk.ask("POST", "contact_inboxes/filter", body)
    assert (found["id"], found["contact_inboxes"][0]["source_id"]) == (contact["id"], "tg:1")
    nobody = desk.raw("POST", "contact_inboxes/filter", json=body | {"source_id": "tg:2"})
    assert (nobody.status_code, nobody.content) == (404, b"")


def test_labels_and_notes(desk: Desk) -> None:
    place = f"contacts/{desk.contact()['id']}"
    desk.ask("POST", f"{place}/labels", {"labels": ["a", "b"]})
    assert desk.ask("GET", f"{place}/labels") == {"payload": ["a", "b"]}
    note = desk.ask("POST", f"{place}/notes", {"note": {"content": "важно"}})
    assert [one["content"] for one in desk.ask("GET", f"{place}/notes")] == ["важно"]
    desk.ask("DELETE", f"{place}/notes/{note['id']}")
    assert desk.ask("GET", f"{place}/notes") == []


def test_an_email_brings_company_and_avatar_silently(desk: Desk) -> None:
    desk.twin.control("POST", "settings", {"avatar_after": 0.1})
    contact = desk.contact(email="a@super-soft.uz")
    assert contact["additional_attributes"] == {"company_name": "Super Soft"}
    place = f"contacts/{contact['id']}"
    shown = until(lambda: _with_avatar(desk.ask("GET", place)["payload"]))
    assert set(shown) == {"company_name", "avatar_url_hash", "last_avatar_sync_at"}
    desk.twin.control("POST", "settings", {"avatar_after": 33.0})


def _with_avatar(contact: dict[str, Any]) -> dict[str, Any] | None:
    attributes: dict[str, Any] = contact["additional_attributes"]
    return attributes if "avatar_url_hash" in attributes else None


def test_the_page_is_echoed_as_it_came(desk: Desk) -> None:
    desk.contact(phone_number="+998900000001")
    assert desk.ask("GET", "contacts?page=1")["meta"] == {"count": 1, "current_page": "1"}
    assert desk.ask("GET", "contacts/search?q=998&page=2")["meta"]["current_page"] == "2"
    row = {"attribute_key": "phone_number", "filter_operator": "contains", "values": ["998"], "query_operator": None}
    assert desk.ask("POST", "contacts/filter?page=1", {"payload": [row]})["meta"]["current_page"] == "1"
    assert desk.ask("POST", "contacts/filter", {"payload": [row], "page": 1})["meta"]["current_page"] == 1


def test_what_is_missing_comes_first_going_down_and_last_going_up(desk: Desk) -> None:
    desk.contact(name="А", identifier="a", phone_number="+998900000001")
    desk.contact(name="Б", identifier="b")

    def names(sort: str) -> list[str]:
        return [one["name"] for one in desk.ask("GET", f"contacts?sort={sort}")["payload"]]

    assert (names("phone_number"), names("-phone_number")) == (["А", "Б"], ["Б", "А"])
    assert names("-last_activity_at") == ["А", "Б"]


def test_a_taken_source_id_crashes_everywhere_but_at_conversations(desk: Desk, inbox: dict[str, Any]) -> None:
    owner, other = desk.contact(inbox), desk.contact()
    body = {"inbox_id": inbox["id"], "source_id": owner["source_id"]}
    desk.ask("POST", f"contacts/{other['id']}/contact_inboxes", body, status=500)
    desk.ask("POST", "contacts", body | {"name": "Третий", "phone_number": "+998900000009"}, status=500)
    assert desk.ask("GET", "contacts/search?q=998900000009")["payload"] == []
    desk.ask("POST", "conversations", body | {"contact_id": other["id"]}, status=422)


def test_a_visitor_who_can_be_reached_becomes_a_lead(desk: Desk) -> None:
    desk.webhook("contact_updated")
    contact = desk.contact()
    body = {"email": f"lead.{desk.mark}@gmail.com", "additional_attributes": {"city": "Ташкент", "country": "UZ"}}
    desk.ask("PUT", f"contacts/{contact['id']}", body)
    changed = desk.receiver.wait(f"/account{desk.mark}", "contact_updated")[0]["body"]["changed_attributes"]
    values = {key: value["current_value"] for one in changed for key, value in one.items()}
    assert (values["contact_type"], values["location"], values["country_code"]) == ("lead", "Ташкент", "UZ")


def test_blank_notes_and_files_are_refused(desk: Desk) -> None:
    place = f"contacts/{desk.contact()['id']}/notes"
    wrong = {"message": "Content can't be blank", "attributes": ["content"]}
    assert desk.ask("POST", place, {"content": ""}, status=422) == wrong
    assert desk.ask("POST", "contacts/import", {}, status=422) == {"error": "File is blank"}

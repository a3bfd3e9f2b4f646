"""Webhooks of the twin: signed, filtered, lost, doubled, reordered, late, and what a failure does (chatwoot.md §5)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.contract.chatwoot_desk import Desk, until


def signed(delivery: dict[str, Any], secret: str) -> bool:
    stamp = delivery["headers"]["x-chatwoot-timestamp"].encode()
    wanted = hmac.new(secret.encode(), stamp + b"." + delivery["raw"], hashlib.sha256).hexdigest()
    return bool(delivery["headers"]["x-chatwoot-signature"] == f"sha256={wanted}")


def started(desk: Desk, *subscriptions: str, callback: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """The account's webhook and a conversation."""
    hook = desk.webhook(*subscriptions)
    inbox = desk.inbox(callback)
    return hook, desk.conversation(inbox, desk.contact(inbox))


def test_only_subscribed_events_come_and_they_are_signed(desk: Desk) -> None:
    hook, conversation = started(desk, "message_created")
    desk.say(conversation, "a < b & c")
    desk.ask("POST", f"conversations/{conversation['id']}/labels", {"labels": ["рус"]})
    (delivery,) = desk.receiver.wait(f"/account{desk.mark}", "message_created")
    assert signed(delivery, hook["secret"])
    assert b"\\u003c" in delivery["raw"]
    assert b"\\u0026" in delivery["raw"]
    assert delivery["body"]["content"] == "a < b & c"
    until(lambda: desk.twin.control("GET", "deliveries")["pending"] == 0)
    assert {one["body"]["event"] for one in desk.receiver.of(f"/account{desk.mark}")} == {"message_created"}


def test_the_usual_eight_are_subscribed_when_none_are_named(desk: Desk) -> None:
    hook = desk.webhook()
    assert len(hook["subscriptions"]) == 8
    refused = desk.ask("POST", "webhooks", {"url": "https://x.example/1", "subscriptions": ["nonsense"]}, status=422)
    assert refused == {"message": "Subscriptions Invalid events", "attributes": ["subscriptions"]}
    again = desk.ask("POST", "webhooks", {"webhook": {"url": hook["url"]}}, status=422)
    assert again["attributes"] == ["url"]


def test_a_lost_delivery_does_not_come(desk: Desk) -> None:
    _, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_lost", match="message_created")
    desk.say(conversation, "lost")
    desk.say(conversation, "kept")
    desk.receiver.wait(f"/account{desk.mark}", "message_created")
    until(lambda: desk.twin.control("GET", "deliveries")["pending"] == 0)
    assert [one["body"]["content"] for one in desk.receiver.of(f"/account{desk.mark}")] == ["kept"]


def test_a_doubled_delivery_has_another_id_unless_the_same_is_asked_for(desk: Desk) -> None:
    _, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_doubled")
    desk.say(conversation, "twice")
    two = desk.receiver.wait(f"/account{desk.mark}", "message_created", 2)
    assert two[0]["raw"] == two[1]["raw"]
    assert len({one["headers"]["x-chatwoot-delivery"] for one in two}) == 2
    desk.twin.fault("webhook_doubled", same_id=True)
    desk.say(conversation, "again")
    four = desk.receiver.wait(f"/account{desk.mark}", "message_created", 4)
    assert len({one["headers"]["x-chatwoot-delivery"] for one in four[2:]}) == 1


def test_a_reordered_delivery_is_overtaken_by_the_next(desk: Desk) -> None:
    _, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_reordered", seconds=5)
    for content in ("first", "second", "third"):
        desk.say(conversation, content)
    found = desk.receiver.wait(f"/account{desk.mark}", "message_created", 3)
    assert [one["body"]["content"] for one in found] == ["second", "first", "third"]


def test_a_reordered_delivery_goes_alone_when_nothing_overtakes_it(desk: Desk) -> None:
    _, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_reordered", seconds=0.3)
    desk.say(conversation, "alone")
    desk.receiver.wait(f"/account{desk.mark}", "message_created")


def test_a_late_delivery_is_signed_when_it_goes(desk: Desk) -> None:
    hook, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_late", seconds=1.2)
    sent = desk.say(conversation, "late")
    desk.say(conversation, "prompt")
    found = desk.receiver.wait(f"/account{desk.mark}", "message_created", 2)
    assert [one["body"]["content"] for one in found] == ["prompt", "late"]
    assert signed(found[1], hook["secret"])
    assert int(found[1]["headers"]["x-chatwoot-timestamp"]) > sent["created_at"]


def test_a_bad_signature_is_bad(desk: Desk) -> None:
    hook, conversation = started(desk, "message_created")
    desk.twin.fault("webhook_badly_signed")
    desk.say(conversation, "forged")
    desk.say(conversation, "true")
    found = desk.receiver.wait(f"/account{desk.mark}", "message_created", 2)
    assert [signed(one, hook["secret"]) for one in found] == [False, True]


def test_a_failed_callback_makes_the_message_failed_and_tells_so_once(desk: Desk) -> None:
    _, conversation = started(desk, "message_updated", callback=True)
    path = f"/inbox{desk.mark}"
    until(lambda: desk.receiver.of(path, "conversation_created"))
    desk.receiver.answers[path] = [503, 503, 503, 503]
    message = desk.say(conversation, "ответ", message_type="outgoing")
    updated = desk.receiver.wait(f"/account{desk.mark}", "message_updated")
    assert updated[0]["body"]["content_attributes"] == {"external_error": "503 Service Unavailable"}
    until(lambda: desk.twin.control("GET", "deliveries")["pending"] == 0)
    assert len(desk.receiver.of(f"/account{desk.mark}", "message_updated")) == 1
    desk.receiver.answers[path] = []
    place = f"conversations/{conversation['id']}/messages"
    shown = desk.ask("GET", place)["payload"][-1]
    assert (shown["id"], shown["status"]) == (message["id"], "failed")
    mended = desk.ask("PATCH", f"{place}/{message['id']}", {"status": "delivered"})
    assert (mended["status"], mended["content_attributes"]) == ("delivered", {"external_error": None})


def test_a_refused_connection_fails_an_incoming_message_too(desk: Desk) -> None:
    inbox = desk.inbox()
    channel = {"webhook_url": "http://127.0.0.1:9/hook"}
    desk.ask("PATCH", f"inboxes/{inbox['id']}", {"channel": channel})
    conversation = desk.conversation(inbox, desk.contact(inbox))
    desk.say(conversation, "incoming")
    place = f"conversations/{conversation['id']}/messages"
    until(lambda: desk.ask("GET", place)["payload"][-1]["status"] == "failed")


def test_private_addresses_are_refused_when_the_guard_is_on(desk: Desk) -> None:
    _, conversation = started(desk, "message_created")
    desk.twin.control("POST", "settings", {"private_network": False})
    try:
        desk.say(conversation, "guarded")
        log = until(lambda: [one for one in desk.twin.control("GET", "deliveries")["deliveries"] if _own(desk, one)])
        assert log[-1]["outcome"] == "Hostname '127.0.0.1' has no public ip addresses"
    finally:
        desk.twin.control("POST", "settings", {"private_network": True})


def _own(desk: Desk, delivery: dict[str, Any]) -> bool:
    return bool(delivery["url"].endswith(f"/account{desk.mark}"))


def test_a_bot_is_tried_three_times_then_the_agents_get_the_conversation(desk: Desk) -> None:
    desk.twin.control("POST", "settings", {"bot_retry_seconds": 0.1})
    inbox = desk.inbox()
    path = f"/bot{desk.mark}"
    bot = desk.ask("POST", "agent_bots", {"name": "Бот", "outgoing_url": desk.receiver.url + path})
    desk.ask("POST", f"inboxes/{inbox['id']}/set_agent_bot", {"agent_bot": bot["id"]})
    conversation = desk.conversation(inbox, desk.contact(inbox))
    assert conversation["status"] == "pending"
    desk.receiver.answers[path] = [500, 500, 500]
    desk.say(conversation, "бот?")
    until(lambda: desk.shown(conversation)["status"] == "open")
    tries = desk.receiver.of(path, "message_created")
    assert len(tries) == 3
    assert len({one["headers"]["x-chatwoot-delivery"] for one in tries}) == 1
    assert all(signed(one, bot["secret"]) for one in tries)
    assert "Conversation was marked open by system due to an error with the agent bot." in desk.lines(conversation)


def test_rules_and_macros_send_unsigned_bodies(desk: Desk) -> None:
    inbox = desk.inbox()
    url = f"{desk.receiver.url}/rule{desk.mark}"
    actions = [
        {"action_name": "add_label", "action_params": ["vip"]},
        {"action_name": "send_webhook_event", "action_params": [url]},
    ]
    condition = {"attribute_key": "status", "filter_operator": "equal_to", "values": ["open"], "query_operator": None}
    rule = {"name": "r", "event_name": "conversation_created", "conditions": [condition], "actions": actions}
    desk.ask("POST", "automation_rules", rule | {"active": True})
    conversation = desk.conversation(inbox, desk.contact(inbox))
    (delivery,) = desk.receiver.wait(f"/rule{desk.mark}", "automation_event.conversation_created")
    assert "x-chatwoot-signature" not in delivery["headers"]
    assert "x-chatwoot-delivery" not in delivery["headers"]
    assert desk.shown(conversation)["labels"] == ["vip"]
    macro = desk.ask("POST", "macros", {"name": "m", "visibility": "global", "actions": actions[1:]})["payload"]
    desk.ask("POST", f"macros/{macro['id']}/execute", {"conversation_ids": [conversation["id"]]})
    desk.receiver.wait(f"/rule{desk.mark}", "macro.executed")

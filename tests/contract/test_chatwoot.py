"""What we believe of Chatwoot, asked of the twin, or with CLOBUS_LIVE=chatwoot of a real one (live.py).

Live it needs an administrator's token, a platform token and an API inbox of a test account: it leaves contacts,
conversations, labels and an agent behind. Each request sent is checked against Chatwoot's own OpenAPI file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from clobus.core import clock
from clobus.core.breaker import BreakerPolicy
from clobus.core.errors import Missing, OutcomeUnknown, Refused, Transient, Unauthenticated
from clobus.core.http import RetryPolicy
from clobus.gateways.chatwoot.client import ChatwootClient, connect_http, open_chatwoot
from clobus.gateways.chatwoot.platform import ChatwootPlatform
from clobus.gateways.chatwoot.signature import verify
from clobus.gateways.chatwoot.wire import (
    AttributeDefinition,
    Contact,
    Conversation,
    ConversationEvent,
    Event,
    MessageEvent,
    read_event,
)
from tests.contract import live
from tests.contract.openapi import OpenApi
from tests.support.twins import TwinProcess

LIVE = live.is_live("chatwoot")
QUICK: dict[str, Any] = {
    "retry": RetryPolicy(attempts=3, base=0.01, cap=0.02, patience=0.5),
    "breaker": BreakerPolicy(failures=1000),
}
EVENTS = ("conversation_updated", "message_created")


class Desk:
    """An account to ask, and the twin behind it unless it is real."""

    def __init__(self, twin: TwinProcess | None) -> None:
        self.twin = twin
        self.verify: bool | Path = True
        if twin is None:
            real = live.chatwoot()
            if real.platform_token is None:
                raise pytest.UsageError("CLOBUS_LIVE=chatwoot needs CLOBUS_CHATWOOT__PLATFORM_TOKEN")
            self.url, self.verify = str(real.base_url), real.ca_file or True
            self.token, self.platform_token = real.token.get_secret_value(), real.platform_token.get_secret_value()
            self.account_id, self.inbox_id = real.account_id, real.inbox_id
        else:
            given = {name: str(value) for name, value in twin.credentials.items()}
            self.url = twin.base_url
            self.token, self.platform_token = given["token"], given["platform_token"]
            self.account_id, self.inbox_id = int(given["account_id"]), int(given["inbox_id"])


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    if LIVE:
        yield Desk(None)
    else:
        with TwinProcess("chatwoot", "small") as process:
            yield Desk(process)


@pytest.fixture
def twin(desk: Desk) -> Iterator[TwinProcess]:
    if desk.twin is None:
        pytest.skip("needs a partner that breaks on command")
    yield desk.twin
    desk.twin.clear_faults()


@pytest.fixture(scope="module")
def openapi() -> OpenApi:
    return OpenApi()


@pytest.fixture
async def sent(openapi: OpenApi) -> AsyncIterator[list[httpx.Request]]:
    """The requests of a test; at its end none may contradict the OpenAPI file."""
    requests: list[httpx.Request] = []
    yield requests
    faults = [fault for request in requests for fault in openapi.faults(request)]
    assert faults == []


@pytest.fixture
async def chatwoot(desk: Desk, sent: list[httpx.Request]) -> AsyncIterator[ChatwootClient]:
    client = open_chatwoot(desk.url, desk.token, desk.account_id, verify=desk.verify, **QUICK)
    client.http.client.event_hooks["request"].append(_keep(sent))
    yield client
    await client.close()


@pytest.fixture
async def platform(desk: Desk, sent: list[httpx.Request]) -> AsyncIterator[ChatwootPlatform]:
    client = ChatwootPlatform(connect_http(desk.url, desk.platform_token, verify=desk.verify, **QUICK))
    client.http.client.event_hooks["request"].append(_keep(sent))
    yield client
    await client.close()


def _keep(requests: list[httpx.Request]) -> Any:
    async def keep(request: httpx.Request) -> None:
        requests.append(request)

    return keep


@pytest.fixture
async def contact(chatwoot: ChatwootClient, desk: Desk) -> Contact:
    name = uuid4().hex
    return await chatwoot.create_contact(
        "ООО Проверка", inbox_id=desk.inbox_id, source_id=f"s-{name}", identifier=f"i-{name}",
        email=f"{name}@example.com", custom_attributes={"code_abonent": "1", "inn_pinfl": "2"},
    )  # fmt: skip


@pytest.fixture
async def conversation(chatwoot: ChatwootClient, desk: Desk, contact: Contact) -> Conversation:
    return await chatwoot.create_conversation(
        source_id=contact.contact_inboxes[0].source_id, inbox_id=desk.inbox_id, contact_id=contact.id,
        custom_attributes={"code_abonent": "1", "closed_without_con": False},
    )  # fmt: skip


async def test_it_is_alive_and_knows_us(chatwoot: ChatwootClient, desk: Desk) -> None:
    await chatwoot.ping()
    profile = await chatwoot.profile()
    assert {account.id: account.role for account in profile.accounts}[desk.account_id] == "administrator"


async def test_a_wrong_token_is_refused(desk: Desk) -> None:
    client = open_chatwoot(desk.url, "nobody", desk.account_id, **QUICK)
    with pytest.raises(Refused) as caught:
        await client.conversations()
    assert caught.value.code == "chatwoot.unauthorized"
    await client.close()


async def test_people_teams_and_inboxes(chatwoot: ChatwootClient, platform: ChatwootPlatform, desk: Desk) -> None:
    name = uuid4().hex
    user = await platform.create_user("Проверка", f"{name}@cons.local", "Aa1!" + name)
    assert user.confirmed
    assert (await platform.create_user("Проверка", f"{name}@cons.local", "Aa1!" + name)).id == user.id
    for _ in range(2):
        await platform.ensure_account_user(desk.account_id, user.id)
    agent = next(agent for agent in await chatwoot.agents() if agent.id == user.id)
    assert (agent.email, agent.role) == (f"{name}@cons.local", "agent")
    assert not (await chatwoot.update_agent(user.id, role="agent", auto_offline=False)).auto_offline
    invited = await chatwoot.create_agent("Второй", f"b{name}@cons.local")
    with pytest.raises(Refused):
        await chatwoot.create_agent("Второй", f"b{name}@cons.local")

    team = await chatwoot.ensure_team(f"Команда {name}")
    assert team.name == f"команда {name}"
    assert (await chatwoot.ensure_team(f"КОМАНДА {name}")).id == team.id
    await chatwoot.add_team_members(team.id, [user.id, invited.id])
    assert {agent.id for agent in await chatwoot.team_members(team.id)} == {user.id, invited.id}
    await chatwoot.set_team_members(team.id, [user.id])
    assert [agent.id for agent in await chatwoot.team_members(team.id)] == [user.id]

    assert desk.inbox_id in {inbox.id for inbox in await chatwoot.inboxes()}
    before = {agent.id for agent in await chatwoot.inbox_members(desk.inbox_id)}
    await chatwoot.add_inbox_members(desk.inbox_id, [user.id])
    assert {agent.id for agent in await chatwoot.inbox_members(desk.inbox_id)} == before | {user.id}
    await chatwoot.set_inbox_members(desk.inbox_id, before)
    assert {agent.id for agent in await chatwoot.inbox_members(desk.inbox_id)} == before


async def test_labels_and_attributes_are_there_after_ensuring(chatwoot: ChatwootClient) -> None:
    name = uuid4().hex[:8]
    for _ in range(2):
        await chatwoot.ensure_labels([f"Метка_{name}", f"метка_{name}"])
    assert [label.title for label in await chatwoot.labels()].count(f"метка_{name}") == 1
    wanted = AttributeDefinition(attribute_key=f"key_{name}", attribute_display_name="Ключ")
    for _ in range(2):
        await chatwoot.ensure_attribute_definitions([wanted])
    assert [one.attribute_key for one in await chatwoot.attribute_definitions()].count(f"key_{name}") == 1


async def test_a_dashboard_app_is_made_once_and_its_address_is_mended(chatwoot: ChatwootClient) -> None:
    url = f"https://example.com/{uuid4()}"
    theirs, made = [await chatwoot.ensure_dashboard_app("Clobus", each) for each in (f"{url}/theirs", url)]
    assert [await chatwoot.ensure_dashboard_app("Clobus", url, each) for each in (made.id, None)] == [made, made]
    moved = await chatwoot.ensure_dashboard_app("B", f"{url}/new", made.id)
    assert (moved.id, moved.title, moved.content) == (made.id, "Clobus", [{"type": "frame", "url": f"{url}/new"}])
    assert [one for one in await chatwoot.dashboard_apps() if one.id in (made.id, theirs.id)] == [theirs, moved]
    [await chatwoot.delete_dashboard_app(gone) for gone in (made.id, theirs.id, made.id)]
    assert not {made.id, theirs.id} & {one.id for one in await chatwoot.dashboard_apps()}


async def test_a_webhook_keeps_its_secret(chatwoot: ChatwootClient) -> None:
    url = f"https://example.com/{uuid4()}"
    made = await chatwoot.ensure_webhook(url, EVENTS)
    assert made.secret
    more = await chatwoot.ensure_webhook(url, [*EVENTS, "contact_updated"])
    assert (more.id, more.secret) == (made.id, made.secret)
    [kept] = [webhook for webhook in await chatwoot.webhooks() if webhook.url == url]
    assert set(kept.subscriptions) == {*EVENTS, "contact_updated"}
    await chatwoot.delete_webhook(made.id)
    assert url not in {webhook.url for webhook in await chatwoot.webhooks()}


async def test_a_contact_is_found_by_what_we_gave_it(chatwoot: ChatwootClient, desk: Desk, contact: Contact) -> None:
    assert contact.identifier
    found = await chatwoot.contact_by_identifier(contact.identifier)
    assert found is not None
    assert found.id == contact.id
    assert [one.id for one in await chatwoot.search_contacts(contact.identifier)] == [contact.id]
    source = contact.contact_inboxes[0].source_id
    by_source = await chatwoot.contact_by_source(desk.inbox_id, source)
    assert by_source is not None
    assert by_source.id == contact.id
    assert await chatwoot.contact_by_source(desk.inbox_id, str(uuid4())) is None
    assert await chatwoot.contact_by_identifier(str(uuid4())) is None
    for _ in range(2):
        await chatwoot.ensure_contact_inbox(contact.id, desk.inbox_id, source)
    assert len((await chatwoot.contact(contact.id)).contact_inboxes) == 1


async def test_a_contacts_attributes_merge_and_its_identifier_is_unique(
    chatwoot: ChatwootClient, desk: Desk, contact: Contact
) -> None:
    changed = await chatwoot.update_contact(contact.id, custom_attributes={"client_type": "owner"})
    assert changed.custom_attributes == {"code_abonent": "1", "inn_pinfl": "2", "client_type": "owner"}
    with pytest.raises(Refused) as caught:
        await chatwoot.create_contact("Двойник", inbox_id=desk.inbox_id, identifier=contact.identifier)
    assert caught.value.data["attributes"] == ["identifier"]


async def test_what_is_not_there_is_missing(chatwoot: ChatwootClient) -> None:
    with pytest.raises(Missing):
        await chatwoot.conversation(99_999_999)
    with pytest.raises(Missing):
        await chatwoot.contact(99_999_999)


async def test_a_conversation_shows_what_was_set(chatwoot: ChatwootClient, conversation: Conversation) -> None:
    number = conversation.id
    assert await chatwoot.set_custom_attributes(number, {"number_con": "7"}) == {"number_con": "7"}
    assert await chatwoot.set_conversation_labels(number, ["рус", "сайт"]) == ["рус", "сайт"]
    assert sorted(await chatwoot.conversation_labels(number)) == ["рус", "сайт"]
    await chatwoot.toggle_status(number, "resolved")
    await chatwoot.toggle_status(number, "resolved")
    read = await chatwoot.conversation(number)
    assert (read.custom_attributes, sorted(read.labels), read.status) == (
        {"number_con": "7"},
        ["рус", "сайт"],
        "resolved",
    )
    assert read.updated_at > conversation.updated_at
    assert [row.id for row in await chatwoot.contact_conversations(read.contact_id)] == [number]
    assert number in {row.id for row in await chatwoot.updated_within(600)}


async def test_assignments(chatwoot: ChatwootClient, conversation: Conversation) -> None:
    number = conversation.id
    agent = (await chatwoot.agents())[0]
    team = (await chatwoot.teams())[0]
    await chatwoot.assign_team(number, team.id)
    await chatwoot.assign_agent(number, agent.id)
    read = await chatwoot.conversation(number)
    assert (read.agent_id, read.team_id) == (agent.id, team.id)
    with pytest.raises(Refused) as caught:
        await chatwoot.assign_agent(number, 99_999_999)
    assert caught.value.code == "chatwoot.unknown_agent"
    assert (await chatwoot.conversation(number)).agent_id is None
    await chatwoot.assign_agent(number, None)
    await chatwoot.assign_team(number, None)
    assert (await chatwoot.conversation(number)).team_id is None


async def test_conversations_are_paged_in_order_of_creation(
    chatwoot: ChatwootClient, conversation: Conversation
) -> None:
    first = await chatwoot.conversations(1)
    assert first.all_count >= len(first.rows) > 0
    created = [row.created_at for row in first.rows]
    assert created == sorted(created)
    last_page = (first.all_count + 24) // 25
    last = await chatwoot.conversations(last_page)
    assert last.rows[-1].created_at >= first.rows[0].created_at
    assert (await chatwoot.conversations(last_page + 1)).rows == []
    if last_page > 1:
        assert not {row.id for row in first.rows} & {row.id for row in (await chatwoot.conversations(2)).rows}


async def test_a_defined_attribute_finds_its_conversation(chatwoot: ChatwootClient, conversation: Conversation) -> None:
    value = f"N{uuid4().hex[:10]}"
    await chatwoot.ensure_attribute_definitions(
        [AttributeDefinition(attribute_key="number_con", attribute_display_name="Номер в 1С")]
    )
    await chatwoot.set_custom_attributes(conversation.id, {"number_con": value})
    assert [row.id for row in await chatwoot.filter_by_attribute("number_con", value)] == [conversation.id]
    with pytest.raises(Refused):
        await chatwoot.filter_by_attribute(f"undefined_{uuid4().hex[:6]}", value)


async def test_messages_are_found_by_our_id(chatwoot: ChatwootClient, conversation: Conversation) -> None:
    first = await chatwoot.create_message(conversation.id, "Добрый день", source_id=f"a-{uuid4()}")
    second = await chatwoot.create_message(conversation.id, "Вопрос", message_type="incoming", source_id=f"b-{uuid4()}")
    note = await chatwoot.create_message(conversation.id, "Заметка", private=True)
    assert (first.message_type, second.message_type, note.private) == (1, 0, True)
    found = await chatwoot.messages(conversation.id, after=first.id)
    assert [row.id for row in found if row.message_type < 2] == [second.id, note.id]
    assert second.source_id
    probed = await chatwoot.find_message(conversation.id, second.source_id)
    assert probed is not None
    assert probed.id == second.id
    assert await chatwoot.find_message(conversation.id, "nothing", after=first.id) is None
    await chatwoot.set_message_status(conversation.id, first.id, "delivered")
    [again] = [row for row in await chatwoot.messages(conversation.id) if row.id == first.id]
    assert again.status == "delivered"


async def test_an_incoming_message_opens_what_was_resolved(
    chatwoot: ChatwootClient, conversation: Conversation
) -> None:
    await chatwoot.toggle_status(conversation.id, "resolved")
    await chatwoot.create_message(conversation.id, "Ещё вопрос", message_type="incoming")
    assert (await chatwoot.conversation(conversation.id)).status == "open"


async def test_a_lost_answer_of_a_message_is_unknown_until_probed(
    chatwoot: ChatwootClient, conversation: Conversation, twin: TwinProcess
) -> None:
    for kind, there in (("cut_after_write", True), ("cut", False)):
        source = f"c-{uuid4()}"
        twin.fault(kind, match="POST .*messages")
        with pytest.raises(OutcomeUnknown):
            await chatwoot.create_message(conversation.id, "один раз", source_id=source)
        assert (await chatwoot.find_message(conversation.id, source) is not None) is there


async def test_a_lost_answer_of_a_state_is_repeated(
    chatwoot: ChatwootClient, conversation: Conversation, twin: TwinProcess
) -> None:
    twin.fault("cut_after_write", match="custom_attributes")
    assert await chatwoot.set_custom_attributes(conversation.id, {"a": "b"}) == {"a": "b"}
    twin.fault("status", times=2, status=502, match="toggle_status")
    await chatwoot.toggle_status(conversation.id, "pending")
    assert (await chatwoot.conversation(conversation.id)).status == "pending"


async def test_a_delivery_is_signed_and_read(
    chatwoot: ChatwootClient, conversation: Conversation, twin: TwinProcess
) -> None:
    deliveries: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        deliveries.put_nowait((headers, body))

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        webhook = await chatwoot.ensure_webhook(url, ["conversation_updated", "message_created"])
        await chatwoot.set_conversation_labels(conversation.id, ["рус"])
        await chatwoot.create_message(conversation.id, "Салом <b>", source_id="own-1", message_type="incoming")
        seen: list[Event] = []
        while {type(event) for event in seen} != {MessageEvent, ConversationEvent}:
            headers, body = await asyncio.wait_for(deliveries.get(), 10)
            stamp, given = headers["x-chatwoot-timestamp"], headers["x-chatwoot-signature"]
            assert webhook.secret
            assert verify(body, stamp, given, ["previous", webhook.secret], clock.now()) < 10
            with pytest.raises(Unauthenticated):
                verify(body + b" ", stamp, given, [webhook.secret], clock.now())
            UUID(headers["x-chatwoot-delivery"])
            seen.append(read_event(body))
        await chatwoot.delete_webhook(webhook.id)
    message = next(event for event in seen if isinstance(event, MessageEvent))
    assert (message.content, message.source_id, message.message_type) == ("Салом <b>", "own-1", "incoming")
    assert message.conversation.id == conversation.id
    change = next(event for event in seen if isinstance(event, ConversationEvent))
    assert (change.id, change.labels) == (conversation.id, ["рус"])


async def test_throttling_tells_when_to_come_again(chatwoot: ChatwootClient, twin: TwinProcess) -> None:
    twin.fault("status", times=1, status=429)
    with pytest.raises(Transient) as caught:
        await chatwoot.create_agent("x", "x@example.com")
    assert caught.value.code == "chatwoot.throttled"
    assert caught.value.not_done
    assert 0 < (caught.value.retry_after or 0) <= 61

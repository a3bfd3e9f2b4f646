"""The story of a request from Telegram with something going wrong in the middle: at its end all agree, nothing is lost,
nothing is doubled, and the person read each message once at most."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import httpx
import pytest

from clobus.runtime import Runtime
from tests.flows.conftest import World
from tests.flows.test_desk import CALL, agreed
from tests.flows.test_partners import marked
from tests.flows.test_telegram import (
    Person,
    _asks,
    _born,
    _closed,
    talking,
    telegram,  # noqa: F401 - a fixture
)
from tests.flows.visitor import served, served_settings, somebody
from tests.support.platform import ask, running, until
from tests.support.twins import TwinProcess
from tests.support.workdays import working

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TWICE = 2
PARTNERS: dict[str, dict[str, Any]] = {
    "503": {"kind": "status", "status": 503},
    "500": {"kind": "status", "status": 500},
    "429": {"kind": "status", "status": 429, "retry_after": 1},
    "slow": {"kind": "slow", "seconds": 1},
    "cut": {"kind": "cut"},
    "cut_after_write": {"kind": "cut_after_write"},
}
WRITES = {"onec": "^(POST|PATCH) .*odata", "chatwoot": "^POST /api/v1/accounts(?!.*by_hand)"}
READS = {"onec": "^GET .*odata", "chatwoot": "^GET /api(?!.*by_hand)"}
BY_HAND = {"by_hand": "1"}
"""Marks what a person does: faults are for the platform."""
WEBHOOKS: dict[str, dict[str, Any]] = {
    "webhook_lost": {},
    "webhook_doubled": {},
    "webhook_reordered": {"seconds": 1},
    "webhook_late": {"seconds": 1},
    "webhook_badly_signed": {},
}
FAULTS = [
    *((system, name) for system in WRITES for name in PARTNERS),
    *(("webhooks", name) for name in WEBHOOKS),
    ("telegram", "429"),
    ("telegram", "cut_after_write"),
]
USUAL = [("onec", "500"), ("onec", "cut_after_write"), ("chatwoot", "503"), ("webhooks", "webhook_lost"),
         ("telegram", "cut_after_write")]  # fmt: skip
"""One of each sort; `make walks` tries all, which takes some minutes."""


def trouble(world: World, phone: TwinProcess, system: str, name: str) -> None:
    """Let it go wrong, some times from now on: what is written, and once what is read."""
    if system == "webhooks":
        world.chatwoot.fault(name, 3, **WEBHOOKS[name])
        return
    twin = {"onec": world.onec, "chatwoot": world.chatwoot, "telegram": phone}[system]
    fault = dict(PARTNERS[name])
    kind = fault.pop("kind")
    if system == "telegram":
        twin.fault(kind, 1, match="sendMessage|sendDocument", **fault)
        return
    twin.fault(kind, TWICE, match=WRITES[system], **fault)
    twin.fault(kind, 1, match=READS[system], **fault)


@pytest.mark.parametrize(("system", "name"), FAULTS if os.environ.get("WALKS") == "all" else USUAL)
async def test_the_story_ends_well(
    dsn: str, world: World, telegram: TwinProcess, system: str, name: str  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    settings, port = served_settings(dsn, world, telegram)
    async with running(settings, seconds=120) as runtime, served(settings, port), talking(settings):
        person = Person(telegram, (await somebody(runtime))[1])
        if system != "telegram":
            trouble(world, telegram, system, name)
        await _asks(person)
        row = await _born(runtime)
        number = row["conversation_id"]

        async def asked() -> bool:
            return len(_incoming(world, number)) == 2

        await until(asked, 60)
        trouble(world, telegram, system, name)
        _answers(world, number)
        await _read(person, system, name, "Посмотрите файл")
        person.does("text", text="Спасибо!")

        async def thanked() -> bool:
            return any(m["content"] == "**Аня:** Спасибо!" for m in _incoming(world, number))

        await until(thanked, 60)
        trouble(world, telegram, system, name)
        moved = {"ДатаКонсультации": working(3, 15).replace(tzinfo=None).isoformat()}
        world.onec.change({"set": CALL, "key": str(row["cl_ref_key"]), "fields": moved})
        await until(lambda: _settled(runtime, row, "rescheduled"), 60)
        trouble(world, telegram, system, name)
        await _closed(runtime, world, row)
        await until(lambda: _settled(runtime, row, "closed"), 60)
        assert any(happened(twin) for twin in (world.onec, world.chatwoot, telegram)), "nothing went wrong"
        for twin in (world.onec, world.chatwoot, telegram):
            twin.clear_faults()
        await until(lambda: _agreed(runtime), 40)
        await _nothing_lost_or_doubled(runtime, world, person, row)


def happened(twin: TwinProcess) -> bool:
    """Whether a fault was used up: faults are numbered from one, and what is used up is not listed any more."""
    waiting = twin.control("GET", "faults")
    set_ = twin.fault("slow", 1, match="^never$")[-1]["id"] - 1
    return len([fault for fault in waiting if fault["fired"] == 0]) < set_


def _answers(world: World, number: int) -> None:
    """A manager answers with a file."""
    known = world.chatwoot.credentials
    httpx.post(
        f"{world.chatwoot.base_url}/api/v1/accounts/{known['account_id']}/conversations/{number}/messages",
        params=BY_HAND, data={"content": "Посмотрите файл"},
        files=[("attachments[]", ("ответ.pdf", b"%PDF-1.4", "application/pdf"))],
        headers={"api_access_token": known["admin_token"]}, trust_env=False,
    ).raise_for_status()  # fmt: skip


def _incoming(world: World, number: int) -> list[dict[str, Any]]:
    found = world.desk(f"conversations/{number}/messages?after=0&by_hand=1")["payload"]
    return [message for message in found if message["message_type"] == 0]


async def _read(person: Person, system: str, name: str, words: str) -> None:
    """The person reads it; where Telegram's answer was lost it is his once or never."""
    if (system, name) != ("telegram", "cut_after_write"):
        await person.sees(words)


async def _settled(runtime: Runtime, row: dict[str, Any], type_: str) -> bool:
    """Whether it is known what became of the message of this type."""
    found = await ask(
        runtime,
        "select state from log.notification_log where entity_id = %s and notification_type = %s"
        " and audience = 'client'",
        row["cons_id"], type_,
    )  # fmt: skip
    return bool(found) and all(each["state"] not in ("queued", "sending") for each in found)


async def _agreed(runtime: Runtime) -> bool:
    left = await ask(
        runtime,
        "select 1 from sys.outbox where state <> 'dead' union all"
        " select 1 from log.webhook_log where state in ('new', 'claimed')",
    )
    if left:
        return False
    try:
        await agreed(runtime)
    except AssertionError:
        return False
    return True


async def _nothing_lost_or_doubled(runtime: Runtime, world: World, person: Person, row: dict[str, Any]) -> None:
    await agreed(runtime)
    assert len(await ask(runtime, "select 1 from cons.cons where source = 'TELEGRAM'")) == 1
    assert len(await marked(runtime, row["cons_id"])) == 1
    talks = await runtime.chatwoot.filter_by_attribute("request_id", str(row["cons_id"]))
    assert [talk.id for talk in talks] == [row["conversation_id"]]
    said = await runtime.chatwoot.messages(row["conversation_id"], after=0)
    named = Counter(message.source_id for message in said if message.source_id)
    assert [name for name, count in named.items() if count > 1] == []
    incoming = [message.content for message in said if message.message_type == 0]
    assert incoming == ["Не сходится <НДС>\nи файл", incoming[1], "**Аня:** Спасибо!"]
    read = Counter(message.get("text") or message.get("caption") or "" for message in person.shown())
    assert {text: count for text, count in read.items() if count > 1 and text} == {}
    states = await ask(
        runtime,
        "select notification_type, state from log.notification_log where entity_id = %s and audience = 'client'"
        " and state not in ('sent', 'unknown')",
        row["cons_id"],
    )
    assert [each for each in states if each["state"] == "failed"] == []
    assert await ask(runtime, "select 1 from sys.outbox where state = 'dead'") == []
    assert await ask(runtime, "select 1 from log.webhook_log where state = 'dead'") == []

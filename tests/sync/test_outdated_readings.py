"""What we did over there while a reading was on its way is no news, and undoes nothing that a person decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.errors import Transient
from clobus.core.events import Origin
from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations import service
from clobus.modules.consultations.types import Actor, Row
from clobus.parts import Parts, assemble
from clobus.runtime import open_runtime
from clobus.settings import Onec
from tests.support.platform import ask, settings_for
from tests.support.twins import TwinProcess

pytestmark = pytest.mark.slow


@pytest.fixture
async def desk(dsn: str, seeded_twin: Any) -> AsyncIterator[tuple[Parts, UUID, int]]:
    """A support request that goes on, with its conversation."""
    with TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot:
        nowhere = Onec(base_url="http://127.0.0.1:9", user="u", password="p")  # type: ignore[arg-type]  # a group of settings
        async with open_runtime(settings_for(dsn, chatwoot, onec=nowhere)) as runtime:
            parts, inbox = assemble(runtime), runtime.settings.chatwoot.inbox_id
            contact = await runtime.chatwoot.create_contact("A", inbox_id=inbox, source_id="a")
            made = await runtime.chatwoot.create_conversation(
                source_id="a", inbox_id=inbox, contact_id=contact.id, custom_attributes={}
            )
            assert (await parts.receiver.take(made.id))[0]
            [row] = await ask(runtime, "select cons_id, status from cons.cons where conversation_id = %s", made.id)
            assert row["status"] == "open"
            yield parts, row["cons_id"], made.id


async def close(parts: Parts, cons_id: UUID) -> None:
    """Somebody closes it here."""
    async with parts.runtime.db.transaction() as connection:
        row = (await service.load(connection, [cons_id], lock=True))[cons_id]
        await service.close(
            connection, row, actor=Actor.STAFF, actor_name="B", at=clock.now(), origin=Origin.API
        )  # fmt: skip


async def status(parts: Parts, cons_id: UUID) -> tuple[str, str | None]:
    async with parts.runtime.db.read() as connection:
        row: Row = (await service.load(connection, [cons_id]))[cons_id]
    return row.status.value, row.conversation_status


def between(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[None]], times: int = 1
) -> list[int]:
    """Let something happen after a reading left Chatwoot and before it is taken; gives the readings as they come."""
    real, seen = parts.runtime.chatwoot.conversation, list[int]()

    async def reading(number: int) -> Conversation:
        shown = await real(number)
        seen.append(number)
        if len(seen) <= times:
            await act()
        return shown

    monkeypatch.setattr(type(parts.runtime.chatwoot), "conversation", lambda _, number: reading(number))
    return seen


async def test_an_end_that_chatwoot_has_not_heard_of_stands(desk: tuple[Parts, UUID, int]) -> None:
    parts, cons_id, number = desk
    await close(parts, cons_id)
    await parts.receiver.take(number)
    assert await status(parts, cons_id) == ("resolved", "open")
    await parts.chatwoot_push.handle("consultation", cons_id)
    assert (await parts.runtime.chatwoot.conversation(number)).status == "resolved"
    await parts.receiver.take(number)
    assert await status(parts, cons_id) == ("resolved", "resolved")


async def test_a_reading_from_before_our_push_is_read_again(
    desk: tuple[Parts, UUID, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, cons_id, number = desk

    async def pushed() -> None:
        await close(parts, cons_id)
        await parts.runtime.chatwoot.toggle_status(number, "resolved")
        async with parts.runtime.db.transaction() as connection:
            await service.saw_conversation(connection, cons_id, status="resolved", assignee_id=None, version=None)

    seen = between(parts, monkeypatch, pushed)
    known, shown = await parts.receiver.take(number)
    assert (known, shown.status, len(seen)) == (True, "resolved", 2)
    assert await status(parts, cons_id) == ("resolved", "resolved")


async def test_one_who_reopens_it_over_there_is_heard(desk: tuple[Parts, UUID, int]) -> None:
    parts, cons_id, number = desk
    await close(parts, cons_id)
    await parts.chatwoot_push.handle("consultation", cons_id)
    await parts.runtime.chatwoot.toggle_status(number, "open")
    await parts.receiver.take(number)
    assert await status(parts, cons_id) == ("open", "open")


async def test_what_never_stands_still_comes_again_later(
    desk: tuple[Parts, UUID, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, cons_id, number = desk
    turns = iter(["resolved", "pending"] * 9)

    async def turned() -> None:
        async with parts.runtime.db.transaction() as connection:
            await service.saw_conversation(connection, cons_id, status=next(turns), assignee_id=None, version=None)

    between(parts, monkeypatch, turned, times=99)
    with pytest.raises(Transient):
        await parts.receiver.take(number)

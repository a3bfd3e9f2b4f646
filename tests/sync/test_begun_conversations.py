"""A conversation whose maker was killed before it could note it is found again, whatever became of the request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.modules.consultations import service
from clobus.modules.consultations.types import Row
from clobus.parts import Parts, assemble
from clobus.runtime import open_runtime
from clobus.settings import Onec
from clobus.sync.chatwoot import mapping
from tests.support.platform import settings_for
from tests.support.twins import TwinProcess

pytestmark = pytest.mark.slow


async def loaded(parts: Parts, cons_id: UUID) -> Row:
    async with parts.runtime.db.read() as connection:
        return (await service.load(connection, [cons_id]))[cons_id]


async def made(parts: Parts, source: str, status: str) -> UUID:
    cons_id = new_id()
    async with parts.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.cons (cons_id, consultation_type, status, create_date, number, source, lang)"
            " values (%s, 'Консультация по ведению учёта', %s, now(), %s, %s, 'ru')",
            (cons_id, status, f"{cons_id.int % 10**11:011}", source),
        )
    return cons_id


@pytest.mark.parametrize("source", ["1C_CL", "SITE"])
async def test_it_is_linked_and_resolved_when_the_request_ended_meanwhile(
    dsn: str, seeded_twin: Any, source: str
) -> None:
    with TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot:
        nowhere = Onec(base_url="http://127.0.0.1:9", user="u", password="p")  # type: ignore[arg-type]  # a group of settings
        async with open_runtime(settings_for(dsn, chatwoot, onec=nowhere)) as runtime:
            parts = assemble(runtime)
            await parts.provisioner.all()  # what Chatwoot is to know of our attributes
            push = parts.chatwoot_push
            cons_id = await made(parts, source, "open")
            row = await loaded(parts, cons_id)
            want = mapping.desired(row, await push.directory.names([row]))
            shown, _ = await push.birth.conversation_of(row, want)  # and here its maker is killed
            async with runtime.db.transaction() as connection:
                await run(connection, "update cons.cons set status = 'cancelled' where cons_id = %s", (cons_id,))
            await push.handle("consultation", cons_id)
            assert (await loaded(parts, cons_id)).conversation_id == shown.id
            await push.handle("consultation", cons_id)
            assert (await runtime.chatwoot.conversation(shown.id)).status == "resolved"


async def test_an_ended_request_without_one_gets_none(dsn: str, seeded_twin: Any) -> None:
    with TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot:
        nowhere = Onec(base_url="http://127.0.0.1:9", user="u", password="p")  # type: ignore[arg-type]  # a group of settings
        async with open_runtime(settings_for(dsn, chatwoot, onec=nowhere)) as runtime:
            parts = assemble(runtime)
            await parts.provisioner.all()  # what Chatwoot is to know of our attributes
            cons_id = await made(parts, "1C_CL", "closed")
            before = (await runtime.chatwoot.conversations(1)).all_count
            await parts.chatwoot_push.handle("consultation", cons_id)
            assert (await loaded(parts, cons_id)).conversation_id is None
            assert (await runtime.chatwoot.conversations(1)).all_count == before

"""What a creation knows of whom to tell is what a look at the tables finds."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

import pytest

from clobus.core.db import rows, run
from clobus.core.events import Event, Origin
from clobus.core.ids import new_id
from clobus.modules.notifications import service
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
from tests.api.conftest import Api

SEEN = (
    "notification_type, unique_hash, audience, recipient, client_id, telegram_user_id, route, channel, language, params"
)
CHATS = (
    "insert into cons.telegram_users (telegram_user_id, chat_id, language) values (501, 501, 'uz'), (502, 502, null)"
)
LINKS = "insert into cons.telegram_links (telegram_user_id, client_id, proof) select n, %(client)s, 'phone'"
CLIENTS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "a letter": ("update cons.clients set email = 'a@example.uz', language = 'uz' where client_id = %(client)s",),
    "two chats": (f"{LINKS} from generate_series(501, 502) n",),
    "one blocked": (f"{LINKS} from generate_series(501, 502) n",
                    "update cons.telegram_users set blocked_at = now() where telegram_user_id = 501"),
    "a choice": ("update cons.clients set email = 'a@example.uz' where client_id = %(client)s",
                 "insert into cons.contact_preferences (client_id, channels) values (%(client)s, '{email,telegram}')"),
}  # fmt: skip


async def _queued(api: Api) -> list[dict[str, Any]]:
    async with api.runtime.db.read() as connection:
        return [
            dict(row) for row in await rows(connection, f"select {SEEN} from log.notification_log order by unique_hash")
        ]


@pytest.mark.parametrize("source", ["SITE", "TELEGRAM"])
@pytest.mark.parametrize("client", CLIENTS)
async def test_the_same_people_are_told_in_the_same_way(api: Api, client: str, source: str) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, CHATS)
        for statement in CLIENTS[client]:
            await run(connection, statement, {"client": api.client_id})
        account = new_id()
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description, department, uz, con_limit, start_hour,"
            " end_hour) values (%s, %s, 'Менеджер', %s, true, 10, %s, %s)",
            (account, new_id(), ACCOUNTING_DEPARTMENT, time(9), time(18)),
        )
        await run(connection, "insert into cons.telegram_staff (telegram_user_id, account_id) values (502, %s)",
                  (account,))  # fmt: skip
    asked = {"client_id": api.client_id, "lang": "uz"}
    made = (await api.post("/api/consultations/create", {"consultation": asked, "source": source})).json()
    told = await _queued(api)
    assert {row["notification_type"] for row in told} == {"accepted", "manager_new"}
    async with api.runtime.db.transaction() as connection:
        await run(connection, "delete from log.notification_log")
        await service.on_events(connection, [Event("Opened", UUID(made["consultation"]["cons_id"]), Origin.API)])
    assert await _queued(api) == told

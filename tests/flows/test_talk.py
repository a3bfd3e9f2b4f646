"""What is written on a page reaches the conversation once and in order, whatever becomes of Chatwoot meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.core.auth import Role
from clobus.modules.accounts.service import create_key
from tests.flows.conftest import World
from tests.flows.test_moves_and_files import Site, both, site
from tests.support.platform import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WRITES = "^POST .*/messages"


@asynccontextmanager
async def talking(world: World) -> AsyncIterator[tuple[Site, UUID, int]]:
    """The site as the client of a request that has its conversation."""
    async with site(world) as this:
        cons_id = await this.made()
        await until(lambda: both(this, cons_id), 60)
        row = await this.row(cons_id)
        async with this.runtime.db.transaction() as connection:
            key = await create_key(connection, Role.CLIENT, "client", subject_id=row["client_id"])
        this.http.headers["Authorization"] = f"Bearer {key}"
        yield this, cons_id, row["conversation_id"]


def desk_sees(world: World, conversation: int) -> list[tuple[str, int]]:
    said: list[dict[str, Any]] = world.desk(f"conversations/{conversation}/messages?after=0")["payload"]
    return [(one["content"], one["message_type"]) for one in said if (one["source_id"] or "").startswith("web-")]


async def write(this: Site, cons_id: UUID, text: str, key: str) -> httpx.Response:
    door = f"/api/consultations/{cons_id}/messages"
    return await this.http.post(door, json={"text": text}, headers={"Idempotency-Key": key})


async def test_what_is_written_while_chatwoot_fails_arrives_once_and_in_order(world: World) -> None:
    async with talking(world) as (this, cons_id, conversation):
        world.chatwoot.fault("status", None, match="/api/v1/", status=503)
        first = await write(this, cons_id, "Первое", "k-1")
        again = await write(this, cons_id, "Первое", "k-1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json() == first.json()
        other = await write(this, cons_id, "Совсем другое", "k-1")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
        await write(this, cons_id, "Второе", "k-2")
        meanwhile = await this.get(f"/{cons_id}/messages")
        assert [(one["text"], one["state"]) for one in meanwhile["sending"]] == [
            ("Первое", "sending"), ("Второе", "sending"),
        ]  # fmt: skip
        assert (meanwhile["away"], meanwhile["messages"]) == (True, [])
        world.chatwoot.clear_faults()
        world.chatwoot.fault("cut_after_write", 1, match=WRITES)

        async def arrived() -> bool:
            return len(desk_sees(world, conversation)) >= 2 and not (await this.get(f"/{cons_id}/messages"))["sending"]

        await until(arrived, 90)
        assert desk_sees(world, conversation) == [("Первое", 0), ("Второе", 0)]
        talk = await this.get(f"/{cons_id}/messages")
        assert [one["text"] for one in talk["messages"] if one["text"] in ("Первое", "Второе")] == ["Первое", "Второе"]


async def test_a_client_reads_answers_and_files_but_no_notes(world: World) -> None:
    async with talking(world) as (this, cons_id, conversation):
        door = f"conversations/{conversation}/messages"
        world.desk(door, {"content": "Только между нами", "private": True})
        answered = world.desk(door, {"content": "Перезайдите", "private": False})
        talk = await this.get(f"/{cons_id}/messages")
        assert "Только между нами" not in str(talk)
        [said] = [one for one in talk["messages"] if one["text"] == "Перезайдите"]
        assert (said["side"], said["id"], bool(said["author"])) == ("desk", answered["id"], True)
        newer = await this.get(f"/{cons_id}/messages?after={answered['id']}")
        assert all(one["id"] > answered["id"] for one in newer["messages"])  # "accepted" may come after the answer
        files = {"files": ("акт.txt", b"akt 17", "text/plain")}
        sent = await this.http.post(f"/api/consultations/{cons_id}/attachments", files=files)
        assert sent.status_code == 201, sent.text

        async def there() -> bool:
            talk = await this.get(f"/{cons_id}/messages")
            return any(one["files"] for one in talk["messages"]) and not talk["sending"]

        await until(there, 60)
        [file] = [f for one in (await this.get(f"/{cons_id}/messages"))["messages"] for f in one["files"]]
        got = await this.http.get(f"/api/consultations/{cons_id}/messages/files/{file['id']}")
        assert (got.status_code, got.content) == (200, b"akt 17")
        assert got.headers["content-disposition"].startswith("attachment;")

"""Files are taken within bounds, kept as they are, queued once, and given back to their own organisation alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.api.app import create_app
from clobus.core.db import run
from clobus.core.events import Event, Origin, publish
from clobus.settings import Attachments
from tests.api.conftest import Api
from tests.api.requests import events, put, queued, stored, support

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PDF = b"%PDF-1.7\n" + b"0" * 300_000


def path(cons_id: Any) -> str:
    return f"/api/consultations/{cons_id}/attachments"


async def send(
    api: Api, cons_id: UUID, *files: tuple[str, bytes], role: str = "client", key: str | None = None, **fields: str
) -> Any:
    headers = {"Authorization": f"Bearer {api.keys[role]}"} | ({"Idempotency-Key": key} if key else {})
    return await api.http.post(
        path(cons_id), files=[("files", file) for file in files], data=fields, headers=headers
    )  # fmt: skip


@pytest.fixture
def small(api: Api) -> Api:
    """The same with tight bounds."""
    bounds = Attachments(file_bytes=50_000, request_bytes=120_000, per_request=3, per_consultation=4)
    settings = api.runtime.settings.model_copy(update={"attachments": bounds})
    object.__setattr__(api.runtime, "settings", settings)
    transport = httpx.ASGITransport(create_app(api.runtime, intervals={}), raise_app_exceptions=False)
    api.http = httpx.AsyncClient(transport=transport, base_url="http://testserver")
    return api


async def test_files_are_kept_queued_and_given_back(api: Api) -> None:
    cons_id = await put(api)
    answer = await send(api, cons_id, ("снимок.png", PNG), ("Отчёт.pdf", PDF), comment="Вот они")
    assert answer.status_code == 201, answer.text
    first, second = answer.json()["attachments"]
    assert (first["name"], first["content_type"], first["size"]) == ("снимок.png", "image/png", len(PNG))
    assert (second["side"], second["state"], second["size"]) == ("client", "waiting", len(PDF))
    assert (await api.get(path(cons_id), "client")).json() == answer.json()
    for file, body in ((first, PNG), (second, PDF)):
        given = await api.get(f"{path(cons_id)}/{file['attachment_id']}", "client")
        assert given.content == body
        assert given.headers["content-type"] == file["content_type"]
        assert given.headers["content-disposition"].startswith("attachment;")
        assert given.headers["x-content-type-options"] == "nosniff"
    assert await queued(api) == [
        "chatwoot:attachment", "chatwoot:attachment", "chatwoot:consultation", "onec:consultation",
    ]  # fmt: skip
    assert await events(api, cons_id) == ["Attached", "Attached"]
    kept = await stored(api, "select array_agg(comment order by attachment_id) as said from cons.attachments")
    assert kept["said"] == ["Вот они", None]


async def test_a_file_that_the_caller_has_is_not_sent_again(api: Api) -> None:
    cons_id = await put(api)
    file = (await send(api, cons_id, ("a.png", PNG))).json()["attachments"][0]
    headers = {"Authorization": f"Bearer {api.keys['client']}", "If-None-Match": f'"{file["attachment_id"]}"'}
    again = await api.http.get(f"{path(cons_id)}/{file['attachment_id']}", headers=headers)
    assert (again.status_code, again.content) == (304, b"")


async def test_a_replay_is_answered_and_not_done_again(api: Api) -> None:
    cons_id, another = await put(api), await put(api)
    files = [("a.png", PNG), ("b.pdf", PDF)]
    answers = await asyncio.gather(*(send(api, cons_id, *files, key="k") for _ in range(4)))
    assert [(a.status_code, a.json()) for a in answers] == [(201, answers[0].json())] * 4
    assert await api.count("cons.attachments") == 2
    assert len(await events(api, cons_id)) == 2
    other = await send(api, cons_id, ("a.png", PNG + b"1"), ("b.pdf", PDF), key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    long = await send(api, cons_id, ("a.png", PNG), key="k" * 201)
    assert (long.status_code, long.json()["code"]) == (400, "idempotency.key_length")
    assert (await send(api, another, *files, key="k")).status_code == 201
    # What was refused leaves no trace of its key.
    assert (await send(api, cons_id, ("a.exe", PNG), key="z")).status_code == 415
    assert (await send(api, cons_id, ("a.png", PNG), key="z")).status_code == 201


async def test_staff_speak_for_the_house(api: Api) -> None:
    cons_id = await put(api)
    sides = {role: await send(api, cons_id, ("a.png", PNG), role=role) for role in ("manager", "service", "client")}
    assert {role: a.json()["attachments"][0]["side"] for role, a in sides.items()} == {
        "manager": "staff", "service": "client", "client": "client",
    }  # fmt: skip


async def test_nobody_else_s(api: Api) -> None:
    cons_id, another = await put(api), await put(api)
    file = (await send(api, cons_id, ("a.png", PNG))).json()["attachments"][0]["attachment_id"]
    assert (await send(api, cons_id, ("a.png", PNG), role="other")).status_code == 404
    assert (await send(api, cons_id, ("a.png", PNG), role="auditor")).status_code == 403
    assert (await api.get(path(cons_id), "other")).status_code == 404
    assert (await api.get(f"{path(cons_id)}/{file}", "other")).status_code == 404
    wrong = await api.get(f"{path(another)}/{file}", "client")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "attachment.unknown")
    assert await api.count("cons.attachments") == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.png", b"MZ\x90\x00program"), ("a.html", b"<html><script>x</script>"), ("a.svg", b"<svg onload=x>"),
        ("a.exe", PNG), ("a.png", PDF), ("a.sh", b"#!/bin/sh"), ("a.bin", b"\x00\x01\x02"),
    ],
)  # fmt: skip
async def test_kinds_that_are_not_taken(api: Api, name: str, body: bytes) -> None:
    cons_id = await put(api)
    answer = await send(api, cons_id, ("good.png", PNG), (name, body))
    assert (answer.status_code, answer.json()["code"]) == (415, "attachment.type")
    assert name in answer.json()["title"]
    assert await api.count("cons.attachments") == 0
    assert await queued(api) == []


async def test_names_are_cleaned(api: Api) -> None:
    cons_id = await put(api)
    answer = await send(api, cons_id, ("../../etc/a<b>\u202e.png", PNG))
    assert answer.json()["attachments"][0]["name"] == "a b.png"


async def test_an_empty_file_and_none(api: Api) -> None:
    cons_id = await put(api)
    empty = await send(api, cons_id, ("a.txt", b""))
    assert (empty.status_code, empty.json()["code"]) == (422, "attachment.empty")
    headers = {"Authorization": f"Bearer {api.keys['client']}"}
    none = await api.http.post(
        path(cons_id), content=b"--x--\r\n", headers=headers | {"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert (none.status_code, none.json()["code"]) == (400, "attachment.none")
    broken = await api.http.post(
        path(cons_id), content=b"nothing", headers=headers | {"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert (broken.status_code, broken.json()["code"]) == (400, "attachment.malformed")
    other = await api.post(path(cons_id), {"files": []}, role="client")
    assert (other.status_code, other.json()["code"]) == (415, "http.415")


async def test_bounds(small: Api) -> None:
    cons_id = await put(small)
    large = await send(small, cons_id, ("a.pdf", b"%PDF-" + b"0" * 50_000))
    assert (large.status_code, large.json()["code"]) == (413, "attachment.too_large")
    many = await send(small, cons_id, *[("a.png", PNG)] * 4)
    assert (many.status_code, many.json()["code"]) == (413, "attachment.too_many")
    huge = await send(small, cons_id, *[("a.pdf", b"%PDF-" + b"0" * 49_000)] * 3)
    assert (huge.status_code, huge.json()["code"]) == (413, "http.413")
    assert await small.count("cons.attachments") == 0
    assert (await send(small, cons_id, ("a.pdf", b"%PDF-" + b"0" * 49_995))).status_code == 201


async def test_a_body_that_does_not_say_its_length_is_cut_off(small: Api) -> None:
    cons_id = await put(small)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-'
        while True:
            sent += 10_000
            assert sent < 1_000_000, "it reads on and on"
            yield b"0" * 10_000

    headers = {
        "Authorization": f"Bearer {small.keys['client']}", "Content-Type": "multipart/form-data; boundary=x",
    }  # fmt: skip
    answer = await small.http.post(path(cons_id), content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "attachment.too_large")


async def test_other_routes_keep_their_small_bound(small: Api) -> None:
    answer = await small.post("/api/consultations/create", {"consultation": {"comment": "x" * 1_100_000}})
    assert answer.status_code == 413


async def test_so_many_for_one_request_hold_under_parallel_uploads(small: Api) -> None:
    cons_id = await put(small)
    answers = await asyncio.gather(*(send(small, cons_id, ("a.png", PNG)) for _ in range(7)))
    assert sorted(a.status_code for a in answers) == [201] * 4 + [413] * 3
    assert await small.count("cons.attachments") == 4


@pytest.mark.parametrize("kind", ["accounting", "support"])
async def test_an_ended_request_takes_none(api: Api, kind: str) -> None:
    cons_id = await (put(api, status="closed") if kind == "accounting" else support(api, status="resolved"))
    answer = await send(api, cons_id, ("a.png", PNG))
    assert (answer.status_code, answer.json()["code"]) == (409, "consultation.ended")


async def test_files_wait_for_a_conversation_and_are_woken_by_its_link(api: Api) -> None:
    cons_id = await put(api)
    await send(api, cons_id, ("a.png", PNG))
    async with api.runtime.db.transaction() as connection:
        await run(connection, "delete from sys.outbox")  # looked at, and there was no conversation
        await publish(connection, [Event("Linked", cons_id, Origin.PLATFORM)])
    assert "chatwoot:attachment" in await queued(api)

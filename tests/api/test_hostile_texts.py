"""Files that pretend, floods, and marks in texts where people look at them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import httpx
import pytest

from clobus.api.app import create_app
from clobus.core.db import run
from tests.api.conftest import Api, settings
from tests.api.requests import put
from tests.api.test_attachments import path, send

MARKS = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("счёт.pdf", b"MZ\x90\x00" + b"\x00" * 60), ("счёт.pdf.exe", b"%PDF-1.7\n"),
        ("счёт.pdf", b"PK\x03\x04" + b"\x00" * 20), ("фото.jpg\u202egpj.exe", b"\xff\xd8\xff\xe0"),
        ("счёт.pdf", b"\x7fELF\x02\x01"),
    ],
)  # fmt: skip
async def test_files_that_pretend(api: Api, name: str, body: bytes) -> None:
    answer = await send(api, await put(api), (name, body))
    assert (answer.status_code, answer.json()["code"]) == (415, "attachment.type")
    assert await api.count("cons.attachments") == 0


async def test_an_archive_is_never_unpacked(api: Api) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"\x00" * 50_000_000)
    bomb = kept.getvalue()
    assert len(bomb) < 100_000
    answer = await send(api, cons_id := await put(api), ("../../отчёт.zip", bomb))
    assert answer.status_code < 300, answer.text
    [file] = answer.json()["attachments"]
    assert (file["name"], file["size"]) == ("отчёт.zip", len(bomb))
    given = await api.get(f"{path(cons_id)}/{file['attachment_id']}", "client")
    assert given.content == bomb
    assert given.headers["content-disposition"].startswith("attachment")


async def test_a_flood_is_one_callers_alone(api: Api) -> None:
    narrow = api.runtime.settings.model_copy(
        update={"limits": settings("postgresql://x", requests_per_minute=5, creates_per_minute=2).limits}
    )
    runtime = replace(api.runtime, settings=narrow)
    transport = httpx.ASGITransport(create_app(runtime, intervals={}), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:

        async def knock(role: str) -> httpx.Response:
            return await http.get("/api/consultations", headers={"Authorization": f"Bearer {api.keys[role]}"})

        answers = [await knock("client") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in answers[5:])
        assert answers[-1].json()["code"] == "rate.limit"
        assert (await knock("other")).status_code == 200


async def test_operations_give_marks_as_they_are_and_as_json(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into sys.bad_records (process, record_key, payload, error_class, error, state)"
            " values ('cons', %s, '{}', 'x', %s, 'dead')",
            (MARKS, MARKS),
        )
        await run(
            connection,
            "insert into sys.outbox (system, subject, subject_id, state, error_class, last_error)"
            " values ('onec', 'consultation', gen_random_uuid(), 'dead', %s, %s)",
            (MARKS, MARKS),
        )
    listed = await api.get("/api/ops/dead-letters", "administrator")
    assert [row["error"] for row in listed.json()["items"]] == [MARKS, MARKS]
    headers = (listed.headers["content-type"], listed.headers["x-content-type-options"])
    assert headers == ("application/json", "nosniff")

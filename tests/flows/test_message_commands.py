"""`clobus messages`, as a person in front of a terminal uses it."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

from clobus.core.db import Database
from tests.api.conftest import settings
from tests.flows.test_commands import clobus
from tests.support.accounts import asked
from tests.support.messages import happen, request, states
from tests.support.platform import environment_for


async def test_list_show_and_another_try(dsn: str) -> None:
    db, env = Database(dsn), environment_for(settings(dsn))
    await db.open()
    cons_id = await request(db, status="closed")
    await happen(db, "Closed", cons_id)
    await happen(db, "CloseRefused", cons_id)
    async with db.transaction() as connection:
        await connection.execute(
            "update log.notification_log set state = 'failed', error = 'gone' where notification_type = 'closed'"
        )
    code, out, _ = await clobus(env, "messages", "list")
    assert code == 0
    assert [line.split()[3:6] for line in out.splitlines()] == [
        ["queued", "chatwoot", "close_refused"], ["failed", "chatwoot", "closed"],
    ]  # fmt: skip
    _, out, _ = await clobus(env, "messages", "list", "--state", "failed", "--json")
    [row] = json.loads(out)
    code, out, _ = await clobus(env, "messages", "show", row["id"])
    assert (code, UUID(json.loads(out)["cons_id"])) == (0, cons_id)
    code, out, _ = await clobus(env, "messages", "retry", row["id"])
    assert (code, out.strip()) == (0, "queued")
    kept = await asked(db, "select actor, act, target from log.audit")
    assert kept["actor"].startswith("operator:")
    assert (kept["act"], kept["target"]) == ("message.retried", row["id"])
    assert {state for _, state in await states(db)} == {"queued"}
    code, _, error = await clobus(env, "messages", "retry", row["id"])
    assert (code, error.split()[1]) == (2, "message.not_failed")
    code, _, error = await clobus(env, "messages", "show", str(uuid4()))
    assert (code, error.split()[1]) == (2, "message.unknown")
    await db.close()


async def test_the_preview_is_one_page_and_needs_nothing(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    code, said, _ = await clobus({}, "messages", "preview", "--out", str(out))
    assert (code, said.strip()) == (0, str(out))
    page = out.read_text(encoding="utf-8")
    for words in ("Консультация по заявке № T-000042", "T-000042-sonli ariza", "Request No. T-000042"):
        assert words in page

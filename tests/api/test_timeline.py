"""The story of a request: whole for staff, for clients what is theirs, in the language of who asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from clobus.core import i18n
from clobus.core.db import run
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations import timeline
from tests.api.conftest import Api
from tests.api.requests import MANAGER, put
from tests.support.workdays import ZONE, working


async def told(api: Api, cons_id: UUID, role: str, language: str = "ru") -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {api.keys[role]}", "Accept-Language": language}
    answer = await api.http.get(f"/api/consultations/{cons_id}/timeline", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def a_story(api: Api) -> UUID:
    key = new_id()
    cons_id = await put(api, cl_ref_key=key, lang="ru")
    changes: dict[str, dict[str, tuple[Any, Any]]] = {
        "Opened": {"status": (None, "pending")},
        "Assigned": {"manager": (None, str(MANAGER)), "why": (None, {"load": 0.2})},
        "Linked": {"conversation_id": (None, 7)},
        "CloseRefused": {},
        "Rated": {"average": (None, 4.5)},
        "Surprise": {},
    }
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description) values (%s, %s, 'Азиза Каримова')",
            (new_id(), MANAGER),
        )
        await run(
            connection,
            "insert into cons.calls (cons_key, period, manager) values (%s, %s, %s)",
            (key, datetime(2026, 11, 20, 5, 0, tzinfo=UTC), MANAGER),
        )
        for name, what in changes.items():
            await publish(connection, [Event(name, cons_id, Origin.PLATFORM, "key:1", what)])
        await run(
            connection, "update log.notification_log set state = 'sent', body = 'Заявка принята', sent_at = now()"
        )
        await run(
            connection,
            "insert into log.notification_log (id, notification_type, entity_id, unique_hash, audience, language, body,"
            " state, expires_at) values (%s, 'close_refused', %s, 'x', 'manager', 'ru', 'Не надо', 'sent', now())",
            (new_id(), cons_id),
        )
    moved = await api.post(
        f"/api/consultations/{cons_id}/redates", {"new_date": working(2).isoformat(), "comment": "Болею"}
    )
    assert moved.status_code == 200, moved.text
    return cons_id


async def test_staff_see_everything(api: Api) -> None:
    items = await told(api, await a_story(api), "manager")
    kinds = [item["kind"] for item in items]
    for kind in ("Opened", "Assigned", "Linked", "CloseRefused", "Rated", "Surprise", "Called", "Noted", "Said"):
        assert kind in kinds, kind
    assert kinds.count("Rescheduled") == 1
    assert items == sorted(items, key=lambda item: datetime.fromisoformat(item["at"]))
    assigned = next(item for item in items if item["kind"] == "Assigned")
    assert assigned["text"] == "Назначен консультант Азиза Каримова"
    assert assigned["details"]["why"] == [None, {"load": 0.2}]
    assert (assigned["origin"], assigned["actor"]) == ("platform", "key:1")
    moved = next(item for item in items if item["kind"] == "Rescheduled")
    assert moved["text"].endswith("Комментарий: Болею")
    assert moved["origin"] == "api"


async def test_clients_see_what_is_theirs(api: Api) -> None:
    cons_id = await a_story(api)
    items = await told(api, cons_id, "client")
    kinds = {item["kind"] for item in items}
    assert {"Opened", "Assigned", "Rescheduled", "Called", "Rated", "Said"} == kinds
    assert all(item[name] is None for item in items for name in ("why", "origin", "actor", "details"))
    assert not any("Не надо" in item["text"] for item in items)
    # A service asks for clients: it gets no more than they.
    assert {item["kind"] for item in await told(api, cons_id, "service")} == kinds
    headers = {"Authorization": f"Bearer {api.keys['other']}"}
    assert (await api.http.get(f"/api/consultations/{cons_id}/timeline", headers=headers)).status_code == 404


async def test_in_each_language(api: Api) -> None:
    cons_id = await a_story(api)
    for language, opened, assigned in (
        ("uz", "Murojaat yaratildi", "Maslahatchi tayinlandi: Азиза Каримова"),
        ("en", "The request was made", "Consultant Азиза Каримова was assigned"),
    ):
        items = await told(api, cons_id, "client", language)
        texts = {item["kind"]: item["text"] for item in items}
        assert (texts["Opened"], texts["Assigned"]) == (opened, assigned)


def test_why_a_manager_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"why": [None, {"code": "least_loaded", "load": 20, "moment": "2026-11-27T05:00:00+00:00"}]}
    texts = {**i18n.catalogue("en"), "why.least_loaded": "Least loaded ({load} %) on {moment}"}
    monkeypatch.setattr(i18n, "catalogue", lambda language: texts)
    assert timeline.why("en", changes, ZONE) == "Least loaded (20 %) on November 27, 2026, 10:00"
    assert timeline.why("en", {"why": [None, {"code": "other"}]}, ZONE) is None
    assert timeline.why("en", {}, ZONE) is None


async def test_a_move_that_only_the_log_knows_is_told_once(api: Api) -> None:
    cons_id = await put(api)
    changes = {"start_date": ("2026-11-26T05:00:00+00:00", "2026-11-27T05:00:00+00:00")}
    async with api.runtime.db.transaction() as connection:
        await publish(connection, [Event("Rescheduled", cons_id, Origin.ONEC, None, changes)])
    moves = [item for item in await told(api, cons_id, "client", "en") if item["kind"] == "Rescheduled"]
    assert [item["text"] for item in moves] == [
        "The consultation was moved: November 26, 2026, 10:00 → November 27, 2026, 10:00"
    ]


async def test_the_placeholder_of_1c_is_nobody_and_has_no_name(api: Api) -> None:
    cons_id = await put(api, manager=UNDEFINED_MANAGER)
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description) values (%s, %s, '<не определено>')",
            (new_id(), UNDEFINED_MANAGER),
        )
        await publish(
            connection,
            [Event("Assigned", cons_id, Origin.ONEC, None, {"manager": (str(MANAGER), str(UNDEFINED_MANAGER))})],
        )
    for role in ("client", "manager"):
        shown = await api.get(f"/api/consultations/{cons_id}", role)
        assert shown.status_code == 200
        assert "не определено" not in shown.text
        assert [item["text"] for item in await told(api, cons_id, role)] == ["Консультант сменился"]

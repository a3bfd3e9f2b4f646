"""The 1C twin's web server, its switches, and the doors by which a tester plays a 1C user (onec.md §1.2, Part 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus_twins.onec.model import EMPTY_DATE
from clobus_twins.onec.schema import CALL, CLOSINGS, CONSULTANTS
from tests.support.onec_twin import ROOT, OneC, refusal

CLIENT = "8d04ce3c-6360-11e9-dd92-fa163e8ba11d"
MANAGER = "062699c7-24b2-11e9-a1e3-60a44cafb67d"


@pytest.fixture
def onec(tmp_path: Path) -> OneC:
    return OneC(tmp_path)


def address(key: str, set_name: str = CALL) -> str:
    return f"{ROOT}/{set_name}(guid'{key}')"


async def create(onec: OneC) -> dict[str, Any]:
    answer = await onec.client.post(f"{ROOT}/{CALL}", json={"Абонент_Key": CLIENT})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_log_in(onec: OneC) -> None:
    for login in (None, ("odata", "wrong"), ("Иван", "x")):
        auth = httpx.BasicAuth(*(part.encode() for part in login)) if login else httpx.Auth()
        answer = await onec.client.get(f"{ROOT}/{CALL}", auth=auth)
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/html")
    await onec.control("switches", {"html_200_on_auth": True})
    assert (await onec.client.get(f"{ROOT}/", auth=httpx.Auth())).status_code == 200


async def test_limits_of_the_web_server(onec: OneC) -> None:
    guids = " or ".join(f"Ref_Key eq guid'{CLIENT}'" for _ in range(40))
    answer = await onec.get(CALL, filter=guids)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
    few = " or ".join(f"Ref_Key eq guid'{CLIENT}'" for _ in range(20))
    assert (await onec.get(CALL, filter=few)).status_code == 200
    condition = " or ".join(f"Менеджер_Key eq guid'{CLIENT}'" for _ in range(6))
    answer = await onec.client.get(f"{ROOT}/{CONSULTANTS}/SliceLast(Condition='{condition}')")
    assert (answer.status_code, "Invalid URL" in answer.text) == (400, True)


async def test_switches(onec: OneC) -> None:
    made = await create(onec)
    url = address(made["Ref_Key"])
    stale = {"if-match": "AAAAAAAAAAA="}
    assert (await onec.client.patch(url, json={}, headers=stale)).status_code == 200
    await onec.control("switches", {"enforce_if_match": True, "patch_empty_body": True})
    assert (await onec.client.patch(url, json={}, headers=stale)).status_code == 412
    assert (await onec.client.patch(url, json={})).content == b""
    await onec.control("switches", {"rls_hidden_rows": {CALL: "Posted eq false"}})
    assert refusal(await onec.get(CALL))[:2] == (401, "20")
    assert (await onec.client.get(f"{ROOT}/{CALL}?allowedOnly=true")).json()["value"] == []
    await onec.control("switches", {"rls_hidden_rows": {}, "sessions_denied": "Ведутся работы"})
    assert refusal(await onec.get(CALL))[2] == "Ведутся работы"
    await onec.control("switches", {"sessions_denied": "", "count_supported": False})
    assert (await onec.get(f"{CALL}/$count")).status_code == 400
    refused: list[Any] = [{"нет": 1}, {"locale": 1}, [], {}]
    for wrong in refused:
        answer = await onec.control("switches", wrong)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


async def test_changes_of_a_1c_user(onec: OneC) -> None:
    made = await create(onec)
    key = made["Ref_Key"]
    edit = {"set": CALL, "key": key, "fields": {"Конец": "2026-12-01T11:00:00"}, "touch": False}
    record = (await onec.control("change", edit)).json()
    assert (record["Конец"], record["ДатаИзменения"]) == ("2026-12-01T11:00:00", made["ДатаИзменения"])
    assert record["DataVersion"] != made["DataVersion"]
    back = {"set": CALL, "key": key, "fields": {"ДатаИзменения": "2020-01-01T00:00:00"}}
    assert (await onec.control("change", back)).json()["ДатаИзменения"] == "2020-01-01T00:00:00"
    day = {"Дата": "2026-12-01T00:00:00", "Менеджер_Key": MANAGER}
    several = [
        {"op": "create", "set": CLOSINGS, "fields": day | {"Закрыт": True}},
        {"set": CLOSINGS, "key": day, "fields": {"Закрыт": False}},
        {"op": "create", "set": CALL, "fields": {"Posted": True, "ВопросыИОтветы": [{"Вопрос": "?"}]}},
        {"op": "delete", "set": CALL, "key": key},
    ]
    closed, opened, new, gone = (await onec.control("change", several)).json()
    assert (closed["Закрыт"], opened["Закрыт"], new["Posted"], gone) == (True, False, True, None)
    assert new["Number"] == "00000000002"
    assert new["ДатаИзменения"] != EMPTY_DATE
    wrong: list[Any] = [
        {},
        [],
        {"set": "Нет"},
        {"set": CALL, "key": "x"},
        {"set": CALL, "key": key},
        {"set": CLOSINGS, "key": MANAGER},
        {"set": CALL, "key": new["Ref_Key"], "fields": {"Нет": 1}},
        {"set": CALL, "key": new["Ref_Key"], "op": "lose"},
        [{"op": "delete", "set": CALL, "key": new["Ref_Key"]}, {"set": "Нет"}],
    ]
    for body in wrong[:1] + wrong[2:]:
        answer = await onec.control("change", body)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True), body
    assert len(await onec.rows(CALL)) == 1, "a list with a wrong edit changes nothing"


async def test_pages_that_lose_and_repeat_rows(onec: OneC) -> None:
    onec.store.import_rows(CALL, [{"Number": f"{index:011}"} for index in range(20)])
    faults = [{"kind": "page_loses_row", "match": "skip=0"}, {"kind": "page_repeats_row"}]
    assert (await onec.control("faults", faults)).status_code == 200
    asked = {"top": 10, "orderby": "Number", "select": "Number"}
    repeated = [row["Number"] for row in await onec.rows(CALL, skip=5, **asked)]
    assert (len(repeated), len(set(repeated))) == (10, 9)
    lost = [int(row["Number"]) for row in await onec.rows(CALL, skip=0, **asked)]
    assert (len(lost), lost[-1]) == (10, 10)
    assert [int(row["Number"]) for row in await onec.rows(CALL, skip=0, **asked)] == list(range(10))

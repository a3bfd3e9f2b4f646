"""Reports over HTTP: figures, files, the requests behind them, and whose numbers a manager sees."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from clobus.core import clock
from clobus.core.db import rows, run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import create_key
from clobus.modules.reports import service
from tests.api.conftest import Api
from tests.support.report_desk import CALENDAR, NOW, Desk

WHOLE = "from=2026-01-01&to=2026-04-30"
NAMES = ("volume", "times", "managers", "satisfaction", "sla", "changes")


@pytest.fixture
async def desk(api: Api) -> AsyncIterator[Desk]:
    """A desk of 150 requests, its managers and categories with names, and a key of the second manager."""
    made = Desk(21)
    with clock.freeze(NOW):
        async with api.runtime.db.transaction() as connection:
            await made.open(connection, 150)
            for number, key in enumerate(made.managers):
                account = new_id()
                await run(
                    connection, "insert into cons.users (account_id, cl_ref_key, description) values (%s, %s, %s)",
                    (account, key, f"Oʻrinboyev Шухрат {number}"),
                )  # fmt: skip
                if number == 1:
                    api.keys["own"] = await create_key(connection, "manager", "own", subject_id=account)
            for number, key in enumerate(made.categories):
                await run(
                    connection, "insert into dict.online_question_cat (ref_key, description, language)"
                    " values (%s, %s, 'ru')", (key, f"=Категория {number}"),
                )  # fmt: skip
        await service.keep_up(api.runtime.db, CALENDAR)
        yield made


async def shown(api: Api, path: str, role: str = "head") -> Any:
    answer = await api.get(path, role)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_figures_stand_beside_those_of_the_period_before(api: Api, desk: Desk) -> None:
    march = await shown(api, "/api/reports/overview?from=2026-03-01&to=2026-03-31")
    february = await shown(api, "/api/reports/overview?from=2026-02-01&to=2026-02-28")
    assert march["previous_period"] == {"from": "2026-02-01", "to": "2026-02-28"}
    before = {figure["name"]: figure["value"] for figure in february["figures"]}
    assert {figure["name"]: figure["previous"] for figure in march["figures"]} == before
    made = sum(r.fact(desk.requests, NOW)["day"].month == 3 for r in desk.requests)
    assert march["figures"][0] == {
        "name": "requests", "unit": "count", "title": "Обращения", "value": made, "previous": before["requests"],
    }  # fmt: skip


async def test_each_report_tells_its_rows_by_name_in_the_caller_s_language(api: Api, desk: Desk) -> None:
    for name in NAMES:
        told = await shown(api, f"/api/reports/{name}?{WHOLE}&by=manager&lang=uz")
        assert {row["name"] for row in told["rows"]} == {
            "Tayinlanmagan", *(f"Oʻrinboyev Шухрат {n}" for n in range(4))
        }  # fmt: skip
        assert told["by_title"] == "Maslahatchi"
    volume = await shown(api, f"/api/reports/volume?{WHOLE}&by=month")
    assert [row["key"] for row in volume["rows"]] == ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert sum(row["values"]["requests"] for row in volume["rows"]) == len(desk.requests) == volume["total"]["requests"]


async def test_a_figure_leads_to_exactly_its_requests(api: Api, desk: Desk) -> None:
    late = await shown(api, f"/api/reports/sla?{WHOLE}&by=month&kind=support")
    missed = late["total"]["closing_due"] - late["total"]["closing_met"]
    found, following = [], ""
    while True:
        query = f"{WHOLE}&kind=support&only=closing_missed&limit=7&cursor={following}"
        page = await shown(api, f"/api/reports/requests?{query}")
        found += [item["cons_id"] for item in page["items"]]
        following = page["next"]
        if following is None:
            break
    wanted = {str(r.cons_id) for r in desk.requests if r.kind == "support" and r.promises(NOW)[3]}
    assert len(found) == missed == len(wanted)
    assert set(found) == wanted
    heat = await shown(api, f"/api/reports/heat?{WHOLE}")
    cell = max(heat["cells"], key=lambda one: one["n"])
    there = await shown(api, f"/api/reports/requests?{WHOLE}&weekday={cell['weekday']}&hour={cell['hour']}&limit=200")
    assert len(there["items"]) == cell["n"]
    assert heat["total"] == len(desk.requests)


async def test_a_manager_sees_his_own_numbers_whatever_he_asks_for(api: Api, desk: Desk) -> None:
    own, other = desk.managers[1], desk.managers[2]
    mine = {str(r.cons_id) for r in desk.requests if r.manager == own}
    for query in ("", f"&manager={other}"):
        told = await shown(api, f"/api/reports/managers?{WHOLE}{query}", "own")
        assert [row["key"] for row in told["rows"]] == [str(own)]
        assert told["total"]["requests"] == len(mine)
        listed = await shown(api, f"/api/reports/requests?{WHOLE}&limit=200{query}", "own")
        assert {item["cons_id"] for item in listed["items"]} == mine
        file = await api.get(f"/api/reports/volume/file?{WHOLE}&format=csv&by=manager{query}", "own")
        assert file.content.decode("utf-8-sig").splitlines()[1].split(";")[1] == str(len(mine))
    assert (await shown(api, "/api/reports/options", "own"))["manager"] == []
    refused = await api.get(f"/api/reports/volume?{WHOLE}", "manager")
    assert (refused.status_code, refused.json()["code"]) == (403, "report.manager")


async def test_a_workbook_has_numbers_formulas_and_a_chart(api: Api, desk: Desk) -> None:
    told = await shown(api, f"/api/reports/volume?{WHOLE}&by=month")
    file = await api.get(f"/api/reports/volume/file?{WHOLE}&by=month&format=xlsx", "head")
    sheet, apart = load_workbook(io.BytesIO(file.content)).worksheets
    assert [cell.value for cell in sheet[4]] == ["Месяц", *(c["title"] for c in told["columns"])]
    assert [sheet.cell(5 + n, 2).value for n in range(4)] == [r["values"]["requests"] for r in told["rows"]]
    assert sheet["B9"].value == "=SUM(B5:B8)"
    assert sheet["E9"].value == "=IF(B9=0,0,D9/B9)"
    assert sheet["E5"].number_format == "0.0%"
    assert len(apart._charts) == 1
    reckoned = load_workbook(io.BytesIO(file.content), data_only=True).active
    assert reckoned is not None
    assert reckoned["B9"].value == len(desk.requests)


async def test_csv_keeps_formulas_out_and_pdf_and_picture_can_be_read(api: Api, desk: Desk) -> None:
    csv = await api.get(f"/api/reports/volume/file?{WHOLE}&by=category&format=csv&lang=uz", "head")
    lines = csv.content.decode("utf-8-sig").split("\r\n")
    assert {line.split(";")[0] for line in lines[1:-1]} == {
        "Toifasiz", "Jami", *(f"'=Категория {n}" for n in range(5))
    }  # fmt: skip
    for name in NAMES:
        pdf = await api.get(f"/api/reports/{name}/file?{WHOLE}&by=manager&format=pdf&lang=uz", "head")
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        assert "Oʻrinboyev Шухрат 2" in text
    picture = await api.get(f"/api/reports/times/file?{WHOLE}&by=week&format=png", "head")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["content-disposition"] == 'attachment; filename="times-2026-01-01-2026-04-30.png"'
    missing = await api.get(f"/api/reports/nothing/file?{WHOLE}", "head")
    assert missing.json()["code"] == "report.unknown"


@pytest.mark.parametrize("query", ["from=2026-02-02&to=2026-02-01", "from=1999-01-01&to=2026-01-01", "from=0001-01-01"])
async def test_periods_are_bounded(api: Api, query: str) -> None:
    answer = await api.get(f"/api/reports/volume?{query}", "head")
    assert (answer.status_code, answer.json()["code"]) == (400, "report.period")


async def test_promises_are_changed_as_a_whole_and_reports_follow(api: Api, desk: Desk) -> None:
    before = await shown(api, f"/api/reports/sla?{WHOLE}&by=kind")
    promise = {"kind": "support", "importance": None, "first_seconds": 60, "closing_seconds": None}
    head = {"Authorization": f"Bearer {api.keys['head']}"}
    put = await api.http.put("/api/report-settings/sla", json={"items": [promise]}, headers=head)
    told = put.json()
    assert told["items"] == [promise]
    assert (told["recount"]["total"], told["recount"]["done"], told["recount"]["finished_at"]) == (None, 0, None)
    await service.keep_up(api.runtime.db, CALENDAR)
    after = await shown(api, f"/api/reports/sla?{WHOLE}&by=kind")
    assert after["total"]["closing_due"] == 0 < before["total"]["closing_due"]
    support = {row["key"]: row["values"] for row in after["rows"]}
    assert support["accounting"]["first_due"] == 0 < support["support"]["first_due"]
    twice = await api.http.put("/api/report-settings/sla", json={"items": [promise, promise]}, headers=head)
    assert twice.status_code == 422


async def test_schedules_are_made_changed_and_ended(api: Api) -> None:
    head = {"Authorization": f"Bearer {api.keys['head']}"}
    given = {"report": "sla", "period": "day", "at": "08:30", "channel": "email", "recipient": "a@b.uz",
             "filters": {"kind": "support"}}  # fmt: skip
    made = (await api.http.post("/api/report-settings/schedules", json=given, headers=head)).json()
    assert made["filters"]["kind"] == "support"
    path = f"/api/report-settings/schedules/{made['schedule_id']}"
    changed = await api.http.put(path, json={**given, "active": False}, headers=head)
    assert changed.json() == {**made, "active": False, "next_at": None}
    assert (await shown(api, "/api/report-settings/schedules"))["items"] == [changed.json()]
    for wrong in ({"recipient": "nobody"}, {"channel": "telegram"}, {"at": "08:30+05:00"}, {"report": "heat"}):
        refused = await api.http.post("/api/report-settings/schedules", json={**given, **wrong}, headers=head)
        assert refused.status_code == 422, wrong
    assert (await api.http.delete(path, headers=head)).status_code == 204
    assert (await api.http.delete(path, headers=head)).json()["code"] == "report.schedule"
    async with api.runtime.db.read() as connection:
        assert await rows(connection, "select 1 from rep.schedules") == []

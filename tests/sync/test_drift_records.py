"""Drift in what hangs on a request: its lines, its records in registers; and in clients, managers, closed days."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx

from clobus.runtime import Runtime
from clobus.sync import drift
from clobus.sync.drift import Report
from tests.support.platform import ask
from tests.support.twins import TwinProcess
from tests.sync.agreement import compared, comparer

World = tuple[Runtime, TwinProcess]
CALL = "Document_ТелефонныйЗвонок"
CLIENTS, USERS = "Catalog_Контрагенты", "Catalog_Пользователи"
CLOSINGS = "InformationRegister_ЗакрытиеОчередиНаКонсультанта"
SKILLS = "InformationRegister_КатегорииВопросовМенеджеров"
REDATES = ("redates", "cons.cons_redate", "InformationRegister_РегистрацияПереносаКонсультации")
CALLS = ("calls", "cons.calls", "InformationRegister_РегистрацияДозвона")
RATINGS = ("ratings", "cons.cons_rating_answers", "InformationRegister_ОценкаКонсультацийПоЗаявкам")
REGISTERS = (REDATES, CALLS, RATINGS)
OLD = "2020-01-01T10:00:00"
EDIT = {"redates": {"НоваяДата": "2031-05-06T07:08:00"}, "calls": {}, "ratings": {"Оценка": 1, "Комментарий": "иначе"}}
ALTER = {"redates": "comment = 'x'", "calls": "client_key = null", "ratings": "comment = 'x'"}
EXTRA = {
    "redates": "cons_key, period, new_date) values (%s, now(), now()",
    "calls": "cons_key, period) values (%s, now()",
    "ratings": "cons_key, question_number, rating) values (%s, 99, 1",
}
SHOWN = {"redates": "redate", "calls": "con_calls", "ratings": "con_rates"}


async def write(runtime: Runtime, sql: str, *params: Any) -> None:
    async with runtime.db.transaction() as connection:
        await connection.execute(sql, params)


def told(report: Report) -> set[tuple[str, str]]:
    return {(item.suspect.consultation, item.suspect.kind) for item in report.items}


async def mended(runtime: Runtime, report: Report) -> None:
    await drift.repair(comparer(runtime), report)
    assert told(await compared(runtime)) == set()


def records(onec: TwinProcess, register: str, field: str, key: UUID) -> list[dict[str, Any]]:
    """What 1C holds of a request, asked as any client asks."""
    login = httpx.BasicAuth(onec.credentials["user"], onec.credentials["password"])
    with httpx.Client(base_url=onec.base_url, trust_env=False, auth=login) as http:
        query = {"$format": "json;odata=nometadata", "$filter": f"{field} eq guid'{key}'", "$orderby": "Period"}
        found: list[dict[str, Any]] = http.get(f"/odata/standard.odata/{register}", params=query).json()["value"]
    return found


def named(kind: str) -> str:
    return "Обращение_Key" if kind == "ratings" else "ДокументОбращения_Key"


def key_of(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    names = ["Период", "НомерВопроса"] if kind == "ratings" else ["Абонент_Key", "Менеджер_Key"]
    return {name: record[name] for name in ("Period", named(kind), *names) if name in record}


async def some_of(runtime: Runtime, table: str, number: int = 3) -> list[dict[str, Any]]:
    """Requests with a single record in a register, known to us."""
    return await ask(
        runtime,
        f"select c.cons_id, c.cl_ref_key from cons.cons c join {table} r on r.cons_key = c.cl_ref_key"
        f" group by 1, 2 having count(*) = 1 order by 1 limit {number}",
    )


async def test_registers_that_1c_changed_behind_our_back(world: World) -> None:
    runtime, onec = world
    changed = {kind: await some_of(runtime, table) for kind, table, _ in REGISTERS}
    want = set()
    for kind, _, entity in REGISTERS:
        edited, late, gone = changed[kind]
        if EDIT[kind]:
            [record] = records(onec, entity, named(kind), edited["cl_ref_key"])
            onec.change({"set": entity, "key": key_of(kind, record), "fields": EDIT[kind]})
            want.add((str(edited["cons_id"]), kind))
        [record] = records(onec, entity, named(kind), late["cl_ref_key"])
        more = {"Period": OLD, "НомерВопроса": 77} if kind == "ratings" else {"Period": OLD}
        onec.change({"set": entity, "op": "create", "fields": record | more})
        [record] = records(onec, entity, named(kind), gone["cl_ref_key"])
        onec.change({"set": entity, "key": key_of(kind, record), "op": "delete"})
        want |= {(str(late["cons_id"]), kind), (str(gone["cons_id"]), kind)}
    report = await compared(runtime)
    assert told(report) == want
    await mended(runtime, report)
    for kind, table, _ in REGISTERS:
        edited, late, gone = (row["cl_ref_key"] for row in changed[kind])
        [ours] = await ask(runtime, f"select * from {table} where cons_key = %s", edited)
        if kind == "redates":
            assert ours["new_date"].year == 2031
        if kind == "ratings":
            assert (ours["rating"], ours["comment"]) == (1, "иначе")
        assert len(await ask(runtime, f"select 1 from {table} where cons_key = %s", late)) == 2
        assert await ask(runtime, f"select 1 from {table} where cons_key = %s", gone) == []
        [shown] = await ask(runtime, f"select {SHOWN[kind]} as shown from cons.cons where cl_ref_key = %s", gone)
        assert shown["shown"] is None


async def test_rows_of_ours_that_were_spoilt(world: World) -> None:
    runtime, _ = world
    spoilt = {kind: await some_of(runtime, table) for kind, table, _ in REGISTERS}

    async def held() -> list[dict[str, Any]]:
        unlike = {"id", "created_at", "updated_at"}
        found = [
            row
            for kind, table, _ in REGISTERS
            for request in spoilt[kind]
            for row in await ask(runtime, f"select * from {table} where cons_key = %s", request["cl_ref_key"])
        ]
        return [{name: value for name, value in row.items() if name not in unlike} for row in found]

    before = await held()
    for kind, table, _ in REGISTERS:
        altered, lost, extra = (row["cl_ref_key"] for row in spoilt[kind])
        await write(runtime, f"update {table} set {ALTER[kind]} where cons_key = %s", altered)
        await write(runtime, f"delete from {table} where cons_key = %s", lost)
        await write(runtime, f"insert into {table} ({EXTRA[kind]})", extra)
    report = await compared(runtime)
    assert told(report) == {(str(row["cons_id"]), kind) for kind, rows in spoilt.items() for row in rows}
    assert all(item["systems"] == ["onec", "postgres"] for item in report.as_json()["items"])
    await mended(runtime, report)
    assert await held() == before


async def test_lines_that_differ(world: World) -> None:
    runtime, onec = world
    rows = await ask(
        runtime,
        "select c.cons_id, c.cl_ref_key from cons.cons c join cons.q_and_a a using (cons_id)"
        " where a.section = 'qa' group by 1, 2 order by 1 limit 4",
    )
    altered, lost, extra, edited = rows
    await write(
        runtime, "update cons.q_and_a set answer = 'x' where cons_id = %s and section = 'qa'", altered["cons_id"]
    )
    await write(runtime, "delete from cons.q_and_a where cons_id = %s", lost["cons_id"])
    await write(
        runtime, "insert into cons.q_and_a (cons_id, section, line_number) values (%s, 'its', 99)", extra["cons_id"]
    )
    lines = [{"Вопрос": "новый вопрос", "Ответ": "новый ответ"}]
    onec.change({"set": CALL, "key": str(edited["cl_ref_key"]), "fields": {"ВопросыИОтветы": lines}, "touch": False})
    report = await compared(runtime)
    assert told(report) == {(str(row["cons_id"]), "answers") for row in rows}
    await mended(runtime, report)
    [line] = await ask(runtime, "select * from cons.q_and_a where cons_id = %s and section = 'qa'", edited["cons_id"])
    assert (line["question"], line["answer"]) == ("новый вопрос", "новый ответ")


async def test_closed_days(world: World) -> None:
    runtime, onec = world
    first, second, third = await ask(
        runtime, "select period, manager_key from cons.queue_closing order by 1, 2 limit 3"
    )

    def at(row: dict[str, Any]) -> dict[str, str]:
        return {
            "Дата": f"{row['period'].astimezone(runtime.settings.tz):%Y-%m-%d}T00:00:00",
            "Менеджер_Key": str(row["manager_key"]),
        }

    onec.change({"set": CLOSINGS, "key": at(first), "fields": {"Закрыт": False}})
    onec.change({"set": CLOSINGS, "key": at(second), "op": "delete"})
    await write(
        runtime,
        "delete from cons.queue_closing where (period, manager_key) = (%s, %s)",
        third["period"],
        third["manager_key"],
    )
    manager = uuid4()
    await write(runtime, "insert into cons.queue_closing values ('2026-01-01T00:00+05', %s)", manager)
    report = await compared(runtime)
    days = [f"queue_closing:{at(row)['Менеджер_Key']}/{at(row)['Дата'][:10]}" for row in (first, second, third)]
    assert told(report) == {(name, "queue_closing") for name in [*days, f"queue_closing:{manager}/2026-01-01"]}
    assert report.total == 4
    await mended(runtime, report)
    held = await ask(runtime, "select period, manager_key from cons.queue_closing")
    assert third in held
    assert first not in held
    assert second not in held


async def test_clients(world: World) -> None:
    runtime, onec = world
    altered, edited, gone = await ask(
        runtime,
        "select client_id, cl_ref_key, company_name from cons.clients where cl_ref_key is not null order by 1 limit 3",
    )
    await write(runtime, "update cons.clients set company_name = 'другая' where client_id = %s", altered["client_id"])
    onec.change({"set": CLIENTS, "key": str(edited["cl_ref_key"]), "fields": {"Город": "Хива"}})
    onec.change({"set": CLIENTS, "key": str(gone["cl_ref_key"]), "op": "delete"})
    report = await compared(runtime)
    assert told(report) == {(f"client:{row['cl_ref_key']}", "client") for row in (altered, edited, gone)}
    shallow = await compared(runtime, deep=False)
    assert told(shallow) == {(f"client:{row['cl_ref_key']}", "client") for row in (edited, gone)}
    await mended(runtime, report)
    found = await ask(
        runtime, "select company_name, city, deleted from cons.clients where client_id = any(%s) order by client_id",
        [row["client_id"] for row in (altered, edited, gone)],
    )  # fmt: skip
    assert found[0]["company_name"] == altered["company_name"]
    assert (found[1]["city"], found[2]["deleted"]) == ("Хива", True)


async def test_managers(world: World) -> None:
    runtime, onec = world
    altered, skilled, gone = await ask(
        runtime, "select u.cl_ref_key, u.description, min(s.category_key::text) as skill from cons.users u"
        " join cons.users_skill s on s.user_key = u.cl_ref_key group by 1, 2 order by 1 limit 3",
    )  # fmt: skip
    await write(runtime, "update cons.users set description = 'Другой' where cl_ref_key = %s", altered["cl_ref_key"])
    skill = {"Менеджер_Key": str(skilled["cl_ref_key"]), "КатегорияВопроса_Key": skilled["skill"]}
    onec.change({"set": SKILLS, "key": skill, "op": "delete"})
    onec.change({"set": USERS, "key": str(gone["cl_ref_key"]), "op": "delete"})
    report = await compared(runtime)
    assert told(report) == {(f"manager:{row['cl_ref_key']}", "staff") for row in (altered, skilled, gone)}
    await mended(runtime, report)
    [kept] = await ask(runtime, "select description from cons.users where cl_ref_key = %s", altered["cl_ref_key"])
    assert kept["description"] == altered["description"]
    [left] = await ask(runtime, "select deletion_mark from cons.users where cl_ref_key = %s", gone["cl_ref_key"])
    assert left["deletion_mark"]


async def test_what_the_next_cycle_brings_is_on_its_way(world: World) -> None:
    runtime, onec = world
    [row] = await some_of(runtime, CALLS[1], 1)
    [record] = records(onec, CALLS[2], named("calls"), row["cl_ref_key"])
    [client] = await ask(runtime, "select cl_ref_key from cons.clients where cl_ref_key is not null limit 1")
    now = (await ask(runtime, "select to_char(now() at time zone 'Asia/Tashkent', 'YYYY-MM-DD\"T\"HH24:MI:SS') as at"))[
        0
    ]["at"]
    onec.change({"set": CALLS[2], "op": "create", "fields": record | {"Period": now}})
    onec.change(
        {
            "set": CLOSINGS,
            "op": "create",
            "fields": {"Дата": f"{now[:10]}T00:00:00", "Менеджер_Key": str(uuid4()), "Закрыт": True},
        }
    )
    onec.change({"set": CLIENTS, "key": str(client["cl_ref_key"]), "fields": {"Город": "Хива"}})
    assert told(await compared(runtime, alive=True)) == set()
    onec.change({"set": CALLS[2], "op": "create", "fields": record | {"Period": OLD}})
    assert told(await compared(runtime, alive=True)) == {(str(row["cons_id"]), "calls")}, (
        "no window reaches back so far"
    )
    await write(runtime, "update sys.sync_state set failures_in_row = 3")
    assert len(told(await compared(runtime, alive=True))) == 3, "who fails brings nothing"


async def test_a_record_that_a_page_loses_is_no_drift_and_removes_nothing(world: World) -> None:
    runtime, onec = world
    kind, table, entity = CALLS
    onec.fault("page_loses_row", times=1, match=f"{entity}.*orderby")
    assert told(await compared(runtime)) == set()
    [row] = await some_of(runtime, table, 1)
    await write(runtime, f"update {table} set client_key = null where cons_key = %s", row["cl_ref_key"])
    report = await compared(runtime)
    onec.fault("page_loses_row", times=1, match=f"{entity}.*filter")
    await drift.repair(comparer(runtime), report)
    assert len(await ask(runtime, f"select 1 from {table} where cons_key = %s", row["cl_ref_key"])) == 1
    await mended(runtime, await compared(runtime))

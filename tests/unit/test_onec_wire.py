"""1C on the wire: local time, empties, rows, and what an answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.core.errors import BadAnswer, GatewayError, Missing, Refused, Transient
from clobus.gateways.onec import entities, verdict, wire

TASHKENT = ZoneInfo("Asia/Tashkent")
KEY = UUID("b1c89da7-cb6a-11e6-aede-5404a6b4b8ed")
ALL = [kind for kind in vars(entities).values() if isinstance(kind, type) and getattr(kind, "entity_set", "")]


def page(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"odata.metadata": "http://h/$metadata#X", "value": rows}, ensure_ascii=False).encode()


def test_local_time_becomes_an_instant() -> None:
    assert wire.local_to_instant("2026-01-31T09:00:00", TASHKENT) == datetime(2026, 1, 31, 4, tzinfo=UTC)
    assert wire.local_to_instant("2026-01-31T02:00:00Z", TASHKENT) == datetime(2026, 1, 30, 21, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "0001-01-01T08:30:00", "", None])
def test_an_empty_date_is_none(text: str | None) -> None:
    assert wire.local_to_instant(text, TASHKENT) is None


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - bounds must be naive
def test_an_instant_comes_back_the_same(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC, microsecond=0)
    text = wire.instant_to_local(instant, TASHKENT)
    assert wire.local_to_instant(text, TASHKENT) == instant
    assert len(text) == 19


def test_outgoing_times_need_a_zone() -> None:
    assert wire.instant_to_local(None, TASHKENT) == wire.EMPTY_DATE
    assert wire.instant_to_local(datetime(2026, 1, 1, 20, 0, 0, 999999, UTC), TASHKENT) == "2026-01-02T01:00:00"
    with pytest.raises(ValueError, match="zone"):
        wire.instant_to_local(datetime(2026, 1, 1), TASHKENT)  # noqa: DTZ001 - naive on purpose


def test_times_of_day() -> None:
    assert wire.local_to_time("0001-01-01T09:30:00") == time(9, 30)
    assert wire.local_to_time("2026-01-01T09:30:00") is None
    assert wire.local_to_time(None) is None
    assert wire.local_to_time(wire.time_to_local(time(18, 0))) == time(18, 0)
    assert wire.after("2026-01-31T23:59:30", 60) == "2026-02-01T00:00:30"


def test_references_and_numbers() -> None:
    assert wire.reference("00000000-0000-0000-0000-000000000000") is None
    assert wire.reference("") is None
    assert wire.reference(str(KEY)) == KEY
    assert [wire.whole(value) for value in ("12", 12, "", None)] == [12, 12, None, None]
    assert [wire.code(value) for value in ("123", 123, "0", 0, "", " 12 ", None)] == [
        "123", "123", None, None, None, "12", None,
    ]  # fmt: skip


def test_a_consultation_as_1c_sends_it() -> None:
    [row] = wire.decode_page(
        page({
            "Ref_Key": str(KEY), "DataVersion": "AAAABAAAAAA=", "DeletionMark": False, "Number": "000000001",
            "Абонент_Key": str(KEY), "Менеджер_Key": "00000000-0000-0000-0000-000000000000",
            "ДатаСоздания": "2026-01-31T09:00:00", "Конец": "0001-01-01T00:00:00",
            "ВидОбращения": "ВОчередьНаКонсультацию", "ЗакрытоБезКонсультации": False, "Описание": "12",
            "КонсультацииИТС": [{
                "Ref_Key": str(KEY), "LineNumber": "1", "ПовторноеОбращение": True, "Вопрос": "Как?",
                "ВидПО_Key": "00000000-0000-0000-0000-000000000000",
            }],
            "Абонент@navigationLinkUrl": "x", "НеизвестноеПоле": {"a": [1]},
        }),
        entities.Consultation,
    )  # fmt: skip
    assert (row.ref_key, row.client_key, row.manager_key) == (KEY, KEY, None)
    assert wire.local_to_instant(row.created_at, TASHKENT) == datetime(2026, 1, 31, 4, tzinfo=UTC)
    assert wire.local_to_instant(row.ended_at, TASHKENT) is None
    assert row.description == "12"
    assert (row.topics[0].line_number, row.topics[0].po_type_key, row.topics[0].repeated) == (1, None, True)


def test_numbers_may_be_texts_and_folders_are_full_of_nulls() -> None:
    rows = wire.decode_page(
        page(
            {"Ref_Key": str(KEY), "IsFolder": True, "ИНН": None, "КодАбонентаClobus": None,
             "КонтактнаяИнформация": None},
            {"Ref_Key": str(KEY), "IsFolder": False, "ИНН": "301234567", "КодАбонентаClobus": "1234",
             "КонтактнаяИнформация": [{"LineNumber": "1", "Тип": "Телефон", "НомерТелефона": "998901234567"}]},
            {"Ref_Key": str(KEY), "КодАбонентаClobus": 0},
        ),
        entities.Counterparty,
    )  # fmt: skip
    assert [row.subscriber_code for row in rows] == [None, "1234", None]
    assert rows[1].contacts is not None
    assert rows[1].contacts[0].phone == "998901234567"
    [consultant] = wire.decode_page(
        page({"Менеджер_Key": str(KEY), "ЛимитКонсультаций": "7", "ВремяРаботыНачало": "0001-01-01T09:00:00"}),
        entities.Consultant,
    )
    assert (consultant.limit, wire.local_to_time(consultant.work_from)) == (7, time(9))


def test_one_bad_row_can_be_set_apart_and_its_value_is_not_told() -> None:
    data = page({"Ref_Key": str(KEY)}, {"Ref_Key": "secret name"})
    with pytest.raises(BadAnswer) as caught:
        wire.decode_page(data, entities.Consultation)
    assert "secret" not in str(caught.value)
    assert "value[1].Ref_Key" in str(caught.value)
    raw = wire.split_page(data)
    assert wire.decode_row(raw[0], entities.Consultation).ref_key == KEY
    with pytest.raises(BadAnswer):
        wire.decode_row(raw[1], entities.Consultation)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_reference_of_every_set_reads_empty_as_none(kind: type[wire.Entity]) -> None:
    wired = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    assert {name for name in wired if name.endswith("_key") and name != "ref_key"} == set(kind.references)
    row = {wired[name]: str(wire.EMPTY_KEY) for name in kind.references}
    for field in msgspec.structs.fields(kind):
        if field.required and field.encode_name not in row:
            row[field.encode_name] = str(KEY) if field.name == "ref_key" else "1"
    [decoded] = wire.decode_page(page(row), kind)
    assert all(getattr(decoded, name) is None for name in kind.references)


def error(status: int, code: str | None, text: str = "", **headers: str) -> httpx.Response:
    request = httpx.Request("POST", "http://onec/odata/X?$filter=secret")
    if code is None:
        return httpx.Response(status, text=text, headers={"content-type": "text/html", **headers}, request=request)
    body = {"odata.error": {"code": code, "message": {"lang": "ru", "value": text}}}
    return httpx.Response(status, json=body, headers=headers, request=request)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(500, "-1", "Превышен лимит: не более 3 заявок в день"), Refused, "onec.rule"),
        (error(500, "-1", "Не обнаружено свободной лицензии!"), Transient, "onec.licence"),
        (error(500, None, "<html>Не найдена лицензия. Не обнаружен ключ защиты</html>"), Transient, "onec.licence"),
        (error(500, "-1", "Начало сеанса с информационной базой запрещено."), Transient, "onec.paused"),
        (error(403, None, "Сеансы с базой временно запрещены"), Transient, "onec.paused"),
        (error(500, "-1", "Конфликт блокировок при выполнении транзакции"), Transient, "onec.busy"),
        (error(500, "-1", "Недостаточно памяти для получения результата запроса"), Transient, "onec.busy"),
        (error(500, None, "<html>1C:Enterprise 8 application error</html>"), Transient, "gateway.transient"),
        (error(502, None), Transient, "gateway.transient"),
        (error(503, None), Transient, "gateway.transient"),
        (error(429, None), Transient, "gateway.transient"),
        (error(404, "9", "Экземпляр сущности не найден"), Missing, "onec.missing"),
        (error(404, "8", "Сущность не найдена"), BadAnswer, "onec.not_published"),
        (error(404, None, "<html>404 - File or directory not found.</html>"), BadAnswer, "onec.not_its_404"),
        (error(200, None, "<html>Вход</html>"), BadAnswer, "onec.html"),
        (error(401, None, ""), Refused, "onec.unauthorized"),
        (error(401, "20", "Недостаточно прав"), Refused, "onec.rights"),
        (error(400, "14", "Ошибка при разборе опции запроса $filter"), Refused, "onec.bad_option"),
        (error(400, "15", "Запись с такими значениями уже существует"), Refused, "onec.exists"),
        (error(405, "19", ""), Refused, "onec.method"),
        (error(501, "0", ""), Refused, "onec.code_0"),
        (error(302, None), BadAnswer, "gateway.bad_answer"),
    ],
)
def test_what_an_answer_means(answer: httpx.Response, kind: type[GatewayError], code: str) -> None:
    judged = verdict.judge("onec", answer)
    assert type(judged) is kind
    assert judged.code == code
    assert "secret" not in str(judged)


def test_a_rule_keeps_its_text_and_a_pause_its_time() -> None:
    refused = verdict.judge("onec", error(500, "-1", "Превышен лимит"))
    assert isinstance(refused, Refused)
    assert refused.vendor_text == "Превышен лимит"
    paused = verdict.judge("onec", error(500, "-1", "Начало сеанса с информационной базой запрещено"))
    assert isinstance(paused, Transient)
    assert (paused.retry_after, paused.not_done) == (60.0, True)
    told = verdict.judge("onec", error(503, None, **{"Retry-After": "5"}))
    assert isinstance(told, Transient)
    assert told.retry_after == 5


def test_pages_cost_little_beside_reading_them() -> None:
    rows = [{"Ref_Key": str(KEY), "DataVersion": "AAAABAAAAAA="} for _ in range(1000)]
    data = page(*rows)
    started = datetime.now(UTC)
    assert len(wire.split_page(data)) == 1000
    assert datetime.now(UTC) - started < timedelta(milliseconds=50)

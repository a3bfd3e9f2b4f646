"""The 1C twin over HTTP: reads, keys, writes, refusals (onec.md Part 1, domain.md §2)."""

from __future__ import annotations

import base64
import json
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from clobus_twins.onec.model import EMPTY_DATE, EMPTY_GUID
from clobus_twins.onec.schema import CALL, CLIENTS, CLOSINGS, CONSULTANTS, RATINGS, REDATES
from tests.support.onec_twin import ROOT, OneC, refusal

CLIENT = "8d04ce3c-6360-11e9-dd92-fa163e8ba11d"
MANAGER = "062699c7-24b2-11e9-a1e3-60a44cafb67d"
DAY = "2026-12-01T10:00:00"
NEW: dict[str, Any] = {
    "Абонент_Key": CLIENT,
    "Менеджер_Key": MANAGER,
    "ВидОбращения": "ВОчередьНаКонсультацию",
    "ДатаКонсультации": DAY,
    "КонсультацииИТС": [],
    "ВопросыИОтветы": [],
}


@pytest.fixture
def onec(tmp_path: Path) -> OneC:
    return OneC(tmp_path)


def address(key: str, set_name: str = CALL) -> str:
    return f"{ROOT}/{set_name}(guid'{key}')"


async def create(onec: OneC, **fields: Any) -> dict[str, Any]:
    answer = await onec.client.post(f"{ROOT}/{CALL}", json=NEW | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_document_is_created_with_what_1c_gives(onec: OneC) -> None:
    await onec.control("clock", {"now": "2026-11-24T20:30:00+00:00", "frozen": True})
    answer = await onec.client.post(f"{ROOT}/{CALL}", json=NEW | {"Тема": "т" * 300, "НетТакого": 1, "Posted": True})
    made = answer.json()
    assert answer.status_code == 201
    assert made["Number"] == "00000000001"
    assert made["Date"] == made["ДатаСоздания"] == made["ДатаИзменения"] == "2026-11-25T01:30:00"
    assert made["Тема"] == "т" * 250
    assert made["Posted"] is False
    assert made["Конец"] == EMPTY_DATE
    assert made["Язык_Key"] == EMPTY_GUID
    assert "НетТакого" not in made
    assert made["odata.metadata"] == f"{ROOT}/$metadata#{CALL}/@Element"
    assert made["Абонент@navigationLinkUrl"] == f"{CALL}(guid'{made['Ref_Key']}')/Абонент"
    assert "Язык@navigationLinkUrl" not in made
    raw = dict(answer.headers.raw)[b"location"].decode()
    assert raw == address(made["Ref_Key"])
    assert len(base64.b64decode(made["DataVersion"])) == 8


async def test_a_given_key_is_kept_and_refused_twice(onec: OneC) -> None:
    key = "11111111-1111-1111-1111-111111111111"
    assert (await create(onec, Ref_Key=key))["Ref_Key"] == key
    answer = await onec.client.post(f"{ROOT}/{CALL}", json=NEW | {"Ref_Key": key})
    assert refusal(answer)[:2] == (400, "15")


async def test_every_write_moves_the_version(onec: OneC) -> None:
    made = await create(onec)
    await onec.control("clock", {"shift_seconds": 3600})
    same = await onec.client.patch(address(made["Ref_Key"]), json={})
    assert same.status_code == 200
    assert same.json()["DataVersion"] != made["DataVersion"]
    assert same.json()["ДатаИзменения"] > made["ДатаИзменения"]
    assert same.json()["ДатаСоздания"] == made["ДатаСоздания"]


async def test_a_section_is_replaced_whole(onec: OneC) -> None:
    made = await create(onec, ВопросыИОтветы=[{"LineNumber": "1", "Вопрос": "а"}, {"LineNumber": 2, "Вопрос": "б"}])
    assert [row["LineNumber"] for row in made["ВопросыИОтветы"]] == ["1", "2"]
    url = address(made["Ref_Key"])
    kept = (await onec.client.patch(url, json={"Тема": "x"})).json()
    assert kept["ВопросыИОтветы"] == made["ВопросыИОтветы"]
    cut = (await onec.client.patch(url, json={"ВопросыИОтветы": [{"LineNumber": "1", "Ответ": "в"}]})).json()
    assert cut["ВопросыИОтветы"] == [{"Ref_Key": made["Ref_Key"], "LineNumber": "1", "Вопрос": "", "Ответ": "в"}]
    late = await onec.client.patch(url, json={"ВопросыИОтветы": [{"LineNumber": "2"}]})
    assert refusal(late)[0] == 400
    missing = await onec.client.patch(url, json={"ВопросыИОтветы": [{"Ответ": "г"}]})
    assert refusal(missing)[:2] == (500, "-1")
    rows = await onec.rows(f"{CALL}_ВопросыИОтветы", filter="Ответ eq 'в'", orderby="Ref_Key,LineNumber")
    assert rows == cut["ВопросыИОтветы"]


async def test_the_rows_of_a_section_are_read_only(onec: OneC) -> None:
    url = f"{ROOT}/{CALL}_ВопросыИОтветы"
    assert refusal(await onec.client.post(url, json={}))[:2] == (400, "13")
    key = f"(Ref_Key=guid'{CLIENT}',LineNumber=1)"
    assert refusal(await onec.client.patch(url + key, json={}))[:2] == (405, "19")


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ({"Менеджер_Key": "FRONT"}, 400, "1", "'FRONT' как значение типа Edm.Guid!"),
        ({"Входящий": "да"}, 400, "1", "Edm.Boolean"),
        ({"ДатаКонсультации": "2026-12-01T10:00:00Z"}, 400, "1", "Edm.DateTime"),
        ({"Тема": ["x"]}, 500, "-1", ""),
        ("{", 500, "-1", "Непредвиденный символ при чтении JSON"),
    ],
)
async def test_values_that_do_not_fit(onec: OneC, body: Any, status: int, code: str, said: str) -> None:
    made = await create(onec)
    content = body if isinstance(body, str) else json.dumps(body)
    answer = await onec.client.patch(address(made["Ref_Key"]), content=content)
    assert refusal(answer)[:2] == (status, code)
    assert said in answer.text
    now = (await onec.client.get(address(made["Ref_Key"]))).json()
    assert now["DataVersion"] == made["DataVersion"]


async def test_the_fourth_document_of_a_day_is_refused(onec: OneC) -> None:
    made = [await create(onec) for _ in range(3)]
    answer = await onec.client.post(f"{ROOT}/{CALL}", json=NEW | {"ДатаКонсультации": "2026-12-01T23:59:59"})
    status, code, text = refusal(answer)
    assert (status, code) == (500, "-1")
    assert "Превышен лимит" in text
    await create(onec, ДатаКонсультации="2026-12-02T00:00:00")
    await create(onec, Абонент_Key=MANAGER)
    assert (await onec.client.delete(address(made[0]["Ref_Key"]))).status_code == 204
    await create(onec)
    await onec.client.patch(address(made[1]["Ref_Key"]), json={"DeletionMark": True})
    await create(onec)
    assert (await onec.client.post(f"{ROOT}/{CALL}", json=NEW)).status_code == 500
    loading = await onec.client.post(f"{ROOT}/{CALL}", json=NEW, headers={"1C_OData-DataLoadMode": "true"})
    assert loading.status_code == 201


async def test_delete_put_and_posting(onec: OneC) -> None:
    made = await create(onec, Тема="до", Описание="текст")
    url = address(made["Ref_Key"])
    put = await onec.client.put(url, json={"Тема": "после", "Абонент@odata.bind": f"{CLIENTS}(guid'{MANAGER}')"})
    assert put.status_code == 200
    assert (put.json()["Тема"], put.json()["Описание"]) == ("после", "")
    assert (put.json()["Абонент_Key"], put.json()["Number"]) == (MANAGER, made["Number"])
    assert (await onec.client.post(f"{url}/Post?PostingModeOperational=false")).status_code == 200
    assert (await onec.client.get(url)).json()["Posted"] is True
    assert (await onec.client.post(f"{url}/Unpost")).status_code == 200
    assert (await onec.client.get(url)).json()["Posted"] is False
    assert (await onec.client.delete(url)).status_code == 204
    assert refusal(await onec.client.get(url))[:2] == (404, "9")
    assert refusal(await onec.client.delete(url))[:2] == (404, "9")


async def test_register_records(onec: OneC) -> None:
    record = {
        "Period": "2026-11-01T10:00:00",
        "Обращение_Key": CLIENT,
        "НомерВопроса": 1,
        "Менеджер_Key": MANAGER,
        "Оценка": 5,
    }
    made = await onec.client.post(f"{ROOT}/{RATINGS}", json=record)
    assert made.status_code == 201
    assert "DataVersion" not in made.json()
    assert refusal(await onec.client.post(f"{ROOT}/{RATINGS}", json=record))[:2] == (400, "15")
    key = f"Period=datetime'2026-11-01T10:00:00',Обращение_Key=guid'{CLIENT}',НомерВопроса=1"
    url = f"{ROOT}/{RATINGS}({key})"
    assert (await onec.client.patch(url, json={"Оценка": "4"})).json()["Оценка"] == 4
    reordered = f"{ROOT}/{RATINGS}(НомерВопроса=1,Обращение_Key=guid'{CLIENT}',Period=datetime'2026-11-01T10:00:00')"
    assert (await onec.client.get(reordered)).json()["Оценка"] == 4
    short = await onec.client.get(f"{ROOT}/{RATINGS}(НомерВопроса=1)")
    assert refusal(short)[:2] == (400, "7")
    bad = await onec.client.post(f"{ROOT}/{REDATES}", json={"Менеджер_Key": "FRONT"})
    assert refusal(bad)[:2] == (400, "1")
    assert (await onec.client.delete(url)).status_code == 204


async def test_slices(onec: OneC) -> None:
    rows = [
        {"Period": f"2026-0{month}-01T00:00:00", "Менеджер_Key": manager, "ЛимитКонсультаций": month}
        for month in (1, 2, 3)
        for manager in (CLIENT, MANAGER)
    ]
    onec.store.import_rows(CONSULTANTS, rows)
    last = await onec.rows(f"{CONSULTANTS}/SliceLast()")
    assert [row["ЛимитКонсультаций"] for row in last] == ["3", "3"]
    text = f"Period=datetime'2026-02-15T00:00:00',Condition='Менеджер_Key eq guid'{MANAGER}''"
    found = await onec.rows(f"{CONSULTANTS}/SliceLast({text})")
    assert [(row["ЛимитКонсультаций"], row["Менеджер_Key"]) for row in found] == [("2", MANAGER)]
    query = f"{ROOT}/{CONSULTANTS}/SliceFirst?Condition=Менеджер_Key eq guid'{CLIENT}'"
    assert [row["ЛимитКонсультаций"] for row in (await onec.client.get(query)).json()["value"]] == ["1"]
    assert refusal(await onec.get(f"{CLOSINGS}/SliceLast()"))[:2] == (400, "6")


async def test_collections(onec: OneC) -> None:
    onec.store.import_rows(CALL, [{"Number": f"{index:011}", "Абонент_Key": CLIENT} for index in range(1, 8)])
    onec.store.import_rows(CLIENTS, [{"Ref_Key": CLIENT, "Description": "Имя", "Code": "1"}])
    page = (await onec.get(CALL, top=3, skip=5, orderby="Number", inlinecount="allpages")).json()
    assert page["odata.count"] == "7"
    assert [row["Number"][-1] for row in page["value"]] == ["6", "7"]
    counted = await onec.get(f"{CALL}/$count", filter="Number gt '00000000004'")
    assert (counted.text, counted.headers["content-type"].split(";")[0]) == ("3", "text/plain")
    assert len(await onec.rows(CALL)) == 7
    (row,) = await onec.rows(CALL, top=1, select="Number,Абонент,Абонент____Presentation", expand="Абонент")
    assert row["Абонент"]["Description"] == row["Абонент____Presentation"] == "Имя"
    assert "Date" not in row
    (row,) = await onec.rows(CALL, top=1, select="**")
    assert "Date" in row
    assert "КонсультацииИТС" not in row
    bare = (await onec.get(CALL, format="json;odata=nometadata", top=1)).json()
    assert list(bare) == ["value"]
    assert not [name for name in bare["value"][0] if "@" in name]
    key = bare["value"][0]["Ref_Key"]
    assert (await onec.get(f"{CALL}(Ref_Key=guid'{key}')/Абонент/Description")).json()["value"] == "Имя"
    assert refusal(await onec.get(f"{CALL}(guid'{key}')/Язык"))[0] == 404
    for option, value in (("top", "x"), ("skip", "-1"), ("inlinecount", "all")):
        assert refusal(await onec.get(CALL, **{option: value}))[:2] == (400, "14")
    assert refusal(await onec.get(CALL, expan="x"))[:2] == (400, "0")
    assert refusal(await onec.get("Document_Нет"))[:2] == (404, "8")


async def test_folders_and_numbers(onec: OneC) -> None:
    folder = await onec.client.post(f"{ROOT}/{CLIENTS}", json={"Description": "Папка", "IsFolder": True})
    assert (folder.json()["ИНН"], folder.json()["Code"]) == (None, "000000001")
    item = await onec.client.post(
        f"{ROOT}/{CLIENTS}?$format=json",
        json={"Description": "Фирма", "КодАбонентаClobus": 123456, "ИНН": "123456789012345"},
    )
    assert (item.json()["КодАбонентаClobus"], item.json()["ИНН"]) == ("123456", "12345678901234")
    found = await onec.rows(CLIENTS, filter="КодАбонентаClobus eq 123456 and DeletionMark eq false")
    assert len(found) == 1


async def test_metadata_and_service_document(onec: OneC) -> None:
    root = ET.fromstring((await onec.get("$metadata")).content)
    edm = "{http://schemas.microsoft.com/ado/2009/11/edm}"
    sets = {item.get("Name") for item in root.iter(f"{edm}EntitySet")}
    types = {item.get("Name"): item for item in root.iter(f"{edm}EntityType")}
    assert {CALL, CLIENTS, f"{CALL}_КонсультацииИТС", RATINGS} <= sets == set(types)
    keys = [item.get("Name") for item in types[RATINGS].iter(f"{edm}PropertyRef")]
    assert keys == ["Period", "Обращение_Key", "НомерВопроса"]
    associations = {item.get("Name") for item in root.iter(f"{edm}Association")}
    relations = {item.get("Relationship", "").partition(".")[2] for item in root.iter(f"{edm}NavigationProperty")}
    assert relations == associations
    listed = (await onec.get("")).json()["value"]
    assert {item["name"] for item in listed} == sets


async def test_atom_is_what_comes_without_json(onec: OneC) -> None:
    made = await create(onec)
    plain = {"accept": "*/*"}
    entry = await onec.client.get(address(made["Ref_Key"]), headers=plain)
    assert entry.headers["content-type"].startswith("application/atom+xml")
    assert made["Ref_Key"] in ET.fromstring(entry.content).findtext("{http://www.w3.org/2005/Atom}id", "")
    feed = await onec.client.get(f"{ROOT}/{CALL}?$inlinecount=allpages", headers=plain)
    assert "<m:count>1</m:count>" in feed.text
    error = await onec.client.get(f"{ROOT}/Нет", headers=plain)
    assert ET.fromstring(error.content)[0].text == "8"
    assert (await onec.client.get(f"{ROOT}/{CALL}?$format=csv")).status_code == 415


async def test_state_outlives_the_process(tmp_path: Path) -> None:
    first = OneC(tmp_path)
    made = await create(first)
    first.store.close()
    second = OneC(tmp_path)
    again = (await second.client.get(address(made["Ref_Key"]))).json()
    assert again == made
    later = await create(second)
    assert later["Number"] == "00000000002"
    assert later["DataVersion"] > made["DataVersion"]
    await second.control("reset", {"state": True})
    assert await second.rows(CALL) == []


def test_import_is_all_or_nothing(onec: OneC) -> None:
    with pytest.raises(ValueError, match="has no Нет"):
        onec.store.import_rows(CALL, [{"Number": "1"}, {"Нет": 1}])
    with pytest.raises(ValueError, match="doubled key"):
        onec.store.import_rows(CALL, [{"Ref_Key": CLIENT}, {"Ref_Key": CLIENT}])
    assert onec.store.count(CALL) == 0
    assert onec.store.import_rows(CALL, ({"Number": str(index)} for index in range(3))) == 3


@pytest.mark.slow
async def test_pages_are_quick(onec: OneC) -> None:
    section = [{"Вопрос": "а" * 80, "Ответ": "б" * 150}]
    rows = (
        {
            "Number": f"{index:011}",
            "Абонент_Key": CLIENT,
            "ДатаСоздания": f"2026-{1 + index % 12:02}-{1 + index % 28:02}T10:00:00",
            "Описание": "Как провести документ? " * 5,
            "КонсультацииИТС": section,
        }
        for index in range(30_000)
    )
    began = time.perf_counter()
    onec.store.import_rows(CALL, rows)
    assert time.perf_counter() - began < 6
    window = "ДатаСоздания ge datetime'2026-03-01T00:00:00' and ДатаСоздания lt datetime'2026-05-01T00:00:00'"
    for limit, options in ((0.15, {}), (0.03, {"select": "Ref_Key,DataVersion,DeletionMark", "filter": window})):
        took = []
        for _ in range(3):
            began = time.perf_counter()
            assert (await onec.get(CALL, top=1000, **options)).status_code == 200
            took.append(time.perf_counter() - began)
        assert min(took) < limit

"""The 1C twin at the edges of the protocol: odd numbers, keys, options, bodies, control requests (onec.md Part 1)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clobus_twins.onec.model import Schema, catalog, composite, document, ref, register, text
from clobus_twins.onec.schema import CALL, CLIENTS, CLOSINGS, CONSULTANTS, RATINGS
from tests.support.onec_twin import ROOT, OneC, refusal

CLIENT = "8d04ce3c-6360-11e9-dd92-fa163e8ba11d"
KEY = "062699c7-24b2-11e9-a1e3-60a44cafb67d"
DOCUMENT = f"{CALL}(guid'{KEY}')"
XML = {"accept": "*/*"}
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def onec(tmp_path: Path) -> AsyncIterator[OneC]:
    twin = OneC(tmp_path)
    twin.store.import_rows(CLIENTS, [{"Ref_Key": CLIENT, "Description": "Имя", "Code": "1"}])
    lines = [{"Вопрос": "а <б>", "Ответ": "в"}]
    known = {"Number": "5", "Date": "2026-01-02T00:05:00", "Абонент_Key": CLIENT, "ВопросыИОтветы": lines}
    twin.store.import_rows(CALL, [{"Ref_Key": KEY, **known}])
    yield twin
    twin.store.close()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{CALL}?$top=99999999999999999999999", 400, "14"),
        (f"{CALL}?$skip=99999999999999999999999", 400, "14"),
        (f"{CALL}?$top=²", 400, "14"),
        (f"{CALL}?$filter={'-' * 1500}1 eq 1", 400, "14"),
        (f"{CALL}?$filter=1 eq 123456789012345678901234567890", 200, ""),
        (f"{CALL}_ВопросыИОтветы?$expand=Вопрос", 400, "14"),
        (f"{CALL}()", 400, "7"),
        (f"{CALL}(Ref_Key=guid'{KEY}',Ref_Key=guid'{KEY}')", 400, "2"),
        (f"{CALL}('000')", 400, "1"),
        (f"{CALL}({KEY})", 400, "1"),
        (f"{CALL}(Код=guid'{KEY}')", 400, "10"),
        (
            f"{RATINGS}(Period=datetime'2026-01-01T00:00:00',Обращение_Key=guid'{KEY}',НомерВопроса={'9' * 30})",
            400,
            "1",
        ),
        (f"{DOCUMENT}/Post", 405, "19"),
        (f"{CONSULTANTS}/Balance()", 400, "6"),
        (f"{CLOSINGS}/SliceFirst", 400, "6"),
    ],
)
async def test_reads_at_the_edge(onec: OneC, path: str, status: int, code: str) -> None:
    answer = await onec.client.get(f"{ROOT}/{path}")
    assert answer.status_code == status
    assert not code or refusal(answer)[1] == code


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "", b"{}", 405, "19"),
        ("DELETE", "$metadata", b"", 405, "19"),
        ("POST", f"{DOCUMENT}/Post?PostingModeOperational=maybe", b"", 400, "1"),
        ("POST", f"{DOCUMENT}/Post(PostingModeOperational=true)", b"", 200, ""),
        ("POST", f"{CLIENTS}(guid'{CLIENT}')/Post", b"", 400, "6"),
        ("POST", f"{CALL}(guid'{CLIENT}')/Post", b"", 404, "9"),
        ("PATCH", DOCUMENT, b'{"x":"\xff"}', 500, "-1"),
        ("PATCH", DOCUMENT, b"", 500, "-1"),
        ("PATCH", DOCUMENT, b"[1]", 400, "2"),
        ("PATCH", CALL, b"{}", 405, "19"),
        ("POST", DOCUMENT, b"{}", 405, "19"),
    ],
)
async def test_writes_at_the_edge(onec: OneC, method: str, path: str, body: bytes, status: int, code: str) -> None:
    answer = await onec.client.request(method, f"{ROOT}/{path}", content=body)
    assert answer.status_code == status, answer.text
    assert not code or refusal(answer)[1] == code


async def test_beside_select_only_what_it_names_is_expanded(onec: OneC) -> None:
    link = f"{CALL}(guid'{KEY}')/Абонент"
    assert await onec.rows(CALL, select="Number", expand="Абонент") == [{"Number": "5"}]
    assert await onec.rows(CALL, select="Number,Абонент") == [{"Number": "5", "Абонент@navigationLinkUrl": link}]
    (row,) = await onec.rows(CALL, select="Number,Абонент", expand="Абонент")
    assert (row["Абонент"]["Description"], row["Абонент@navigationLinkUrl"]) == ("Имя", link)
    (row,) = await onec.rows(CALL, select="*", expand="Абонент")
    assert row["Абонент"]["Description"] == "Имя"


async def test_paths_through_casts_of_composite_fields(tmp_path: Path) -> None:
    town = catalog("Города", (ref("Регион", "Catalog_Регионы"), *composite("Мэр")))
    people = catalog("Люди", ())
    entry = document("Док", composite("Где"))
    onec = OneC(tmp_path, Schema((town, people, entry, catalog("Регионы", ()))))
    onec.store.import_rows(people.name, [{"Ref_Key": CLIENT, "Description": "Али", "Code": "1"}])
    mayor = {"Мэр": CLIENT, "Мэр_Type": f"StandardODATA.{people.name}"}
    onec.store.import_rows(town.name, [{"Ref_Key": KEY, "Description": "Бухара", "Code": "1", **mayor}])
    where = {"Где": KEY, "Где_Type": f"StandardODATA.{town.name}"}
    onec.store.import_rows(entry.name, [{"Number": "1", **where}, {"Number": "2"}])
    for path, value in (
        (f"cast(Где,'{town.name}')/Description", "Бухара"),
        (f"cast(cast(Где,'{town.name}')/Мэр,'{people.name}')/Description", "Али"),
    ):
        found = await onec.rows(entry.name, filter=f"{path} eq '{value}'", select="Number")
        assert found == [{"Number": "1"}]
        assert await onec.rows(entry.name, filter=f"{path} eq 'Хива'") == []
    types = await onec.rows(entry.name, orderby="Number", select="Где,Где_Type")
    assert types[1] == {"Где": "", "Где_Type": "StandardODATA.Undefined"}


async def test_actions_are_told_with_their_arguments(onec: OneC) -> None:
    edm = "{http://schemas.microsoft.com/ado/2009/11/edm}"
    root = ET.fromstring((await onec.get("$metadata")).content)
    told = {
        item.get("Name"): [part.get("Name") for part in item]
        for item in root.iter(f"{edm}FunctionImport")
        if item.get("IsSideEffecting") == "true"
    }
    assert told == {"Post": ["bindingParameter", "PostingModeOperational"], "Unpost": ["bindingParameter"]}


async def test_the_hour_of_a_presentation_has_no_leading_zero(onec: OneC) -> None:
    (row,) = await onec.rows(CALL, select="Presentation")
    assert row == {"Presentation": "Телефонный звонок 5 от 02.01.2026 0:05:00"}


async def test_a_single_property_as_json_and_as_xml(onec: OneC) -> None:
    answer = (await onec.client.get(f"{ROOT}/{DOCUMENT}/Number")).json()
    assert answer == {"odata.metadata": f"{ROOT}/$metadata#Edm.String", "value": "5"}
    plain = await onec.client.get(f"{ROOT}/{DOCUMENT}/Number", headers=XML)
    assert plain.headers["content-type"].startswith("application/xml")
    assert (ET.fromstring(plain.content).tag, ET.fromstring(plain.content).text) == (f"{DATA}Number", "5")
    rows = ET.fromstring((await onec.client.get(f"{ROOT}/{DOCUMENT}/ВопросыИОтветы", headers=XML)).content)
    assert [item.findtext(f"{DATA}Вопрос") for item in rows] == ["а <б>"]


async def test_an_atom_entry_of_a_composite_key_has_its_address(onec: OneC) -> None:
    day = "2026-12-01T00:00:00"
    onec.store.import_rows(CLOSINGS, [{"Дата": day, "Менеджер_Key": KEY, "Закрыт": True}])
    feed = ET.fromstring((await onec.client.get(f"{ROOT}/{CLOSINGS}", headers=XML)).content)
    assert feed.findtext(f"{ATOM}entry/{ATOM}id") == f"{CLOSINGS}(Дата=datetime'{day}',Менеджер_Key=guid'{KEY}')"


@pytest.mark.parametrize("key", ["a", "a'b", "a,b", "a(b", "a)b", "a/b", "a=b", 'a"b', "a\\b", "Русский ключ", ""])
async def test_string_keys(tmp_path: Path, key: str) -> None:
    words = register("Слова", (text("Слово"), ref("Кто", "Document_Д")), (text("Смысл"),))
    onec = OneC(tmp_path, Schema((words, document("Д", ()))))
    made = await onec.client.post(f"{ROOT}/{words.name}", json={"Слово": key, "Кто_Key": CLIENT, "Смысл": "x"})
    assert made.status_code == 201
    location = dict(made.headers.raw)[b"location"].decode()
    tail = location.removeprefix(f"{ROOT}/{words.name}")
    doubled = key.replace("'", "''")
    assert tail == f"(Слово='{doubled}',Кто_Key=guid'{CLIENT}')"
    (row,) = await onec.rows(words.name)
    assert (row["Слово"], "".join(row["Кто@navigationLinkUrl"].split())) == (
        key, "".join(f"{words.name}{tail}/Кто".split())
    )  # fmt: skip
    path = quote(f"{words.name}{tail}", safe="()',=")
    assert (await onec.client.get(f"{ROOT}/{path}")).json()["Смысл"] == "x"
    assert (await onec.client.patch(f"{ROOT}/{path}", json={"Смысл": "y"})).json()["Смысл"] == "y"
    assert (await onec.client.delete(f"{ROOT}/{path}")).status_code == 204


@pytest.mark.parametrize(
    ("asked", "accept", "kind", "has_context"),
    [
        ("json", "*/*", "application/json;odata=minimalmetadata", True),
        ("application/json;odata=nometadata", "*/*", "application/json;odata=nometadata", False),
        ("application/json;odata=fullmetadata", "*/*", "application/json;odata=fullmetadata", True),
        ("", "application/json;odata=nometadata", "application/json;odata=nometadata", False),
        ("", "application/json;charset=utf-8", "application/json;odata=minimalmetadata", True),
        ("json", "application/atom+xml", "application/json;odata=minimalmetadata", True),
    ],
)
async def test_representations(onec: OneC, asked: str, accept: str, kind: str, has_context: bool) -> None:
    query = f"?$format={asked}&$select=Number&$inlinecount=allpages" if asked else "?$select=Number"
    answer = await onec.client.get(f"{ROOT}/{CALL}{query}", headers={"accept": accept})
    assert answer.headers["content-type"] == f"{kind};charset=utf-8"
    assert ("odata.metadata" in answer.json()) is has_context
    assert not asked or answer.json()["odata.count"] == "1"


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("clock", {"frozen": "yes"}),
        ("clock", {"now": "0001-01-01T00:00:00+05:00"}),
        ("clock", {"shift_seconds": 1e30}),
        ("clock", b'{"shift_seconds": NaN}'),
        ("reset", {"state": "yes"}),
        ("reset", {"all": True}),
        ("reset", []),
        ("faults", {"kind": ["status"]}),
        ("faults", {"kind": "status", "after": "x"}),
        ("faults", {"kind": "status", "headers": {"a b": "c"}}),
        ("faults", {"kind": "status", "headers": {"a": "b\r\nc: d"}}),
        ("faults", {"kind": "page_loses_row", "colour": 1}),
        ("faults", b'{"kind": "status", "times": Infinity}'),
        ("faults", b'{"kind": "slow", "seconds": NaN}'),
        ("change", {"set": ["x"]}),
        ("change", {"set": CALL, "op": "create", "key": 5}),
        ("change", {"set": CALL, "op": "create", "fields": {"Ref_Key": KEY}}),
        ("change", {"set": CALL, "key": KEY, "fields": {"Тема": {"a": 1}}}),
        ("change", {"set": CALL, "key": KEY, "touch": "no"}),
        ("change", b"\xff"),
        ("change", b""),
    ],
)
async def test_control_requests_that_make_no_sense(onec: OneC, door: str, body: Any) -> None:
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await onec.client.post(f"http://twin/_control/{door}", **sent)
    assert (answer.status_code, len(answer.json()["error"]) > 10) == (400, True), answer.text
    assert len(await onec.rows(CALL)) == 1


@pytest.mark.parametrize(
    ("method", "door", "status"),
    [
        ("GET", "change", 405),
        ("GET", "reset", 405),
        ("PUT", "clock", 405),
        ("DELETE", "switches", 405),
        ("GET", "no", 404),
    ],
)
async def test_control_doors_take_their_methods_only(onec: OneC, method: str, door: str, status: int) -> None:
    answer = await onec.client.request(method, f"http://twin/_control/{door}")
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


async def test_a_1c_user_edits_a_section_and_makes_a_record_by_its_key(onec: OneC) -> None:
    lines = [{"Вопрос": "первый"}, {"Вопрос": "второй"}]
    edited = (await onec.control("change", {"set": CALL, "key": KEY, "fields": {"ВопросыИОтветы": lines}})).json()
    assert [(row["LineNumber"], row["Вопрос"]) for row in edited["ВопросыИОтветы"]] == [
        ("1", "первый"),
        ("2", "второй"),
    ]
    day = {"Дата": "2026-12-01T00:00:00", "Менеджер_Key": KEY}
    made = (
        await onec.control("change", {"op": "create", "set": CLOSINGS, "key": day, "fields": {"Закрыт": True}})
    ).json()
    assert made | day == made


FIELDS = ["Number", "Абонент_Key", "Абонент", "ВопросыИОтветы", "Ref_Key", "Date", "Posted"]
NAMES = [*FIELDS, "Нет", "*", "a/b", "$it", ""]
SIGNS = ["(", ")", "eq", "and", "not", "1", "-", "null", "/", ",", "cast(", "'", "%", "\0", "'x'"]
CALLS = ["any(d:d/Вопрос eq 'x')", "like(Number,'[')", "isof(Абонент,'X')"]
WORDS = [*NAMES, *SIGNS, *CALLS, f"guid'{KEY}'", "datetime'2026-01-01T00:00:00'"]
OPTIONS = ["$filter", "$select", "$orderby", "$expand", "$top", "$skip", "$inlinecount", "$format", "allowedOnly", "x"]
PATHS = [CALL, f"{CALL}/$count", DOCUMENT, f"{DOCUMENT}/Абонент", f"{CALL}_ВопросыИОтветы", CLOSINGS, CLIENTS]
PATHS += [f"{CONSULTANTS}/SliceLast()", f"{CONSULTANTS}/SliceLast", f"{CALL}(1)", f"{CALL}/a/b", "$metadata", ""]
VALUES = [None, 1, "", "x", True, [], [{}], {"a": 1}, 1.5]
PHRASES = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
QUERIES = st.dictionaries(st.sampled_from(OPTIONS), PHRASES, max_size=3)
BODIES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=3)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "GET", "GET", "POST", "PATCH", "PUT", "DELETE"]), st.sampled_from(PATHS), QUERIES, BODIES
)
async def test_every_request_gets_an_answer_of_the_protocol(
    onec: OneC, method: str, path: str, options: dict[str, str], body: dict[str, Any]
) -> None:
    with_body = {"json": body} if method in {"POST", "PATCH", "PUT"} else {}
    answer = await onec.client.request(method, f"{ROOT}/{path}", params=options, **with_body)
    assert answer.status_code in {200, 201, 204, 400, 404, 405, 415, 500, 501}
    if answer.status_code >= 400 and answer.headers["content-type"].startswith("application/json"):
        assert refusal(answer)[2]

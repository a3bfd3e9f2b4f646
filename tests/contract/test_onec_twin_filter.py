"""`$filter` of the 1C twin: the precedence ladder against an evaluator of its own, functions, references, lambdas."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.filter_sql import FilterCompiler
from clobus_twins.onec.filter_syntax import parse_filter
from clobus_twins.onec.functions import dateadd, datedifference, like
from clobus_twins.onec.model import Schema, document, number
from clobus_twins.onec.schema import CALL, CLIENTS, USERS
from clobus_twins.onec.store import Store
from tests.support.onec_twin import OneC, refusal

FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
CLIENT = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"

# onec.md §1.6, lowest first.
LADDER = ("or", "and", "ne", "eq", "le", "lt", "ge", "gt", "sub", "add", "div", "mul")
VALUES = {"a": 1, "b": 2, "c": 3}
SUMS: dict[str, Callable[[Any, Any], Any]] = {
    "mul": operator.mul,
    "div": operator.truediv,
    "add": operator.add,
    "sub": operator.sub,
}
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}
NUMBERS = Store(":memory:", Schema((document("Число", (number("a"), number("b"), number("c"))),)))
NUMBERS.import_rows("Document_Число", [VALUES])


class Mismatch(Exception):
    """Operands that the operator does not take."""


def evaluate(tokens: list[Any]) -> Any:
    """Split at the last operator of the lowest step; what stands between is bound tighter."""
    for name in LADDER:
        if name in tokens:
            at = len(tokens) - 1 - tokens[::-1].index(name)
            return apply(name, evaluate(tokens[:at]), evaluate(tokens[at + 1 :]))
    if tokens[0] == "not":
        value = evaluate(tokens[1:])
        if not isinstance(value, bool):
            raise Mismatch
        return not value
    if tokens[0] == "-":
        value = evaluate(tokens[1:])
        if isinstance(value, bool):
            raise Mismatch
        return -value
    (value,) = tokens
    if isinstance(value, list):
        return evaluate(value)
    return VALUES.get(value, value) if isinstance(value, str) else value


def apply(name: str, left: Any, right: Any) -> Any:
    booleans = isinstance(left, bool), isinstance(right, bool)
    if name in {"and", "or"}:
        if booleans != (True, True):
            raise Mismatch
        return (left and right) if name == "and" else (left or right)
    if name in SUMS:
        if any(booleans):
            raise Mismatch
        return SUMS[name](left, right)
    if booleans[0] != booleans[1] or (booleans[0] and name not in {"eq", "ne"}):
        raise Mismatch
    return TESTS[name](left, right)


def written(tokens: list[Any]) -> str:
    shown = [f"({written(token)})" if isinstance(token, list) else str(token).lower() for token in tokens]
    return " ".join(shown).replace("- ", "-")


ATOMS = st.sampled_from(["a", "b", "c", 0, 1, 2, 3, True, False])


def chains(operands: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    prefixed = st.tuples(st.sampled_from([[], [], [], ["not"], ["-"]]), operands).map(lambda pair: [*pair[0], pair[1]])
    links = st.lists(st.tuples(st.sampled_from(LADDER), prefixed), max_size=6)
    return st.tuples(prefixed, links).map(
        lambda pair: [*pair[0], *(token for name, operand in pair[1] for token in (name, *operand))]
    )


@settings(max_examples=600, deadline=None)
@given(chains(ATOMS | chains(ATOMS)))
def test_the_precedence_ladder(tokens: list[Any]) -> None:
    text = written(tokens)
    try:
        wanted: Any = evaluate(tokens)
    except Mismatch:
        wanted = "refused"
    except ZeroDivisionError:
        return
    if not isinstance(wanted, bool):
        wanted = "refused"
    entity = NUMBERS.schema.sets[0]
    try:
        condition = FilterCompiler(NUMBERS.schema, entity).condition(parse_filter(text))
    except ODataError as error:
        found: Any = "refused" if error.code == "14" else error
    else:
        sql = f'SELECT count(*) FROM "{entity.name}" b WHERE {condition}'
        found = NUMBERS.db.execute(sql).fetchone()[0] == 1
    assert found == wanted, text


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("2 add 3 sub 1 add 1 eq 3", True),  # add before sub: (2+3) - (1+1)
        ("12 div 2 mul 3 eq 2", True),  # mul before div: 12 / (2*3)
        ("1 eq 1 eq 2 gt 1", True),  # gt before eq
        ("a eq 1 or b eq 5 and c eq 5", True),
        ("not (a eq 2) and b eq 2", True),
    ],
)
def test_where_the_ladder_differs(text: str, matches: bool) -> None:
    condition = FilterCompiler(NUMBERS.schema, NUMBERS.schema.sets[0]).condition(parse_filter(text))
    assert NUMBERS.db.execute(f"SELECT {condition} FROM Document_Число b").fetchone() == (int(matches),)


@pytest.fixture
async def onec(tmp_path: Path) -> OneC:
    twin = OneC(tmp_path)
    twin.store.import_rows(
        CLIENTS,
        [
            {"Ref_Key": FOLDER, "IsFolder": True, "Description": "Clobus", "Code": "000000001"},
            {
                "Ref_Key": CLIENT,
                "Parent_Key": FOLDER,
                "Description": "Я последний",
                "Code": "000000002",
                "ИНН": "O'1",
                "КодАбонентаClobus": 77,
                "КонтактнаяИнформация": [
                    {"Тип": "Телефон", "НомерТелефона": "998"},
                    {"Тип": "АдресЭлектроннойПочты", "АдресЭП": "a@b"},
                ],
            },
            {"Ref_Key": OTHER, "Description": "А первый", "Code": "000000003"},
        ],
    )
    twin.store.import_rows(
        CALL,
        [
            {
                "Number": f"{index:011}",
                "Date": f"2026-01-{index:02}T10:20:30",
                "Абонент_Key": (CLIENT, OTHER)[index % 2],
                "ДатаИзменения": f"2026-02-{index:02}T00:00:00",
                "ДатаСоздания": f"2026-01-{index:02}T10:20:30",
                "Тема": f"Тема {index}",
                "DeletionMark": index == 3,
            }
            for index in range(1, 6)
        ],
    )
    return twin


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ДатаИзменения ge datetime'2026-02-04T00:00:00'", [4, 5]),
        ("DeletionMark eq true", [3]),
        ("DeletionMark eq false and Number lt '00000000003'", [1, 2]),
        (f"Абонент/Parent_Key eq guid'{FOLDER}'", [2, 4]),
        ("Абонент/ИНН eq 'O''1'", [2, 4]),
        ("Абонент/КодАбонентаClobus eq 77", [2, 4]),
        ("Абонент/Parent/Description eq 'Clobus'", [2, 4]),
        (f"Абонент_Key eq cast(guid'{OTHER}','{CLIENTS}')", [1, 3, 5]),
        (f"Абонент_Key eq cast(guid'{OTHER}','{USERS}')", []),
        ("Абонент/КонтактнаяИнформация/any(d: d/Тип eq 'Телефон' and d/LineNumber eq 1)", [2, 4]),
        ("Абонент/КонтактнаяИнформация/all(d: d/Тип eq 'Телефон')", [1, 3, 5]),
        ("Абонент/КонтактнаяИнформация/any()", [2, 4]),
        ("КонсультацииИТС/any()", []),
        ("startswith(Тема,'Тема 1') eq true", [1]),
        ("endswith(Тема,'5') or substringof('ема 4',Тема)", [4, 5]),
        ("like(Тема,'%[1-2]')", [1, 2]),
        ("like(Тема,'%[^1-2]')", [3, 4, 5]),
        ("concat(Тема,'!') eq 'Тема 2!'", [2]),
        ("substring(Тема,5) eq '3'", [3]),
        ("year(Date) eq 2026 and month(Date) eq 1 and day(Date) gt 3 and hour(Date) eq 10", [4, 5]),
        ("minute(Date) eq 20 and day(Date) eq 1", [1]),
        ("second(Date) eq 30 and quarter(Date) eq 1 and dayofyear(Date) eq 2", [2]),
        ("dayofweek(Date) eq 7", [4]),
        ("dateadd(Date,'month',1) lt datetime'2026-02-02T00:00:00'", [1]),
        ("datedifference(Date,ДатаИзменения,'day') eq 31 and Number eq '00000000001'", [1]),
        ("ДатаКонсультации eq datetime'0001-01-01T00:00:00' and round(1.6) eq 2", [1, 2, 3, 4, 5]),
        ("isof(Абонент_Key,'Catalog_Контрагенты') and -1 lt 0 and not DeletionMark", [1, 2, 4, 5]),
    ],
)
async def test_filters(onec: OneC, text: str, numbers: list[int]) -> None:
    found = await onec.rows(CALL, filter=text, select="Number", orderby="Number")
    assert [int(row["Number"]) for row in found] == numbers


@pytest.mark.parametrize(
    ("text", "status", "code", "echo"),
    [
        ("Ref_Key eq", 400, "14", None),
        ("Ref_Key in (1)", 400, "14", None),
        ("Тема eq 'не закрыта", 400, "14", "закрыта"),
        ("Date ge datetime'1-01-01T00:00:00'", 400, "14", None),
        ("Date ge datetime'2026-01-01T00:00:00Z'", 400, "14", None),
        (f"Ref_Key eq '{CLIENT}'", 400, "14", CLIENT),
        (f"Ref_Key eq {CLIENT}", 400, "1", None),
        (f"Ref_Key gt guid'{CLIENT}'", 500, "-1", None),
        ("Тема eq 12345", 400, "1", None),
        ("Date eq 'секрет'", 400, "14", "секрет"),
        ("НетТакого eq 1", 400, "6", None),
        ("Абонент/НетТакого eq 1", 400, "6", None),
        ("length(Тема) gt 3", 400, "21", None),
        ("startswith(Тема)", 400, "21", None),
        ("startswith(Date,'2')", 500, "-1", None),
        ("Тема", 400, "14", None),
        ("Тема/any(d: d/X eq 1)", 400, "21", None),
    ],
)
async def test_refused_filters(onec: OneC, text: str, status: int, code: str, echo: str | None) -> None:
    answer = await onec.get(CALL, filter=text)
    assert refusal(answer)[:2] == (status, code)
    assert echo is None or echo not in answer.text, "string literals are not echoed"


async def test_a_filter_too_deep_to_parse_is_a_syntax_error(onec: OneC) -> None:
    await onec.control("switches", {"iis_query_limit": 1_000_000})
    answer = await onec.get(CALL, filter="(" * 5000 + "1 eq 1" + ")" * 5000)
    assert refusal(answer)[:2] == (400, "14")


async def test_names_and_bare_numbers_are_echoed(onec: OneC) -> None:
    assert "12345" in (await onec.get(CALL, filter="Тема eq 12345")).text
    for option in ("select", "orderby", "expand"):
        answer = await onec.get(CALL, **{option: "НетТакого"})
        assert refusal(answer)[:2] == (400, "6")
        assert "НетТакого" in answer.text


async def test_references_are_ordered_by_their_presentation(onec: OneC) -> None:
    found = await onec.rows(CALL, orderby="Абонент_Key,Number desc", select="Number")
    assert [int(row["Number"]) for row in found] == [5, 3, 1, 4, 2]
    assert (await onec.control("switches", {"orderby_ref_by_presentation": False})).status_code == 200
    found = await onec.rows(CALL, orderby="Абонент_Key,Number desc", select="Number")
    assert [int(row["Number"]) for row in found] == [4, 2, 5, 3, 1]
    found = await onec.rows(CALL, orderby="Абонент/Description desc,Number", select="Number", top=2, skip=1)
    assert [int(row["Number"]) for row in found] == [4, 1]


def test_dates_and_templates() -> None:
    assert dateadd("2024-01-31T10:00:00", "month", 1) == "2024-02-29T10:00:00"
    assert dateadd("0001-01-01T00:00:00", "day", -1) is None
    assert datedifference("2023-12-31T23:59:59", "2024-01-01T00:00:00", "year") == 1
    assert datedifference("2024-01-02T00:00:00", "2024-01-01T23:00:00", "hour") == -1
    assert like("50%", "50[%]") == 1
    assert like("abc", "a_c") == 1
    assert like("a[c", "a[c") == 1

"""Queries in 1C's language."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.gateways.onec import odata

KEY = uuid.UUID("8d04ce3c-6360-11e9-dd92-fa163e8ba11d")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (KEY, "guid'8d04ce3c-6360-11e9-dd92-fa163e8ba11d'"),
        (datetime(2024, 1, 31, 9, 5), "datetime'2024-01-31T09:05:00'"),  # noqa: DTZ001 - 1C knows no zone
        (datetime(1, 1, 1), "datetime'0001-01-01T00:00:00'"),  # noqa: DTZ001 - four digits of the year
        (True, "true"), (False, "false"), (12, "12"), (Decimal("12.5"), "12.5"), ("д'Арк", "'д''Арк'"),
    ],
)  # fmt: skip
def test_literals(value: odata.Value, text: str) -> None:
    assert odata.literal(value) == text


def test_an_instant_is_not_a_literal() -> None:
    with pytest.raises(ValueError, match="local wall clock"):
        odata.literal(datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("compare", [odata.gt, odata.ge, odata.lt, odata.le])
def test_a_key_can_only_be_equal(compare: object) -> None:
    assert odata.eq("Ref_Key", KEY) == f"Ref_Key eq guid'{KEY}'"
    with pytest.raises(ValueError, match="500"):
        compare("Ref_Key", KEY)  # type: ignore[operator]  # a parameter


def test_terms_are_joined_with_brackets_where_needed() -> None:
    either = odata.either(odata.eq("A", 1), odata.eq("A", 2))
    assert odata.both(either, None, odata.ge("B", 3), "") == "(A eq 1 or A eq 2) and B ge 3"
    assert odata.both(either) == either
    assert odata.both(None) == ""
    assert odata.between("D", "2024-01-01T00:00:00", "2024-01-02T00:00:00") == (
        "D ge datetime'2024-01-01T00:00:00' and D lt datetime'2024-01-02T00:00:00'"
    )
    with pytest.raises(ValueError, match="whole table"):
        odata.either()


def test_functions() -> None:
    assert odata.substringof("Clobus", "Комментарий") == "substringof('Clobus', Комментарий)"
    assert odata.startswith("Code", "a'b") == "startswith(Code, 'a''b')"
    assert odata.like("Description", "%а%") == "like(Description, '%а%')"


def test_a_query_reaches_the_wire_as_it_was_measured() -> None:
    query = odata.query(
        filter=odata.both(odata.eq("Абонент_Key", KEY), odata.eq("ИНН", "a&b +#?'=%")),
        select=("Ref_Key", "ИНН"), orderby="ДатаСоздания asc,Number", top=1000, skip=20,
    )  # fmt: skip
    url = httpx.Client(base_url="http://h/odata").build_request("GET", f"{odata.address('Catalog_К')}?{query}").url
    assert url.query.decode() == query
    assert url.raw_path.startswith(b"/odata/Catalog_%D0%9A?$format=json&$filter=")
    assert "+" not in query
    assert "%20" in query
    assert dict(part.split("=", 1) for part in query.split("&"))["$top"] == "1000"
    assert unquote(query.split("&")[1]) == f"$filter=Абонент_Key eq guid'{KEY}' and ИНН eq 'a&b +#?''=%'"


def test_an_address_of_an_object() -> None:
    assert odata.address("Catalog_К", KEY) == f"Catalog_%D0%9A(guid'{KEY}')"
    assert odata.address("X", tail="/$count") == "X/$count"


def test_a_query_too_long_for_the_door_is_not_sent() -> None:
    with pytest.raises(ValueError, match="split"):
        odata.query(filter="x" * 2000)


@given(st.lists(st.uuids(), max_size=120), st.sampled_from(["Ref_Key", "Обращение_Key", "Ф" * 100]))
def test_keys_are_split_by_length_and_none_is_lost(keys: list[uuid.UUID], field: str) -> None:
    chunks = list(odata.split_keys(keys, field))
    assert all(len(odata.query(filter=chunk)) <= odata.QUERY_LIMIT for chunk in chunks)
    found = [term for chunk in chunks for term in chunk.split(" or ")]
    assert found == [odata.eq(field, key) for key in dict.fromkeys(keys)]
    # No chunk could have taken the first key of the next one.
    for chunk, following in zip(chunks, chunks[1:], strict=False):
        assert not odata.fitting(filter=f"{chunk} or {following.split(' or ')[0]}")

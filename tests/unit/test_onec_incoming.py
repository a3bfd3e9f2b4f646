"""From a document of 1C to a snapshot: what is no date or no number never reaches the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import decode_row, local_to_instant
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping.consultations import from_onec

FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")
DOCUMENT = {
    "Ref_Key": "0c6d0f5c-9a6a-11ef-8a5c-00155d64a501", "DataVersion": "AAA=", "ВидОбращения": "КонсультацияИТС",
    "ДатаСоздания": "2025-03-01T10:00:00",
}  # fmt: skip


def convert(zone: str = "Asia/Tashkent", **members: Any) -> Any:
    raw = msgspec.json.encode(DOCUMENT | members)
    return from_onec(decode_row(raw, Consultation), Context(ZoneInfo(zone), FOLDER))


@given(
    seconds=st.integers(0, 99 * 365 * 86_400),
    zone=st.sampled_from(["Asia/Tashkent", "Europe/Berlin", "Europe/Moscow", "America/New_York"]),
)
def test_a_date_is_the_same_instant_in_any_zone(seconds: int, zone: str) -> None:
    text = (datetime.fromisoformat("2000-01-02T00:00:00") + timedelta(seconds=seconds)).isoformat()
    assert convert(zone, ДатаСоздания=text).create_date == local_to_instant(text, ZoneInfo(zone))


@pytest.mark.parametrize("text", ["2025-13-01T10:00:00", "2025-03-01T25:00:00", "yesterday", "2025-03-0"])
def test_what_is_no_date_is_told_without_its_value(text: str) -> None:
    with pytest.raises(InvalidRecord, match="^the end is no date$"):
        convert(Конец=text)


@pytest.mark.parametrize("number", ["2147483648", "-1", "99999999999999999999"])
def test_a_line_number_that_no_column_holds_is_told(number: str) -> None:
    """Binary COPY would cut it without a word."""
    with pytest.raises(InvalidRecord, match="line of a tabular section"):
        convert(КонсультацииИТС=[{"LineNumber": number, "Вопрос": "?"}])

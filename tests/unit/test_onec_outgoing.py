"""What 1C is told reads back as what was meant."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import instant_to_local
from clobus.modules.clients.names import company_name, mask
from clobus.modules.consultations.types import Status
from clobus.sync.onec.feed import Context
from clobus.sync.onec.mapping import outgoing
from clobus.sync.onec.mapping.consultations import from_onec

ZONE = ZoneInfo("Asia/Tashkent")
CTX = Context(ZONE, UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68"))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
ACCOUNTING = [status for status in Status if status is not Status.RESOLVED]


@given(st.sampled_from(ACCOUNTING), INSTANTS)
def test_to_1c_and_back_is_identity_for_every_status(status: Status, at: datetime) -> None:
    at = at.replace(microsecond=0)
    told = outgoing.status_members(status, at if status is Status.CLOSED else None)
    end = told.get("Конец")
    document = Consultation(
        ref_key=UUID(int=1), created_at="2026-01-01T09:00:00", stage=told.get("ВидОбращения", ""),
        closed_without=told["ЗакрытоБезКонсультации"],
        ended_at=instant_to_local(end, ZONE) if isinstance(end, datetime) else end,
    )  # fmt: skip
    back = from_onec(document, CTX)
    assert back.status is status
    assert back.end_date == (at if status is Status.CLOSED else None)


def test_support_never_goes_to_1c() -> None:
    with pytest.raises(ValueError, match="support"):
        outgoing.status_members(Status.RESOLVED, None)


def test_a_close_sets_stage_and_end() -> None:
    patch = outgoing.to_patch({"status": "closed", "end_date": "2026-02-18T07:30:00+00:00"})
    assert patch == {"ВидОбращения": "КонсультацияИТС", "Конец": datetime(2026, 2, 18, 7, 30, tzinfo=UTC)}


def test_a_cancel_marks_for_deletion() -> None:
    assert outgoing.to_patch({"status": "cancelled", "deleted": True}) == {"DeletionMark": True}


@pytest.mark.parametrize(
    ("raw", "code", "inn", "name"),
    [
        ("Clobus ООО Ромашка 1234 (301234567)", "1234", "301234567", "ООО Ромашка"),
        ("Clobus Школа 45 1234 (301234567)", "1234", "301234567", "Школа 45"),
        ("Школа 45", "1234", "301234567", "Школа 45"),
        ("Школа 45", "45", "301234567", "Школа 45"),
        ("clobus 1234 (301234567)", "1234", "301234567", "clobus 1234 (301234567)"),
    ],
)
def test_the_name_without_its_mask(raw: str, code: str, inn: str, name: str) -> None:
    assert company_name(raw, code, inn) == name


@given(st.text(st.characters(whitelist_categories=("Lu", "Ll"), max_codepoint=0x4FF), min_size=1, max_size=30))
def test_mask_and_back(name: str) -> None:
    if name.lower().startswith("clobus"):
        return
    assert company_name(mask(name, "1234", "301234567"), "1234", "301234567") == name

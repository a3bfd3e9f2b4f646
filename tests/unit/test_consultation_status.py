"""How 1C's news change a request: pure decisions, checked by properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.core.errors import Conflict, Forbidden
from clobus.gateways.onec.entities import AnswerRow, Consultation, TopicRow
from clobus.modules.consultations import policy
from clobus.modules.consultations.status import decide, differences, name_of, plain
from clobus.modules.consultations.types import TERMINAL, Actor, ConsultationSnapshot, Kind, Row, Status
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping.consultations import from_onec, status_of

CTX = Context(ZoneInfo("Asia/Tashkent"), UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68"))
KEY = UUID("0190f000-0000-7000-8000-000000000001")
NOW = datetime(2026, 2, 18, 9, tzinfo=UTC)
ONEC_STATUSES = [Status.NEW, Status.OPEN, Status.PENDING, Status.OTHER, Status.CLOSED, Status.CANCELLED]


def snapshot(**over: Any) -> ConsultationSnapshot:
    base: dict[str, Any] = {
        "ref_key": KEY, "data_version": "v1", "deleted": False, "number": "00000000001", "status": Status.PENDING,
        "denied": False, "client_key": None, "manager": None, "author": None, "create_date": NOW,
        "changed_date": NOW, "start_date": None, "end_date": None, "lang": "ru", "topic": None, "comment": "вопрос",
        "online_question_cat": None, "online_question": None, "con_blocks": None, "answers": (),
    }  # fmt: skip
    return ConsultationSnapshot(**{**base, **over})


def row(**over: Any) -> Row:
    shown = {name: getattr(snapshot(), name) for name in ConsultationSnapshot.__struct_fields__}
    base: dict[str, Any] = {
        **{name: value for name, value in shown.items() if name in Row.__struct_fields__},
        "cons_id": KEY, "cl_ref_key": KEY, "consultation_type": Kind.ACCOUNTING, "client_id": None, "org_inn": None,
        "importance": None, "redate": None, "redate_time": None, "software": None, "source": "1C_CL",
        "conversation_id": None, "conversation_status": None, "assignee_id": None, "wanted": {},
    }  # fmt: skip
    return Row(**{**base, **over})


def document(**over: Any) -> Consultation:
    base = {"ref_key": KEY, "data_version": "v1", "created_at": "2026-02-18T14:00:00", "stage": "КонсультацияИТС"}
    return Consultation(**{**base, **over})


@pytest.mark.parametrize(
    ("stage", "ended", "denied", "status"),
    [
        ("КонсультацияИТС", True, True, Status.CANCELLED),
        ("", False, True, Status.CANCELLED),
        ("ВОчередьНаКонсультацию", True, False, Status.CLOSED),
        ("", False, False, Status.NEW),
        ("КонсультацияИТС", False, False, Status.OPEN),
        ("ВОчередьНаКонсультацию", False, False, Status.PENDING),
        ("Другое", False, False, Status.OTHER),
        ("НовыйВид", False, False, Status.NEW),
    ],
)
def test_table_a(stage: str, ended: bool, denied: bool, status: Status) -> None:
    assert status_of(stage, ended=ended, denied=denied) is status


@given(st.sampled_from(ONEC_STATUSES), st.sampled_from(ONEC_STATUSES))
def test_what_was_decided_is_decided_once(ours: Status, theirs: Status) -> None:
    before, news = row(status=ours), snapshot(status=theirs, data_version="v2")
    changes, wanted = decide(before, news)
    after = msgspec.structs.replace(before, **changes, wanted=wanted)
    assert decide(after, news) == ({}, {})
    assert differences(after, news) == {}


@given(st.sampled_from([s for s in ONEC_STATUSES if s not in TERMINAL]))
def test_our_close_stands_until_1c_confirms_it(theirs: Status) -> None:
    closed = row(status=Status.CLOSED, end_date=NOW, wanted={"status": "closed", "end_date": plain(NOW)})
    changes, wanted = decide(closed, snapshot(status=theirs))
    assert "status" not in changes
    assert "end_date" not in changes
    assert wanted["status"] == "closed"


@given(st.sampled_from([Status.CLOSED, Status.CANCELLED]), st.booleans())
def test_an_end_in_1c_always_stands(theirs: Status, handing_over: bool) -> None:
    wanted = {"status": "closed", "end_date": plain(NOW)} | ({"manager": str(KEY)} if handing_over else {})
    ours = row(status=Status.CLOSED, end_date=NOW, manager=KEY if handing_over else None, wanted=wanted)
    changes, left = decide(ours, snapshot(status=theirs, end_date=NOW + timedelta(hours=1)))
    assert left == {}
    assert changes.get("status", ours.status) is theirs


def test_reopening_comes_from_1c() -> None:
    changes, _ = decide(row(status=Status.CLOSED, end_date=NOW), snapshot(status=Status.OPEN))
    assert (changes["status"], changes["end_date"]) == (Status.OPEN, None)
    assert name_of(row(status=Status.CLOSED), changes) == "Reopened"


def test_a_manager_cleared_in_1c_is_cleared_here() -> None:
    changes, _ = decide(row(manager=KEY), snapshot(manager=None))
    assert changes == {"manager": None}


def test_local_time_becomes_an_instant() -> None:
    read = from_onec(document(planned_at="2026-02-20T10:00:00", ended_at="0001-01-01T00:00:00"), CTX)
    assert (read.start_date, read.end_date) == (datetime(2026, 2, 20, 5, tzinfo=UTC), None)
    assert read.status is Status.OPEN


def test_a_marked_document_is_cancelled_whatever_else_it_says() -> None:
    read = from_onec(document(deletion_mark=True), CTX)
    assert (read.status, read.deleted) == (Status.CANCELLED, True)


def test_the_marker_of_our_own_documents_is_read() -> None:
    ours = "0199c0de-1234-7abc-8def-0123456789ab"
    assert from_onec(document(comment=f"Clobus {ours}\nсайт"), CTX).our_id == UUID(ours)
    assert from_onec(document(comment=f"см. Clobus {ours}"), CTX).our_id is None
    assert from_onec(document(comment="Clobus ООО Ромашка"), CTX).our_id is None


@pytest.mark.parametrize(
    "over",
    [
        {"created_at": None},
        {"planned_at": "2026-02-31T10:00:00"},
        {"ended_at": "9999-12-31T23:59:59"},
        {"answers": [AnswerRow(line_number=1), AnswerRow(line_number=1)]},
    ],
)
def test_nonsense_is_refused_with_a_reason(over: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        from_onec(document(**over), CTX)
    assert str(caught.value)
    assert "9999" not in str(caught.value)


def test_lines_of_both_sections_are_kept_apart() -> None:
    read = from_onec(document(topics=[TopicRow(line_number=1, question="а")], answers=[AnswerRow(line_number=1)]), CTX)
    assert [(line.section, line.line_number, line.question) for line in read.answers] == [
        ("its", 1, "а"),
        ("qa", 1, None),
    ]


@given(st.text(max_size=200))
def test_any_text_can_be_stored(text: str) -> None:
    kept = from_onec(document(description=text), CTX).comment
    assert kept is None or ("\x00" not in kept and kept == kept.rstrip())


def test_who_may_close() -> None:
    assert policy.may_close(Kind.ACCOUNTING, Actor.STAFF)
    assert policy.may_close(Kind.SUPPORT, Actor.CLIENT)
    with pytest.raises(Forbidden):
        policy.ensure_may_close(Kind.ACCOUNTING, Actor.CLIENT)


def test_cancelling_has_a_window() -> None:
    half = timedelta(minutes=30)
    policy.ensure_may_cancel(Status.PENDING, NOW, NOW + half, half)
    with pytest.raises(Conflict, match="cancel_too_late"):
        policy.ensure_may_cancel(Status.PENDING, NOW, NOW + half + timedelta(seconds=1), half)
    with pytest.raises(Conflict, match="ended"):
        policy.ensure_may_cancel(Status.CLOSED, NOW, NOW, half)

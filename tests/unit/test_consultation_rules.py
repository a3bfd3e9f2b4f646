"""Rules over values: working time, moments as callers write them, who may do what when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from clobus.core.errors import ClobusError
from clobus.modules.consultations import policy
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.moments import Moment, in_zone
from clobus.modules.consultations.types import TERMINAL, Actor, Kind, Status

ZONE = ZoneInfo("Asia/Tashkent")
NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    ("local", "works"),
    [
        ("2026-11-25T09:00:00", True), ("2026-11-25T17:59:59", True), ("2026-11-25T18:00:00", False),
        ("2026-11-25T08:59:59", False), ("2026-11-28T11:00:00", False), ("2026-11-29T11:00:00", False),
        ("2026-11-30T09:00:00", True),
    ],
)  # fmt: skip
def test_working_time_is_local(local: str, works: bool) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZONE)
    assert Calendar(ZONE).is_working(moment) is works
    assert Calendar(ZONE).is_working(moment.astimezone(UTC)) is works


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001 - a wall clock
def test_a_moment_reads_the_same_in_every_form(local: datetime) -> None:
    local = local.replace(microsecond=0)
    want = local.replace(tzinfo=ZONE)
    text, utc = local.isoformat(), want.astimezone(UTC).replace(tzinfo=None).isoformat()
    forms = [
        text, f"{text}+05:00", f"{text} 05:00", f"{text}:00+05:00", text.replace("T", " "), f"{utc}Z", f"{utc}:00Z",
        f"{utc}.000Z", f"{text}+0500",
    ]  # fmt: skip
    for form in forms:
        assert in_zone(MOMENTS.validate_python(form), ZONE) == want, form


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T10:00:00", "2026-11-25T25:00:00", "10:00"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENTS.validate_python(text)


def outcome(rule: Any, *given_: Any) -> str:
    try:
        rule(*given_)
    except ClobusError as error:
        return error.code
    return "yes"


@pytest.mark.parametrize("status", list(Status))
def test_moving(status: Status) -> None:
    ask = (status, NOW + HOUR, NOW + 2 * HOUR, NOW, timedelta(days=30))
    assert outcome(policy.ensure_may_move, *ask) == ("consultation.ended" if status in TERMINAL else "yes")


@given(
    wanted=st.timedeltas(timedelta(days=-40), timedelta(days=40)),
    planned=st.none() | st.timedeltas(timedelta(), timedelta(days=40)),
)
def test_an_open_request_moves_ahead_and_within_the_horizon_only(
    wanted: timedelta, planned: timedelta | None
) -> None:  # fmt: skip
    before = None if planned is None else NOW + planned
    said = outcome(policy.ensure_may_move, Status.PENDING, before, NOW + wanted, NOW, timedelta(days=30))
    may = timedelta() < wanted <= timedelta(days=30) and wanted != planned
    assert (said == "yes") is may


@pytest.mark.parametrize("actor", list(Actor))
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("age", [29, 31])
@pytest.mark.parametrize("over", [False, True])
def test_taking_back(actor: Actor, status: Status, age: int, over: bool) -> None:
    created, ended = NOW - timedelta(minutes=age), NOW if over else None
    said = outcome(policy.ensure_may_take_back, status, ended, created, NOW, timedelta(minutes=30), actor)
    if over or status in TERMINAL:
        assert said == "consultation.ended"
    else:
        assert said == ("yes" if age < 30 or actor is Actor.STAFF else "consultation.cancel_too_late")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("wanted", list(Status))
def test_setting_a_status(kind: Kind, status: Status, wanted: Status) -> None:
    said = outcome(policy.ensure_may_set, kind, status, wanted)
    if status in TERMINAL and wanted is not status:
        assert said == "consultation.ended"
    elif said == "yes":
        # What the database would refuse is refused before.
        assert (wanted is not Status.RESOLVED) or kind is Kind.SUPPORT
        assert kind is Kind.ACCOUNTING or wanted in (Status.RESOLVED, Status.CANCELLED, status)
    else:
        assert said == "consultation.status"


@pytest.mark.parametrize("status", list(Status))
def test_rating(status: Status) -> None:
    said = outcome(policy.ensure_may_rate, status)
    assert (said == "yes") is (status in (Status.CLOSED, Status.RESOLVED))

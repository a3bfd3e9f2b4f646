"""The tree of errors, clock and ids: what everybody relies on."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from clobus.core import clock, errors, ids

TASHKENT = ZoneInfo("Asia/Tashkent")


def test_gateway_errors_are_asked_one_question() -> None:
    down = errors.GatewayDown("onec", "no connection")
    unknown = errors.OutcomeUnknown("onec", "cut")
    assert isinstance(down, errors.Transient)
    assert isinstance(unknown, errors.Transient)
    assert not isinstance(unknown, errors.GatewayDown)
    assert isinstance(errors.Missing("onec", "gone"), errors.Permanent)
    assert not issubclass(errors.Permanent, errors.Transient)


def test_what_is_logged_of_a_gateway_error_holds_no_vendor_text() -> None:
    error = errors.Refused("onec", "POST answered 500", status=500, vendor_text="Иванов Иван: лимит 3 заявки")
    assert str(error) == "onec: POST answered 500"
    assert "Иванов" not in repr(error)
    assert "Иванов" not in repr(error.data)
    assert (error.code, error.system, error.status) == ("gateway.refused", "onec", 500)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Invalid, 400), (errors.Unauthenticated, 401), (errors.Forbidden, 403), (errors.NotFound, 404),
        (errors.Conflict, 409), (errors.Unprocessable, 422), (errors.TooMany, 429), (errors.Unavailable, 503),
    ],
)  # fmt: skip
def test_domain_errors_name_the_answer_of_our_api(kind: type[errors.ClobusError], status: int) -> None:
    error = kind("desk.some_rule", {"id": 1})
    assert (error.http_status, error.code, error.data) == (status, "desk.some_rule", {"id": 1})


def test_every_error_of_the_tree_is_in_its_drawing() -> None:
    tree = errors.__doc__ or ""
    named = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)]
    assert [name for name in named if name not in tree] == []


def test_a_frozen_clock_moves_only_by_hand() -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        before = clock.monotonic()
        assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
        frozen.move(90)
        assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
        assert clock.monotonic() - before == pytest.approx(90)
    assert clock.now().year >= 2026
    assert clock.now().tzinfo is UTC


def test_the_business_day_begins_in_tashkent() -> None:
    assert clock.business_day(datetime(2026, 1, 1, 18, 59, tzinfo=UTC), TASHKENT) == date(2026, 1, 1)
    assert clock.business_day(datetime(2026, 1, 1, 19, 0, tzinfo=UTC), TASHKENT) == date(2026, 1, 2)
    with pytest.raises(ValueError, match="zone"):
        clock.business_day(datetime(2026, 1, 1), TASHKENT)  # noqa: DTZ001 - naive on purpose


def test_ids_are_ordered_by_the_time_they_were_made() -> None:
    made = [ids.new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert made[0].version == 7

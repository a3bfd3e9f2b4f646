"""The circuit breaker: closed, open, one trial."""

from datetime import UTC, datetime

import pytest

from clobus.core import clock
from clobus.core.breaker import Breaker, BreakerPolicy, State
from clobus.core.errors import GatewayDown

POLICY = BreakerPolicy(failures=3, rest=10, longest=30)


@pytest.fixture
def breaker() -> Breaker:
    return Breaker("test", POLICY)


def break_it(breaker: Breaker) -> None:
    for _ in range(POLICY.failures):
        breaker.failed(breaker.enter(), "503")


def test_opens_after_failures_in_a_row_and_says_why(breaker: Breaker) -> None:
    breaker.failed(breaker.enter(), "503")
    breaker.failed(breaker.enter(), "503")
    breaker.succeeded(breaker.enter())
    breaker.failed(breaker.enter(), "503")
    breaker.failed(breaker.enter(), "503")
    assert breaker.state is State.CLOSED
    breaker.failed(breaker.enter(), "the reason")
    assert breaker.state is State.OPEN
    with pytest.raises(GatewayDown, match="the reason") as caught:
        breaker.enter()
    assert caught.value.code == "gateway.open"
    assert caught.value.retry_after == pytest.approx(10, abs=0.1)


def test_lets_one_trial_through_and_closes_when_it_is_good(breaker: Breaker) -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        break_it(breaker)
        frozen.move(10)
        assert breaker.state is State.HALF_OPEN
        trial = breaker.enter()
        assert trial
        with pytest.raises(GatewayDown):
            breaker.enter()
        breaker.succeeded(trial)
        assert breaker.state is State.CLOSED
        assert breaker.enter() is False


def test_a_failed_trial_doubles_the_rest_up_to_the_longest(breaker: Breaker) -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        break_it(breaker)
        for rest in (20, 30, 30):
            frozen.move(30)
            breaker.failed(breaker.enter(), "503")
            frozen.move(rest - 1)
            assert breaker.state is State.OPEN
            frozen.move(1)
            assert breaker.state is State.HALF_OPEN


def test_a_wish_of_the_partner_lengthens_the_rest(breaker: Breaker) -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        for _ in range(3):
            breaker.failed(breaker.enter(), "429", retry_after=25)
        frozen.move(24)
        assert breaker.state is State.OPEN
        frozen.move(1)
        assert breaker.state is State.HALF_OPEN


def test_an_abandoned_trial_lets_the_next_one_try(breaker: Breaker) -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        break_it(breaker)
        frozen.move(10)
        breaker.abandoned(breaker.enter())
        assert breaker.enter() is True


def test_calls_sent_before_it_opened_change_nothing(breaker: Breaker) -> None:
    early = breaker.enter()
    break_it(breaker)
    breaker.succeeded(early)
    breaker.failed(early, "late")
    assert breaker.state is State.OPEN

"""A circuit breaker: after several failures in a row leave the partner alone for a while, then try once."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from clobus.core import clock
from clobus.core.errors import GatewayDown
from clobus.core.metrics import BREAKER


class State(IntEnum):
    """What the breaker lets through: all, one trial, nothing."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True)
class BreakerPolicy:
    """`failures` in a row open it for `rest` seconds; each failed trial doubles the rest up to `longest`."""

    failures: int = 5
    rest: float = 15.0
    longest: float = 120.0


class Breaker:
    """The breaker of one partner; belongs to one event loop."""

    def __init__(
        self, system: str, policy: BreakerPolicy | None = None, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self.system = system
        self.policy = policy or BreakerPolicy()
        self.reason = ""
        self._monotonic = monotonic
        self._failures = 0
        self._rest = self.policy.rest
        self._until = 0.0
        self._state = State.CLOSED
        self._set(State.CLOSED)

    @property
    def state(self) -> State:
        """The present state; an open breaker whose rest is over reads as half-open."""
        if self._state is State.OPEN and self._monotonic() >= self._until:
            return State.HALF_OPEN
        return self._state

    def enter(self) -> bool:
        """Ask to send: True means this call is the trial. Raises GatewayDown while open or while a trial runs."""
        if self._state is State.CLOSED:
            return False
        wait = self._until - self._monotonic()
        if self._state is State.OPEN and wait <= 0:
            self._set(State.HALF_OPEN)
            return True
        raise GatewayDown(
            self.system,
            f"not called, the circuit breaker is open after: {self.reason}",
            code="gateway.open",
            retry_after=max(wait, 1.0),
            trips=False,
        )

    def succeeded(self, trial: bool) -> None:
        """The partner answered as promised (a refusal is an answer too)."""
        if trial or self._state is State.CLOSED:
            self._failures, self._rest = 0, self.policy.rest
            self._set(State.CLOSED)

    def failed(self, trial: bool, reason: str, retry_after: float | None = None) -> None:
        """The partner failed; `retry_after` (its own wish) lengthens the rest, never beyond `longest`."""
        self.reason = reason
        if self._state is State.CLOSED:
            self._failures += 1
            if self._failures < self.policy.failures:
                return
        elif trial:
            self._rest = min(self._rest * 2, self.policy.longest)
        else:
            return  # sent before it opened: says nothing new
        self._until = self._monotonic() + min(max(self._rest, retry_after or 0.0), self.policy.longest)
        self._set(State.OPEN)

    def abandoned(self, trial: bool) -> None:
        """The call ended without telling anything (cancelled, or our own fault): another may try."""
        if trial and self._state is State.HALF_OPEN:
            self._until = self._monotonic()
            self._set(State.OPEN)

    def _set(self, state: State) -> None:
        self._state = state
        BREAKER.labels(self.system).set(state)

"""Who may do what with a request: pure rules, no session, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from clobus.core.errors import Conflict, Forbidden, Invalid, Unprocessable
from clobus.modules.consultations.types import TERMINAL, Actor, Kind, Status


def may_close(kind: Kind, actor: Actor) -> bool:
    """An accounting request is closed by staff alone; a support request by its client too."""
    return actor is not Actor.CLIENT or kind is Kind.SUPPORT


def ensure_may_close(kind: Kind, actor: Actor) -> None:
    """Raise Forbidden where `may_close` says no."""
    if not may_close(kind, actor):
        raise Forbidden("consultation.close_by_client")


def ensure_may_cancel(status: Status, created: datetime, now: datetime, window: timedelta) -> None:
    """A client takes a request back while it waits, and within the window after it was made; Conflict otherwise."""
    if status in TERMINAL:
        raise Conflict("consultation.ended")
    if now - created > window:
        raise Conflict("consultation.cancel_too_late", {"minutes": int(window.total_seconds() // 60)})


def cancel_before(status: Status, created: datetime, window: timedelta) -> datetime | None:
    """Until when a client may take a request back (see `ensure_may_cancel`); None once it has ended."""
    return None if status in TERMINAL else created + window


def ensure_may_take_back(
    status: Status, ended: datetime | None, created: datetime, now: datetime, window: timedelta, actor: Actor
) -> None:
    """`ensure_may_cancel` for everybody: staff are not bound by the window; nobody cancels what is over."""
    if ended is not None:
        raise Conflict("consultation.ended")
    ensure_may_cancel(status, created, now, timedelta.max if actor is Actor.STAFF else window)


def ensure_may_move(
    status: Status, planned: datetime | None, wanted: datetime, now: datetime, horizon: timedelta
) -> None:
    """A request that goes on is moved to another moment, ahead of now and within the horizon."""
    if status in TERMINAL:
        raise Conflict("consultation.ended")
    if wanted <= now:
        raise Unprocessable("consultation.past")
    if wanted > now + horizon:
        raise Invalid("consultation.too_far", {"days": horizon.days})
    if planned is not None and planned == wanted:
        raise Unprocessable("consultation.same_date")


def ensure_may_rate(status: Status) -> None:
    """What was not given can't be rated."""
    if status not in (Status.CLOSED, Status.RESOLVED):
        raise Conflict("consultation.not_closed")


def ensure_may_set(kind: Kind, status: Status, wanted: Status) -> None:
    """Which status may be set by hand: of an accounting request each that 1C knows, of a support one only its end."""
    if status in TERMINAL and wanted is not status:
        raise Conflict("consultation.ended")
    if kind is Kind.SUPPORT:
        allowed = wanted in (Status.RESOLVED, Status.CANCELLED, status)
    else:
        allowed = wanted is not Status.RESOLVED
    if not allowed:
        raise Unprocessable("consultation.status", {"status": wanted.value})


def ensure_open(status: Status) -> None:
    """What has ended is not changed any more."""
    if status in TERMINAL:
        raise Conflict("consultation.ended")

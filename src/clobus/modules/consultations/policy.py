"""Who may do what with a request: pure rules, no session, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from clobus.core.errors import Conflict, Forbidden
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

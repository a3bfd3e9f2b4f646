"""What bounds the bot, from settings; handed down to every dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.modules.consultations import moves, opening
from clobus.modules.consultations.calendar import Calendar
from clobus.settings import Settings


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that dialogues ask for."""

    zone: ZoneInfo
    folder: UUID
    secret: str
    per_day: int
    future_days: int
    cancel_window: timedelta
    webapp_url: str | None
    messages_per_minute: int
    calendar: Calendar

    @property
    def opening(self) -> opening.Rules:
        """The limits of a new request."""
        return opening.Rules(self.zone, self.folder, self.per_day, self.future_days, self.calendar)

    @property
    def moving(self) -> moves.Rules:
        """The limits of a move."""
        return moves.Rules(self.zone, self.per_day, self.future_days, self.calendar)


def of(settings: Settings) -> Rules:
    """The rules of these settings."""
    telegram, limits = settings.telegram, settings.limits
    webapp = telegram.webapp_url if telegram else None
    return Rules(
        settings.tz, UUID(settings.clients_folder), settings.secret_key.get_secret_value(), limits.accounting_per_day,
        limits.future_days, timedelta(minutes=limits.cancel_minutes), str(webapp) if webapp else None,
        telegram.messages_per_minute if telegram else 60, settings.calendar.of(settings.tz),
    )  # fmt: skip

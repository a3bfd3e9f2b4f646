"""Quiet hours, within a day and across midnight."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from clobus.modules.notifications.quiet import Quiet

ZONE = ZoneInfo("Asia/Tashkent")


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (("21:00", "08:00"), "2026-11-25 20:59", None),
        (("21:00", "08:00"), "2026-11-25 21:00", "2026-11-26 08:00"),
        (("21:00", "08:00"), "2026-11-25 23:59", "2026-11-26 08:00"),
        (("21:00", "08:00"), "2026-11-26 00:00", "2026-11-26 08:00"),
        (("21:00", "08:00"), "2026-11-26 07:59", "2026-11-26 08:00"),
        (("21:00", "08:00"), "2026-11-26 08:00", None),
        (("21:00", "08:00"), "2026-12-31 22:00", "2027-01-01 08:00"),
        (("13:00", "14:00"), "2026-11-25 13:30", "2026-11-25 14:00"),
        (("13:00", "14:00"), "2026-11-25 12:59", None),
        (("13:00", "14:00"), "2026-11-25 14:00", None),
        (("00:00", "00:00"), "2026-11-25 00:00", None),
    ],
)
def test_until(hours: tuple[str, str], at: str, until: str | None) -> None:
    quiet = Quiet(*(time.fromisoformat(hour) for hour in hours))
    now = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    wanted = datetime.fromisoformat(until).replace(tzinfo=ZONE) if until else None
    assert quiet.until(now.astimezone(ZoneInfo("UTC")), ZONE) == wanted

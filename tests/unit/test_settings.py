"""Settings are checked at start, and what is absent is named, all of it at once."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from clobus import settings


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - only to empty it for the test

    for name in [name for name in os.environ if name.startswith("CLOBUS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


COMPLETE = {
    "CLOBUS_DATABASE_URL": "postgresql://x", "CLOBUS_SECRET_KEY": "k", "CLOBUS_ONEC__BASE_URL": "https://1c.example.uz",
    "CLOBUS_ONEC__USER": "u", "CLOBUS_ONEC__PASSWORD": "p", "CLOBUS_CHATWOOT__BASE_URL": "https://chat.example.uz",
    "CLOBUS_CHATWOOT__TOKEN": "t", "CLOBUS_CHATWOOT__ACCOUNT_ID": "1", "CLOBUS_CHATWOOT__INBOX_ID": "3",
}  # fmt: skip


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(settings.MissingSettings) as caught:
        settings.load()
    for name in COMPLETE:
        assert f"{name}: is missing" in str(caught.value)


def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**COMPLETE, "CLOBUS_CHATWOOT__ACCOUNT_ID": "secret-value"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(settings.MissingSettings, match="CLOBUS_CHATWOOT__ACCOUNT_ID") as caught:
        settings.load()
    assert "secret-value" not in str(caught.value)


def test_secrets_may_be_files_and_are_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in COMPLETE.items():
        if name != "CLOBUS_SECRET_KEY":
            monkeypatch.setenv(name, value)
    (tmp_path / "clobus_secret_key").write_text("of-a-file")
    monkeypatch.setenv("CLOBUS_SECRETS_DIR", str(tmp_path))
    loaded = settings.load()
    assert loaded.secret_key.get_secret_value() == "of-a-file"
    assert "of-a-file" not in repr(loaded)


def test_the_calendar_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"CLOBUS_CALENDAR__WEEKEND": "[7]", "CLOBUS_CALENDAR__HOLIDAYS": '["03-21", "2026-05-27"]',
             "CLOBUS_CALENDAR__WORKING_DAYS": '["2026-03-22"]', "CLOBUS_CALENDAR__OPENS": "08:30"}  # fmt: skip
    for name, value in {**COMPLETE, **given}.items():
        monkeypatch.setenv(name, value)
    read = settings.load()
    calendar = read.calendar.of(read.tz)
    assert [calendar.works(date(2026, 3, day)) for day in (20, 21, 22)] == [True, False, True]
    assert [calendar.works(date(year, 5, 27)) for year in (2026, 2027)] == [False, True]
    assert calendar.opens == time(8, 30)


@pytest.mark.parametrize("days", ["[1,2,3,4,5,6,7]", "[0]"])
def test_a_week_without_work_is_refused(monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    for name, value in {**COMPLETE, "CLOBUS_CALENDAR__WEEKEND": days}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(settings.MissingSettings, match="CLOBUS_CALENDAR__WEEKEND"):
        settings.load()

"""Texts: each language says the same things with the same parameters."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clobus.core import i18n


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["uz", "en"])
def test_catalogues_agree(language: str) -> None:
    theirs, ours = i18n.catalogue("ru"), i18n.catalogue(language)
    assert ours.keys() == theirs.keys()
    assert {key: names(text) for key, text in ours.items()} == {key: names(text) for key, text in theirs.items()}


def test_an_unknown_language_is_russian() -> None:
    assert i18n.text("fr", "system.onec") == "1С"
    assert i18n.language_of(None) == "ru"


@pytest.mark.parametrize(
    ("language", "said"),
    [("ru", "1 декабря 2026 г., 00:30"), ("uz", "1-dekabr, 2026, 00:30"), ("en", "December 1, 2026, 00:30")],
)
def test_moments_are_local(language: str, said: str) -> None:
    instant = datetime(2026, 11, 30, 19, 30, tzinfo=UTC)
    assert i18n.moment(language, instant, ZoneInfo("Asia/Tashkent")) == said

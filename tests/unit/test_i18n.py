"""Texts: each language says the same things with the same parameters."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from clobus.core import i18n


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


FORMS = ("zero", "one", "two", "few", "many", "other")
COUNTED = {key.rpartition(".")[0] for key in i18n.catalogue("ru") if key.endswith(".many")}


def parameters(language: str) -> dict[str, set[str]]:
    """What each text needs; of a counted one all forms together."""
    found: dict[str, set[str]] = {}
    for key, text in i18n.catalogue(language).items():
        base, _, form = key.rpartition(".")
        found.setdefault(base if base in COUNTED and form in FORMS else key, set()).update(names(text))
    return found


@pytest.mark.parametrize("language", ["uz", "en"])
def test_catalogues_agree(language: str) -> None:
    assert parameters(language) == parameters("ru")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_counted_texts_have_all_forms_of_their_language_and_no_other(language: str) -> None:
    assert {"count.minutes", "count.answers"} == COUNTED
    texts, wanted = i18n.catalogue(language), {*Locale.parse(language).plural_form.tags, "other"}
    for base in COUNTED:
        assert {key.rpartition(".")[2] for key in texts if key.startswith(f"{base}.")} == wanted
        for n in range(122):
            assert i18n.plural(language, base, n).startswith(f"{n} ")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ["1 минуту", "2 минуты", "5 минут", "11 минут", "21 минуту"]),
        ("uz", ["1 daqiqa", "2 daqiqa", "5 daqiqa", "11 daqiqa", "21 daqiqa"]),
        ("en", ["1 minute", "2 minutes", "5 minutes", "11 minutes", "21 minutes"]),
    ],
)
def test_plurals(language: str, said: list[str]) -> None:
    assert [i18n.plural(language, "count.minutes", n) for n in (1, 2, 5, 11, 21)] == said


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

"""Texts for people in uz, ru and en: catalogues in `clobus/locales`, dates in the form of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

LANGUAGES = ("ru", "uz", "en")
DEFAULT = "ru"
_CATALOGUES = Path(__file__).resolve().parents[1] / "locales"


def language_of(given: str | None) -> str:
    """The language to speak with somebody of whom we know `given`: Russian when that is nothing we speak."""
    return given if given in LANGUAGES else DEFAULT


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language by key."""
    loaded: dict[str, str] = json.loads((_CATALOGUES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def text(language: str, key: str, params: Mapping[str, Any] | None = None) -> str:
    """A text with its parameters put in; KeyError when the catalogue lacks it or a parameter is missing."""
    return catalogue(language_of(language))[key].format_map(params or {})


def plural(language: str, key: str, n: int, params: Mapping[str, Any] | None = None) -> str:
    """A text that counts `{n}` things: the catalogue holds `key.one`, `key.few` …, the forms of the language (CLDR)."""
    spoken = language_of(language)
    form = Locale.parse(spoken).plural_form(n)
    return text(spoken, f"{key}.{form}", {"n": n, **(params or {})})


def number(language: str, value: float) -> str:
    """A number with two decimals at most, as people of that language write it."""
    return str(format_decimal(value, "0.##", locale=language_of(language)))


def day(language: str, value: date) -> str:
    """A day without its year."""
    spoken = language_of(language)
    return str(format_date(value, catalogue(spoken)["day"], locale=spoken))


def moment(language: str, instant: datetime, zone: ZoneInfo) -> str:
    """A day and time as people of that language write it, on the wall clock of `zone`."""
    spoken = language_of(language)
    local = instant.astimezone(zone).replace(tzinfo=None)
    return str(format_datetime(local, catalogue(spoken)["moment"], locale=spoken))


def short_number(number: str | None) -> str:
    """A document's number as people read it, on pages, too: without the zeros that 1C pads it with; empty for none."""
    return re.sub(r"^0+(?=\d)", "", number or "")

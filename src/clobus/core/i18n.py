"""Texts for people in uz, ru and en: catalogues in `clobus/locales`, dates in the form of the language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

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


def moment(language: str, instant: datetime, zone: ZoneInfo) -> str:
    """A day and time as people of that language write it, on the wall clock of `zone`."""
    spoken = language_of(language)
    local = instant.astimezone(zone).replace(tzinfo=None)
    return str(format_datetime(local, catalogue(spoken)["moment"], locale=spoken))

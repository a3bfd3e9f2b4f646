"""The sandbox page's texts: the same keys and parameters in three languages, and every key that its scripts name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import clobus_twins.page

PAGE = Path(clobus_twins.page.__file__).parent
NAMED = re.compile(r"""\bt\(["'`]([\w.]+)["'`]""")


def catalogues() -> dict[str, dict[str, str]]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (PAGE / "locales").glob("*.json")}


def test_keys_and_parameters_are_the_same() -> None:
    found = catalogues()
    assert sorted(found) == ["en", "ru", "uz"]
    shapes = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}
        for language, texts in found.items()
    }
    assert shapes["ru"] == shapes["uz"] == shapes["en"]


def test_every_named_key_exists() -> None:
    named = {key for path in (PAGE / "static").glob("*.js") for key in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 30
    assert named - {key for key in catalogues()["ru"]} == set()

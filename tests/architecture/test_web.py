"""The web app: what can be told of its sources without building it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clobus.modules.notifications import preview
from clobus.modules.notifications.catalogue import TYPES
from clobus.schedule import BOT, INTERVALS
from clobus.sync.onec import compare, compare_registers
from tests.architecture.tree import ROOT

WEB = ROOT / "web"
SOURCES = sorted([*(WEB / "src").rglob("*.ts"), *(WEB / "src").rglob("*.tsx")])
WRITTEN = [path for path in SOURCES if "generated" not in path.parts]
LANGUAGES = ("uz", "ru", "en")
FEATURES = sorted(path.name for path in (WEB / "messages" / "en").glob("*.json"))
# What every feature may build on; any other feature is none of its business.
GROUND = {"session", "live", "shell"}
NEIGHBOURS = {("home", "requests"), ("new", "requests")}
"""Features that show requests, by the parts of that feature."""
# Words of 1C that are data of the contract, and what languages call themselves.
FOREIGN_WORDS = {"features/requests/kinds.ts", "features/new/components/software.ts", "shared/i18n/locales.ts"}
STATES = {
    "pending", "claimed", "dead", "new", "handled", "ignored", "retry", "ok", "partial", "lost", "running", "sent",
    "queued", "sending", "unknown", "failed", "refused", "expired",
}  # fmt: skip
HOST = re.compile(r"https?://[\w.-]+\.\w{2,}")


def _flat(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        yield from _flat(value, f"{path}{key}.") if isinstance(value, dict) else [(f"{path}{key}", value)]


def _texts(language: str, feature: str) -> dict[str, str]:
    return dict(_flat(json.loads((WEB / "messages" / language / feature).read_text(encoding="utf-8"))))


def _params(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)[,}]", text))


@pytest.mark.parametrize("feature", FEATURES)
def test_messages_are_the_same_in_three_languages(feature: str) -> None:
    english = _texts("en", feature)
    for language in ("uz", "ru"):
        texts = _texts(language, feature)
        assert texts.keys() == english.keys(), (feature, language, texts.keys() ^ english.keys())
        assert not [key for key in english if _params(texts[key]) != _params(english[key])], (feature, language)
        assert not [key for key, text in texts.items() if not text.strip()]
    assert {f.name for f in (WEB / "messages" / "ru").glob("*.json")} == set(FEATURES)
    assert not [text for text in _texts("uz", feature).values() if re.search("[а-яё]", text, re.I)]


def test_the_lock_and_the_sources_name_no_host() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, each in lock["packages"].items() if "resolved" in each]
    assert all("integrity" in each for name, each in lock["packages"].items() if name and not each.get("inBundle"))
    assert not HOST.search((WEB / "package.json").read_text())
    assert "registry=" not in (WEB / ".npmrc").read_text()
    named = {path.name: HOST.findall(path.read_text(encoding="utf-8")) for path in WRITTEN}
    assert not {name: hosts for name, hosts in named.items() if hosts}


def test_no_page_is_long() -> None:
    assert not {str(p.relative_to(WEB)): n for p in WRITTEN if (n := len(p.read_text("utf-8").splitlines())) > 250}


def test_features_know_only_the_ground_and_each_page_only_features() -> None:
    wrong = []
    for path in WRITTEN:
        place = path.relative_to(WEB / "src").parts
        for found in re.findall(r'(?:from|import\()\s*"@/(\w+)/([\w-]+)', path.read_text(encoding="utf-8")):
            allowed = {place[1], *GROUND} | {other for own, other in NEIGHBOURS if own == place[1]}
            if place[0] == "shared" and found[0] != "shared":
                wrong.append((path.name, *found))
            if place[0] == "features" and (found[0] == "app" or found[0] == "features" and found[1] not in allowed):
                wrong.append((path.name, *found))
    assert not wrong


def test_texts_come_from_the_messages() -> None:
    written = {
        path.relative_to(WEB / "src").as_posix() for path in WRITTEN if re.search("[А-Яа-яЁё]", path.read_text("utf-8"))
    }
    assert written <= FOREIGN_WORDS


def test_short_names_of_the_machinery_have_words() -> None:
    """Pages show no bare code of a process, a message, a kind of drift or a state of a queue."""
    words = _texts("en", "codes.json")
    runbook = (ROOT / "docs/runbooks/drift.md").read_text(encoding="utf-8")
    kinds = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", runbook, re.M)))
    wanted = {f"process.{name}" for name in [*INTERVALS, BOT]} | {f"type.{name}" for name in TYPES}
    wanted |= {f"case.{case}" for name in TYPES for case, *_ in preview.cases(name) if case}
    wanted |= {f"drift.{name}" for name in [*kinds, *compare.KINDS.values(), *compare_registers.KINDS]}
    wanted |= {f"state.{name}" for name in STATES}
    assert wanted - words.keys() == set()


def test_forms_speak_of_what_is_wrong_in_the_language_of_the_page() -> None:
    """The browser would do so in its own; the talk's box and the table of promises have nothing that can be wrong."""
    forms = {path.name: form for path in WRITTEN for form in re.findall(r"<form\b.*", path.read_text(encoding="utf-8"))}
    assert len(forms) > 10
    assert {name for name, form in forms.items() if "noValidate" not in form} <= {"composer.tsx", "promises.tsx"}


def test_every_feature_with_messages_is_typed() -> None:
    typed = set(re.findall(r"messages/en/([\w-]+)\.json", (WEB / "src/shared/i18n/messages.d.ts").read_text()))
    assert typed == {name.removesuffix(".json") for name in FEATURES}


def test_the_typed_client_is_that_of_the_document(tmp_path: Path) -> None:
    """`make client` was run after the document changed."""
    program = WEB / "node_modules" / ".bin" / "openapi-typescript"
    if not program.exists():
        pytest.skip("the web app's packages are not installed: make web")
    made = tmp_path / "schema.ts"
    subprocess.run([program, ROOT / "tests/api/openapi.json", "-o", made], check=True, capture_output=True)
    assert made.read_text() == (WEB / "src/shared/api/generated/schema.ts").read_text()


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_colours_that_are_read_have_contrast() -> None:
    """WCAG 2.1 AA in both schemes: 4.5 for text, 3 for what tells a field's edge and the focus."""
    light, dark = (WEB / "src/shared/ui/tokens.css").read_text().split('[data-theme="dark"]')
    text = [("ink", "canvas"), ("ink", "surface"), ("muted", "canvas"), ("muted", "surface"), ("muted", "sunken"),
            ("on-accent", "accent"), ("accent-strong", "accent-soft"), ("accent-strong", "surface")]  # fmt: skip
    text += [(tone, f"{tone}-soft") for tone in ("info", "good", "warn", "bad")]
    for scheme in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        pairs = [(pair, 4.5) for pair in text] + [(("line-strong", "surface"), 3.0), (("focus", "canvas"), 3.0)]
        for (front, back), least in pairs:
            low, high = sorted((_luminance(colours[front]), _luminance(colours[back])))
            assert (high + 0.05) / (low + 0.05) >= least, (front, back)


def test_pages_have_the_languages_in_one_order() -> None:
    """The switch shows them as the catalogues are ordered everywhere else."""
    order = re.search(r"LOCALES = \[(.*)\]", (WEB / "src/shared/i18n/locales.ts").read_text())
    assert order
    assert tuple(re.findall(r"\w+", order[1])) == LANGUAGES

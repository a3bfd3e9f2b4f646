"""The words of messages: complete, harmless, and silent of what must not be told."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from clobus.core import i18n
from clobus.modules.consultations.types import Kind
from clobus.modules.notifications import forms, preview
from clobus.modules.notifications.catalogue import TYPES, clean
from tests.unit.test_i18n import names

ZONE = ZoneInfo("Asia/Tashkent")
KINDS = {Kind.ACCOUNTING.value: "accounting", Kind.SUPPORT.value: "support"}
SAMPLES = preview.samples(ZONE, KINDS)
# Plan 2.2: nobody is told how long the queue is, where he stands in it, or how long he will wait.
NEVER = {
    "ru": r"очеред|позици|ожида|ожидан|подожд|место в|перед вами|впереди",
    "uz": r"navbat|o‘rin|kutish|kuting|kutib|oldingizda",
    "en": r"queue|position|wait|in line|ahead of you|place",
}
ALLOWED = {
    "number", "planned", "manager", "previous", "old", "new", "at", "day", "url", "average", "answers", "minutes", "n",
}  # fmt: skip


def texts(language: str) -> dict[str, str]:
    """Everything that may reach a person as a message."""
    parts = (*TYPES, "mail", "manager", "count")
    return {key: text for key, text in i18n.catalogue(language).items() if key.split(".")[0] in parts}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_queue_position_and_no_waiting_time_is_ever_told(language: str) -> None:
    assert [key for key, text in texts(language).items() if re.search(NEVER[language], text, re.IGNORECASE)] == []
    assert {name for text in texts(language).values() for name in names(text)} <= ALLOWED


def test_the_scan_would_find_them() -> None:
    for language, said in (("ru", "Вы третий в очереди"), ("uz", "Navbatingiz: 3"), ("en", "Please wait 2 hours")):
        assert re.search(NEVER[language], said, re.IGNORECASE)


def test_minutes_are_those_to_the_planned_moment_only() -> None:
    for language in i18n.LANGUAGES:
        assert {key for key, text in texts(language).items() if "minutes" in names(text)} == {"reminder_hour"}


def test_every_type_has_its_words_in_every_language_and_form() -> None:
    assert {sample["type"] for sample in SAMPLES} == set(TYPES)
    for sample in SAMPLES:
        assert set(sample["forms"]) == set(i18n.LANGUAGES)
        said = {lang: sample["forms"][lang]["telegram"].text for lang in i18n.LANGUAGES}
        assert len(set(said.values())) == 3, sample["type"]
        for lang, shown in sample["forms"].items():
            assert shown["telegram"].text
            assert (shown["chatwoot"] is not None) is TYPES[sample["type"]].base
            assert (shown["email"] is None) is sample["staff"], lang


def test_every_text_is_used() -> None:
    shown = " ".join(form.text for s in SAMPLES for form in (*s["forms"]["en"].values(),) if form)
    for key, text in texts("en").items():
        fixed = max(re.split(r"\{\w+\}", text), key=len).strip(" .,:")
        if key.split(".")[0] in TYPES and key != "cancelled.unnumbered":
            assert fixed in shown, key


def test_names_are_names_everywhere() -> None:
    bad = "Olim_Karimov <b>"
    found = [s for s in SAMPLES if s["type"] == "assigned" and not s["case"]][0]["forms"]["en"]
    assert bad in found["telegram"].text  # plain text: no mark means anything
    assert "Olim\\_Karimov \\<b\\>" in found["chatwoot"].text
    assert "Olim_Karimov &lt;b&gt;" in found["email"].html
    assert bad in found["email"].text


def test_markdown_of_a_name_is_taken_for_what_it_is() -> None:
    assert forms.markdown("[x](http://e.vil) *b* `c` ![i](j)") == (
        "\\[x\\](http://e.vil) \\*b\\* \\`c\\` \\!\\[i\\](j)"
    )


def test_a_name_is_one_line_of_printable_letters() -> None:
    assert clean("Анна\n\n# Петрова\u202e\u0007") == "Анна # Петрова"
    assert len(clean("x" * 5000)) == 100


def test_the_page_holds_every_text_and_runs_nothing() -> None:
    page = preview.page(ZONE, KINDS)
    assert page.count("<article") == len(SAMPLES) > 30
    assert "<script" not in page
    assert "Olim_Karimov <b>" not in page
    assert "Заявка № T-000042" in page

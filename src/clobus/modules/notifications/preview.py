"""Every message in every language and in the form of every channel, on one page: for whoever answers for the words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock, i18n
from clobus.modules.notifications import forms
from clobus.modules.notifications.catalogue import TYPES, kinds_without_number

MANAGER, PREVIOUS = "Olim_Karimov <b>", "Anna [Petrova]"
"""Names that try to be more than names."""


def cases(type_: str) -> list[tuple[str, dict[str, Any], bool]]:
    """The cases of a type: a name, sample parameters, and whether a planned moment is set."""
    now = clock.now()
    at, later = (now - timedelta(minutes=3)).isoformat(), (now + timedelta(days=2)).isoformat()
    planned = (now + timedelta(minutes=58)).isoformat()
    who, both = {"manager": MANAGER}, {"manager": MANAGER, "previous": PREVIOUS}
    buttons = [[{"text": "★" * n, "data": f"rate:{n}"} for n in range(1, 6)]]
    known: Mapping[str, list[tuple[str, dict[str, Any], bool]]] = {
        "accepted": [("", {}, True), ("undated", {}, False)],
        "assigned": [("", who, True), ("again", both, True)],
        "rescheduled": [("", {"new": later}, True), ("from", {"old": planned, "new": later}, True)],
        "called": [("", {"at": at, **who}, True), ("nobody", {"at": at, "manager": None}, True)],
        "queue_closed": [("", {"day": later[:10], **who}, True)],
        "rating_ask": [
            ("", {"url": "https://desk.clobus.example/rate/TOKEN", "buttons": buttons}, True), ("plain", {}, True),
        ],
        "rating_thanks": [("", {"average": 4.5, "answers": 2}, True)],
        "reminder_day": [("", {"planned": later}, True)],
        "reminder_hour": [("", {"planned": planned}, True)],
        "manager_new": [("", both, True), ("undated", both, False)],
        "manager_given": [("", both, True)],
        "manager_taken": [("", both, True), ("nobody", {"previous": PREVIOUS}, True)],
        "manager_rated": [("", {"average": 5, "answers": 5}, True)],
    }  # fmt: skip
    return known.get(type_, [("", {}, True)])


def samples(zone: ZoneInfo, kinds: Mapping[str, str], site: str | None = None) -> list[dict[str, Any]]:
    """Every text: type, case, kind, and by language the forms of the channels.

    `kinds` are the kinds of request and how they are called here.
    """
    found: list[dict[str, Any]] = []
    for type_ in TYPES:
        for kind, called in kinds.items():
            own = kinds_without_number(type_)
            if kind != next(iter(kinds)) and not any(name.partition(".")[0] == kind for name in own):
                continue  # the words are those of the first kind
            for case, params, dated in cases(type_):
                row = {
                    "type": type_, "params": params, "kind": kind, "entity_id": UUID(int=0), "client": "OOO *Romashka*",
                    "number": "T-000042" if kind == next(iter(kinds)) else None,
                    "start_date": clock.now() + timedelta(minutes=58) if dated else None,
                }  # fmt: skip
                shown = {lang: _forms(row | {"language": lang}, zone, site) for lang in i18n.LANGUAGES}
                if any(kept["type"] == type_ and kept["forms"] == shown for kept in found):
                    continue  # the case changes nothing for this kind
                found.append({"type": type_, "case": case, "kind": called, "staff": TYPES[type_].staff, "forms": shown})
    return found


def _forms(row: Mapping[str, Any], zone: ZoneInfo, site: str | None) -> dict[str, forms.Form | None]:
    type_ = TYPES[row["type"]]
    return {
        "chatwoot": forms.conversation(row, zone) if type_.base else None,
        "telegram": forms.telegram(row, zone),
        "email": None if type_.staff else forms.letter(row, zone, site),
    }


def page(zone: ZoneInfo, kinds: Mapping[str, str], site: str | None = None) -> str:
    """The page as HTML, complete in itself."""
    return forms.template("preview.html").render(
        samples=samples(zone, kinds, site), languages=i18n.LANGUAGES, at=clock.now()
    )

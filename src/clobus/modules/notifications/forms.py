"""How a message looks in each channel: the same words, with the names of people made harmless there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape

from clobus.core import i18n
from clobus.modules.notifications.catalogue import TYPES, clean, render

_MARKS = re.compile(r"([\\`*_\[\]<>#~|!])")
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(), trim_blocks=True
)


def template(name: str) -> Template:
    """A page of this module."""
    return _templates.get_template(name)


@dataclass(frozen=True, slots=True)
class Form:
    """A message as one channel shows it; what a channel has no use for is empty."""

    text: str
    subject: str = ""
    html: str = ""
    keyboard: Mapping[str, Any] | None = None


def markdown(name: str) -> str:
    """A name for Chatwoot, which reads messages as Markdown."""
    return _MARKS.sub(r"\\\1", name)


def conversation(row: Mapping[str, Any], zone: ZoneInfo) -> Form:
    """For a conversation of Chatwoot."""
    return Form(render(row["type"], row["language"], row["params"], row, zone, markdown))


def telegram(row: Mapping[str, Any], zone: ZoneInfo) -> Form:
    """For a chat with the bot: plain text, so no mark in a name means anything; managers are told what it is about."""
    params, buttons = dict(row["params"]), row["params"].get("buttons")
    if buttons:
        params.pop("url", None)
    text = render(row["type"], row["language"], params, row, zone)
    if TYPES[row["type"]].staff:
        text = f"{about(row)}\n{text}"
    return Form(
        text, keyboard={"inline_keyboard": [[_button(b) for b in line] for line in buttons]} if buttons else None
    )


def _button(given: Mapping[str, str]) -> dict[str, str]:
    """An inline button: its text, and either `url` or `data` for the bot (64 bytes at most)."""
    if "url" in given:
        return {"text": given["text"], "url": given["url"]}
    return {"text": given["text"], "callback_data": given["data"]}


def about(row: Mapping[str, Any]) -> str:
    """The request and the client, for a manager who does not stand before the conversation."""
    key = "manager.about" if row["number"] else "manager.about.unnumbered"
    named = i18n.text(row["language"], key, {"number": i18n.short_number(row["number"])})
    return f"{named} · {clean(row['client'])}" if row.get("client") else named


def letter(row: Mapping[str, Any], zone: ZoneInfo, site: str | None = None) -> Form:
    """For e-mail; `site` is the address at which a client reads his requests, `{request}` in it our id of this one."""
    spoken = i18n.language_of(row["language"])
    text = render(row["type"], spoken, row["params"], row, zone)
    key = "mail.subject" if row["number"] else "mail.subject.unnumbered"
    subject, footer = (
        i18n.text(spoken, key, {"number": i18n.short_number(row["number"])}),
        i18n.text(spoken, "mail.footer"),
    )
    url = row["params"].get("url") or (site.replace("{request}", str(row["entity_id"])) if site else None)
    html = template("mail.html").render(
        lang=spoken, subject=subject, text=text, url=url if url and url.startswith(("https://", "http://")) else None,
        open=i18n.text(spoken, "mail.open"), footer=footer,
    )  # fmt: skip
    link = f"{url}\n\n" if url and url not in text else ""
    return Form(f"{text}\n\n{link}-- \n{footer}\n", subject, html)

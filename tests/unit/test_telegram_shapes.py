"""How a message of a conversation is cut into Telegram's calls."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.gateways.chatwoot.wire import Attachment
from clobus.gateways.telegram.client import CAPTION_LIMIT, TEXT_LIMIT, length
from clobus.sync.telegram import shapes

BASE = "https://desk.uz/rails/active_storage/blobs/redirect/eyJ/"


def attachment(name: str, kind: str | None = None, size: int = 10) -> Attachment:
    return Attachment(id=1, data_url=BASE + name, content_type=kind, file_size=size)


def file(name: str, kind: str | None = None, size: int = 10) -> shapes.FileOut:
    found = shapes.file_of(attachment(name, kind, size))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "media", "size", "kind"),
    [
        ("a.jpg", "image/jpeg", 10, "photo"),
        ("a.png", None, 10, "photo"),
        ("a.jpg", "image/jpeg", 11 * 2**20, "document"),
        ("a.gif", "image/gif", 10, "document"),
        ("a.svg", "image/svg+xml", 10, "document"),
        ("a.mp4", "video/mp4", 10, "video"),
        ("a.webm", "video/webm", 10, "document"),
        ("a.ogg", "audio/ogg", 10, "voice"),
        ("a.mp3", "audio/mpeg", 10, "audio"),
        ("a.pdf", None, 10, "document"),
        ("a", None, 10, "document"),
    ],
)
def test_kinds(name: str, media: str | None, size: int, kind: str) -> None:
    assert file(name, media, size).kind == kind


def test_names_are_as_people_gave_them() -> None:
    assert file("%D0%B0%D0%BA%D1%82%20%3C1%3E.pdf").name == "акт <1>.pdf"
    assert shapes.file_of(Attachment(id=1)) is None


def test_albums_hold_what_may_stand_together() -> None:
    files = [file(n) for n in ("1.jpg", "2.mp4", "a.pdf", "b.pdf", "v.ogg", "w.ogg", "3.jpg")]
    parts = shapes.parts_of("К", "текст", files, "ru", 5)
    assert [(kind, len(content["files"])) for kind, content in parts] == [
        ("album", 2), ("album", 2), ("file", 1), ("file", 1), ("file", 1),
    ]  # fmt: skip
    assert parts[0][1]["html"] == "<b>К</b>\nтекст"
    assert parts[0][1]["reply_to"] == 5
    assert all(content["html"] == "" and "reply_to" not in content for _, content in parts[1:])
    assert [
        len(c["files"]) for _, c in shapes.parts_of("К", "", [file(f"{n}.jpg") for n in range(12)], "ru", None)
    ] == [10, 2]


def test_what_is_too_large_is_named() -> None:
    parts = shapes.parts_of("<К>", "", [file("b <i>.iso", size=51 * 2**20)], "ru", None)
    [(kind, content)] = parts
    assert kind == "text"
    assert "b &lt;i&gt;.iso" in content["html"]
    assert "<b>&lt;К&gt;</b>" in content["html"]


@given(st.text(max_size=9000), st.booleans())
def test_nothing_said_is_lost_and_no_limit_is_passed(text: str, with_file: bool) -> None:
    files = [file("a.pdf")] if with_file else []
    parts = shapes.parts_of("Имя", text, files, "ru", None)
    shown = ""
    for kind, content in parts:
        plain = html.unescape(content["html"]).replace("<b>Имя</b>\n", "", 1)
        assert length(plain) + 4 <= (TEXT_LIMIT if kind == "text" else CAPTION_LIMIT)
        shown += plain
    assert "".join(shown.split()) == "".join((text if text or files else "…").split())

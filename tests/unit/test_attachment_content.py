"""What a file is, is told by its content; what it is called can harm nobody."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clobus.modules.consultations import content

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
ZIP = b"PK\x03\x04" + b"\x00" * 20


@pytest.mark.parametrize(
    ("head", "name", "family", "media"),
    [
        (PNG, "a.png", "image/png", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg", "image/jpeg"),
        (b"%PDF-1.7\n", "a.pdf", "application/pdf", "application/pdf"),
        (ZIP, "a.zip", "application/zip", "application/zip"),
        (ZIP, "a.xlsx", "application/office",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "application/ole", "application/vnd.ms-excel"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "a.mp4", "video/mp4", "video/mp4"),
        ("Счёт №1".encode(), "a.txt", "text/plain", "text/plain"),
        ("Счёт №1; сумма".encode("cp1251"), "a.csv", "text/csv", "text/csv"),
        (b'<?xml version="1.0"?><data/>', "a.xml", "text/plain", "application/xml"),
        (b'{"a": 1}', "a.json", "text/plain", "application/json"),
    ],
)  # fmt: skip
def test_kinds(head: bytes, name: str, family: str, media: str) -> None:
    assert content.family_of(head, name) == family
    assert content.fits(family, name)
    assert content.media_type(family, name) == media


@pytest.mark.parametrize(
    "head",
    [
        b"MZ\x90\x00", b"\x7fELF\x02", b"#!/bin/sh\nrm", b"<!DOCTYPE html><p>", b"  <html>", b"<svg onload=alert(1)>",
        b"text <script>alert(1)</script>", b"\x00\x01\x02\x03", b"\xfe\xff\x00\x00binary", b"\xca\xfe\xba\xbe",
    ],
)  # fmt: skip
def test_what_runs_or_is_unknown_is_no_kind(head: bytes) -> None:
    assert content.family_of(head, "a.png") is None
    assert content.family_of(head, "a.txt") is None


@pytest.mark.parametrize(
    ("head", "name"), [(PNG, "a.exe"), (PNG, "a.pdf"), (b"%PDF-", "a.html"), (b"hello", "a.bat"), (ZIP, "a.jar")]
)
def test_a_name_that_lies(head: bytes, name: str) -> None:
    family = content.family_of(head, name)
    assert family is not None
    assert not content.fits(family, name)


@pytest.mark.parametrize(
    ("given_", "safe"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\счёт.pdf", "счёт.pdf"), ("", "file"), (None, "file"),
        ("...", "file"), ("a\r\nSet-Cookie: x.png", "a Set-Cookie x.png"), ('a"b<c>.png', "a b c.png"),
        ("gpj.\u202eexe", "gpj. exe"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), (".htaccess", "htaccess"),
    ],
)  # fmt: skip
def test_names(given_: str | None, safe: str) -> None:
    assert content.safe_name(given_) == safe


@given(st.text(max_size=400))
def test_any_name_is_made_harmless(text: str) -> None:
    name = content.safe_name(text)
    assert 1 <= len(name) <= content.MAX_NAME
    assert not set(name) & set('/\\<>:"|?*\r\n\t\x00')
    assert not name.startswith((".", " "))
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in name)
    assert content.safe_name(name) == name


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["a.png", "a.txt", "a", "a.docx", "a.exe"]))
def test_any_content_has_a_kind_with_a_media_type_or_none(head: bytes, name: str) -> None:
    family = content.family_of(head, name)
    if family is not None and content.fits(family, name):
        assert "/" in content.media_type(family, name)

"""What a file is by its content, and how it may be called: pure, since a name proves nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

HEAD = 4096
"""How many bytes of the beginning tell the kind."""
MAX_NAME = 120

_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/x-rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/ole"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (4, b"ftyp", "video/mp4"),
)
# What a browser or an office would run rather than show.
_ACTIVE = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|iframe|body|head)\b", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
_OFFICE: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_OLE: Mapping[str, str] = {
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
}  # fmt: skip
_ENDINGS: Mapping[str, frozenset[str]] = {
    "image/png": frozenset({"png"}), "image/jpeg": frozenset({"jpg", "jpeg", "jfif"}), "image/gif": frozenset({"gif"}),
    "image/webp": frozenset({"webp"}), "application/pdf": frozenset({"pdf"}), "application/zip": frozenset({"zip"}),
    "application/x-rar": frozenset({"rar"}), "application/x-7z": frozenset({"7z"}),
    "application/ole": frozenset(_OLE), "application/office": frozenset(_OFFICE),
    "audio/ogg": frozenset({"ogg", "oga", "opus"}), "audio/mpeg": frozenset({"mp3"}),
    "video/mp4": frozenset({"mp4", "m4a", "mov", "m4v"}), "video/webm": frozenset({"webm"}),
    "text/plain": frozenset({"txt", "log", "xml", "json", "md"}), "text/csv": frozenset({"csv"}),
}  # fmt: skip
_PLAIN = {"xml": "application/xml", "json": "application/json"}


def family_of(head: bytes, name: str) -> str | None:
    """The kind of a file by its first bytes, None when it is nothing that we know or something that runs.

    An office document is a ZIP by its bytes: among those, and only among those, the name's ending decides.
    """
    if head.startswith(_PROGRAMS):
        return None
    found = next((kind for at, sign, kind in _SIGNS if head[at : at + len(sign)] == sign), None)
    ending = _ending(name)
    if found == "application/zip" and ending in _OFFICE:
        return "application/office"
    if found is not None:
        return found
    if _ACTIVE.search(head[:1024]) or b"\x00" in head or not _is_text(head):
        return None
    return "text/csv" if ending == "csv" else "text/plain"


def media_type(family: str, name: str) -> str:
    """The media type under which a file of a kind is given out."""
    ending = _ending(name)
    if family == "application/office":
        return _OFFICE[ending]
    if family == "application/ole":
        return _OLE.get(ending, "application/octet-stream")
    if family == "text/plain":
        return _PLAIN.get(ending, "text/plain")
    return {"application/x-rar": "application/vnd.rar", "application/x-7z": "application/x-7z-compressed"}.get(
        family, family
    )


def fits(family: str, name: str) -> bool:
    """Whether a name's ending agrees with the content: a picture must not be called a program."""
    ending = _ending(name)
    return not ending or ending in _ENDINGS[family]


def safe_name(given: str | None) -> str:
    """A name without paths, control and direction marks, within MAX_NAME, its ending kept; `file` when none is left.

    Direction marks would show `exe.png` for `gnp.exe`.
    """
    bare = (given or "").replace("\\", "/").rpartition("/")[2]
    clean = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") else letter for letter in bare
    )
    clean = re.sub(r'[<>:"|?*\s]+', " ", unicodedata.normalize("NFC", clean)).strip(" .")
    if not clean:
        return "file"
    stem, dot, ending = clean.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[: MAX_NAME - len(ending) - 1].rstrip()}.{ending}"
    return clean[:MAX_NAME]


def _ending(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem and len(ending) <= 10 else ""


def _is_text(head: bytes) -> bool:
    """UTF-8 (a letter may be cut at the end), or the Windows code page in which 1C writes its files."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3 and len(head) >= HEAD:
            return True
        controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
        letters = sum(byte >= 0xC0 or byte in (0xA8, 0xB8) for byte in head if byte >= 0x80)
        return not controls and letters * 10 >= 9 * sum(byte >= 0x80 for byte in head)
    return not any(byte < 9 or 13 < byte < 32 for byte in head)

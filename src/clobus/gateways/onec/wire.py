"""1C on the wire: local time, empty references, numbers in quotes, and the decoding of pages.

Here, and nowhere else, naive local time becomes an instant (domain.md §2.9). The rows themselves are in `entities.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from clobus.core.errors import BadAnswer

EMPTY_KEY = UUID(int=0)
EMPTY_DATE = "0001-01-01T00:00:00"
NO_DATE = "0001-01-01"
SYSTEM = "onec"

LocalTime = str
"""Wall clock of the base without a zone, `YYYY-MM-DDTHH:MM:SS`: give it to `local_to_instant`, never to a database."""


class Entity(msgspec.Struct, kw_only=True, gc=False):
    """A row of 1C. Unknown members are ignored, the zero GUID reads as None; all but keys may be left out ($select)."""

    entity_set: ClassVar[str] = ""
    references: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.references:
            key = getattr(self, name)
            if key is not None and not key.int:  # twice as quick as comparing, and done a million times
                setattr(self, name, None)


E = TypeVar("E", bound=msgspec.Struct)


def local_to_instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Turn 1C's wall clock into an instant in UTC; empty (0001-01-01…, "", None) is None, ValueError if unreadable."""
    if not text or text.startswith(NO_DATE):
        return None
    local = datetime.fromisoformat(text[:19])  # a stray fraction or `Z` is still wall clock (domain.md §2.1)
    return local.replace(tzinfo=zone).astimezone(UTC)


def instant_to_local(instant: datetime | None, zone: ZoneInfo) -> LocalTime:
    """Turn an aware instant into 1C's wall clock, seconds cut; None is 1C's empty date; ValueError if naive."""
    if instant is None:
        return EMPTY_DATE
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()


def local_to_time(text: str | None) -> time | None:
    """Read a time of day (`0001-01-01THH:MM:SS`); anything with another date is None (domain.md §2.1).

    Midnight and "not filled" are the same on the wire: both read as 00:00.
    """
    if not text or not text.startswith(NO_DATE):
        return None
    return time.fromisoformat(text[11:19])


def time_to_local(value: time) -> LocalTime:
    """Write a time of day as 1C does."""
    return f"{NO_DATE}T{value.replace(microsecond=0, tzinfo=None).isoformat()}"


def after(text: LocalTime, seconds: int) -> LocalTime:
    """Move a wall-clock text, to build the edges of a window."""
    return (datetime.fromisoformat(text[:19]) + timedelta(seconds=seconds)).isoformat()


def reference(text: str | UUID | None) -> UUID | None:
    """Read a reference: the zero GUID, an empty text and None are None; ValueError if it is no GUID."""
    if not text:
        return None
    key = text if isinstance(text, UUID) else UUID(text)
    return None if key == EMPTY_KEY else key


def whole(value: int | str | None) -> int | None:
    """Read an Int64, which travels as text: "" and None are None, ValueError if it is no number."""
    if value is None or value == "":
        return None
    return int(value)


def code(value: int | str | None) -> str | None:
    """Read a subscriber code as text: empty and zero are None (domain.md §2.5)."""
    text = "" if value is None else str(value).strip()
    return text if text.strip("0") else None


class _Page(msgspec.Struct):
    value: list[msgspec.Raw]


class Version(Entity, kw_only=True, gc=False):
    """What a sweep compares: the version is opaque, only equality means something (onec.md §1.3)."""

    ref_key: UUID = msgspec.field(name="Ref_Key")
    data_version: str = msgspec.field(name="DataVersion", default="")
    deletion_mark: bool = msgspec.field(name="DeletionMark", default=False)


_page = msgspec.json.Decoder(_Page)
_rows: dict[type[Any], Callable[[bytes], Any]] = {}
_single: dict[type[Any], Callable[[bytes | msgspec.Raw], Any]] = {}


def decode_page(data: bytes, kind: type[E]) -> list[E]:
    """Decode a page into rows, all or none; BadAnswer names the member that is wrong, never its value."""
    decode = _rows.get(kind)
    if decode is None:
        page: Any = msgspec.defstruct("Page", [("value", list[kind])])  # type: ignore[valid-type]  # built at run time
        decode = _rows[kind] = msgspec.json.Decoder(page, strict=False).decode
    try:
        rows: list[E] = decode(data).value
    except msgspec.MsgspecError as exc:
        raise BadAnswer(SYSTEM, f"a page is not {kind.__name__}: {_where(exc)}") from exc
    return rows


def split_page(data: bytes) -> list[msgspec.Raw]:
    """Cut a page into raw rows, so that one bad row costs only itself; BadAnswer when it is no page."""
    try:
        return _page.decode(data).value
    except msgspec.MsgspecError as exc:
        raise BadAnswer(SYSTEM, f"not a page: {_where(exc)}") from exc


def decode_row(data: bytes | msgspec.Raw, kind: type[E]) -> E:
    """Decode one object; BadAnswer names the member that is wrong, never its value."""
    decode = _single.get(kind)
    if decode is None:
        decode = _single[kind] = msgspec.json.Decoder(kind, strict=False).decode
    try:
        row: E = decode(data)
    except msgspec.MsgspecError as exc:
        raise BadAnswer(SYSTEM, f"an object is not {kind.__name__}: {_where(exc)}") from exc
    return row


def _where(exc: msgspec.MsgspecError) -> str:
    text = str(exc)
    path = text.rpartition(" - at `")[2].rstrip("`") if " - at `" in text else ""
    return f"at {path}" if path else type(exc).__name__

"""What a feed is: declared as data, run by one engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core.db import Connection


class InvalidRecord(ValueError):
    """A record that must not be written; the text says why, without personal data."""


@dataclass(slots=True)
class Counts:
    """What became of the records of one batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What converting and applying may depend on. `backfill`: history is loaded, nobody is told anything."""

    zone: ZoneInfo
    folder: UUID
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """One process of the sync: what is read, by which clock, and what is done with it.

    `cursor` is the field of the change windows; None reads the whole set each time (small sets). `initial` is the
    local time from which the first load goes. `orderby` makes the order inside a window total.
    """

    process: str
    entity: str
    row: type[Any]
    key: Callable[[Any], str]
    convert: Callable[[Any, Context], Any]
    apply: Callable[[Connection, Sequence[Any], Context], Awaitable[Counts]]
    every: float
    cursor: str | None = None
    orderby: str | None = None
    overlap: float | None = None
    initial: str = "2015-01-01T00:00:00"
    versions: str | None = None
    """For catalogues without a change date: the table whose `data_version` by `version_key` is compared, so that only
    what differs is read whole."""
    version_key: str = "ref_key"
    gather: Callable[[Any, Context, Any], Awaitable[None]] | None = None
    """For what stands in several sets: reads and writes by itself, given the reader, the context and the run."""

"""A report as a file: which kinds there are, and how each is made without holding others up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from clobus.core.db import Connection
from clobus.modules.reports import tables
from clobus.modules.reports.tables import Table

Format = Literal["xlsx", "csv", "pdf", "png"]
MEDIA: dict[Format, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf", "png": "image/png",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file that is made: its name, media type, bytes."""

    name: str
    media_type: str
    content: bytes


async def filter_names(connection: Connection, table: Table) -> dict[str, str]:
    """The names of the manager and the category that a report is narrowed to."""
    found: dict[str, str] = {}
    for by in ("manager", "category"):
        key = getattr(table.filters, by)
        if key is not None:
            names = await tables.names_of(connection, by, [key])
            found |= dict.fromkeys([by], names[key]) if key in names else {}
    return found


async def make(table: Table, kind: Format, language: str, names: dict[str, str]) -> File:
    """Make the file in a thread; libraries are read in when they are needed first."""
    content = await asyncio.to_thread(_made, table, kind, language, names)
    name = f"{table.report.name}-{table.period.first}-{table.period.last}.{kind}"
    return File(name, MEDIA[kind], content)


_HERE = "clobus.modules.reports"
MAKERS: dict[Format, tuple[str, str]] = {
    "xlsx": (f"{_HERE}.spreadsheet", "workbook"), "csv": (f"{_HERE}.spreadsheet", "comma_separated"),
    "pdf": (f"{_HERE}.paper", "pdf"), "png": (f"{_HERE}.picture", "png"),
}  # fmt: skip


def _made(table: Table, kind: Format, language: str, names: dict[str, str]) -> bytes:
    # Most processes never draw, and what draws costs a second and 60 MB to read in.
    module, maker = MAKERS[kind]
    made: bytes = getattr(import_module(module), maker)(table, language, names)
    return made

"""What the twins hold, read past their interfaces: a fault never stands between the judge and the truth."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from clobus_twins.chatwoot import model
from clobus_twins.onec.schema import CALL

T = TypeVar("T", bound=model.Row)
Document = dict[str, Any]


def documents(data: Path, where: str = "1", values: tuple[Any, ...] = ()) -> list[Document]:
    """Requests of 1C by a condition."""
    with closing(_opened(data / "onec.sqlite")) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(f'select * from "{CALL}" where {where}', values).fetchall()
    return [dict(row) for row in found]


def keys(data: Path, table: str, where: str = "1", values: tuple[Any, ...] = ()) -> list[str]:
    """Keys of a 1C catalogue by a condition, in a steady order."""
    with closing(_opened(data / "onec.sqlite")) as database:
        query = f'select "Ref_Key" from "{table}" where {where} order by 1'
        return [str(key) for (key,) in database.execute(query, values)]


def rows(data: Path, kind: type[T]) -> list[T]:
    """All rows of a table of Chatwoot."""
    decode = msgspec.msgpack.Decoder(kind).decode
    with closing(_opened(data / "chatwoot.sqlite")) as database:
        found = database.execute("select body from twin_rows where kind = ? order by id", (kind.kind,))
        return [decode(body) for (body,) in found]


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=20)

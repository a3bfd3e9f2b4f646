# ruff: noqa: S608 - identifiers come from the declared schema, values are parameters
"""The infobase on disk: one SQLite table for each entity set.

Bulk import (for seeds): `Store.import_rows(set_name, rows) -> count`. `rows` is any iterable of plain dicts with OData
field names. Values: str, bool, int, float, None or datetime (naive local); a tabular section is a list of such dicts.
What is absent gets the type's empty value; `Ref_Key`, `DataVersion` and `LineNumber` are given when absent,
`ДатаИзменения` follows `ДатаСоздания`. An unknown name or a doubled key is a ValueError and nothing is imported.
Into an empty table indexes are built afterwards, so import a set with one call rather than many.
"""

from __future__ import annotations

import base64
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from clobus_twins.onec.functions import register_functions
from clobus_twins.onec.model import EntitySet, Schema, Section
from clobus_twins.onec.schema import SCHEMA
from clobus_twins.onec.sql import quoted

Row = dict[str, Any]
Converter = Callable[[Any], Any]
_CHANGED = "ДатаИзменения"
_CREATED = "ДатаСоздания"


class Store:
    """Reads and writes of one infobase. One thread uses it; every write is a transaction."""

    def __init__(self, path: Path | str, schema: Schema = SCHEMA) -> None:
        self.schema = schema
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        self.templates: dict[tuple[object, ...], tuple[str, list[str]]] = {}
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("PRAGMA cache_size=-65536")
        register_functions(self.db)
        self._in_transaction = False
        self._create()
        self._version: int = self._meta("version", 0x44DA8)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nests into the outer one."""
        if self._in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        self._in_transaction = True
        try:
            yield
        except BaseException:  # whatever went wrong, the transaction must not stay open
            self.db.execute("ROLLBACK")
            raise
        else:
            self.db.execute("COMMIT")
        finally:
            self._in_transaction = False

    def next_version(self) -> str:
        """A new DataVersion: Base64 of eight bytes, a row version of the whole base (onec.md §1.3)."""
        self._version += 1
        return base64.b64encode(self._version.to_bytes(8, "big")).decode()

    def save_version(self) -> None:
        """Keep the version counter; called inside the transaction of a write."""
        self._set_meta("version", self._version)

    def get(self, entity: EntitySet, key: dict[str, Any]) -> Row | None:
        """One record with its stored values (sections as JSON text); None when there is none."""
        where = " AND ".join(f"{quoted(name)}=?" for name in key)
        names = self._columns(entity)
        sql = f"SELECT {','.join(map(quoted, names))} FROM {quoted(entity.name)} WHERE {where}"
        found = self.db.execute(sql, tuple(key.values())).fetchone()
        return dict(zip(names, found, strict=True)) if found else None

    def insert(self, entity: EntitySet, row: Row) -> None:
        """Add a record of stored values; sqlite3.IntegrityError when its key exists."""
        names = self._columns(entity)
        marks = ",".join("?" * len(names))
        sql = f"INSERT INTO {quoted(entity.name)} ({','.join(map(quoted, names))}) VALUES ({marks})"
        with self.transaction():
            self.db.execute(sql, tuple(row[name] for name in names))
            self.save_version()

    def update(self, entity: EntitySet, key: dict[str, Any], values: Row) -> None:
        """Change fields of one record; sqlite3.IntegrityError when its new key exists."""
        assigned = ",".join(f"{quoted(name)}=?" for name in values)
        where = " AND ".join(f"{quoted(name)}=?" for name in key)
        with self.transaction():
            self.db.execute(
                f"UPDATE {quoted(entity.name)} SET {assigned} WHERE {where}", (*values.values(), *key.values())
            )
            self.save_version()

    def delete(self, entity: EntitySet, key: dict[str, Any]) -> bool:
        """Remove one record; False when there was none."""
        where = " AND ".join(f"{quoted(name)}=?" for name in key)
        with self.transaction():
            return self.db.execute(f"DELETE FROM {quoted(entity.name)} WHERE {where}", tuple(key.values())).rowcount > 0

    def next_number(self, entity: EntitySet) -> str:
        """The next free Number or Code, padded with zeros."""
        column, meta = quoted(entity.number_field or ""), f"number:{entity.name}"
        last = self._meta(meta, -1)
        if last < 0:
            sql = f"SELECT max(CAST({column} AS INTEGER)) FROM {quoted(entity.name)} WHERE {column} NOT GLOB '*[^0-9]*'"
            last = self.db.execute(sql).fetchone()[0] or 0
        taken = f"SELECT 1 FROM {quoted(entity.name)} WHERE {column}=?"
        while True:
            last += 1
            given = str(last).zfill(entity.number_length)
            if not self.db.execute(taken, (given,)).fetchone():
                self._set_meta(meta, last)
                return given

    def count(self, set_name: str) -> int:
        """How many records a set holds."""
        return int(self.db.execute(f"SELECT count(*) FROM {quoted(set_name)}").fetchone()[0])

    def wipe(self) -> None:
        """Forget all records."""
        with self.transaction():
            for entity in self.schema.sets:
                self.db.execute(f"DELETE FROM {quoted(entity.name)}")
            self.db.execute("DELETE FROM twin_meta WHERE name LIKE 'number:%'")

    def import_rows(self, set_name: str, rows: Iterable[Row]) -> int:
        """Add many records quickly; the module's head describes the rows."""
        entity = self.schema.find(set_name)
        if entity is None or entity.kind == "rows":
            raise ValueError(f"no such set to import into: {set_name}")
        names = self._columns(entity)
        sql = f"INSERT INTO {quoted(set_name)} ({','.join(map(quoted, names))}) VALUES ({','.join('?' * len(names))})"
        with self.transaction():
            empty = self.db.execute(f"SELECT 1 FROM {quoted(set_name)} LIMIT 1").fetchone() is None
            if empty:
                self._drop_indexes(entity)
            try:
                done = self.db.executemany(sql, self._prepared(entity, rows)).rowcount
                if empty:
                    self._create_indexes(entity)
            except sqlite3.IntegrityError as error:
                raise ValueError(f"doubled key in {set_name}: {error}") from error
            self.db.execute("DELETE FROM twin_meta WHERE name=?", (f"number:{set_name}",))
            self.save_version()
        return max(done, 0)

    def _prepared(self, entity: EntitySet, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        fields = [(item.name, item.default, item.only) for item in entity.fields]
        known = {item.name for item in entity.fields} | set(entity.section_names)
        follows = _CHANGED in entity.by_name and _CREATED in entity.by_name
        versioned = "DataVersion" in entity.by_name
        for row in rows:
            if not row.keys() <= known:
                raise ValueError(f"{entity.name} has no {', '.join(sorted(row.keys() - known))}")
            given = dict(row)
            if entity.has_ref and not given.get("Ref_Key"):
                given["Ref_Key"] = str(uuid.uuid4())
            if versioned and not given.get("DataVersion"):
                given["DataVersion"] = self.next_version()
            if follows and not given.get(_CHANGED):
                given[_CHANGED] = given.get(_CREATED)
            kind = None
            if entity.hierarchical:
                kind = "group" if given.get("IsFolder") else "item"
            values = []
            for name, default, only in fields:
                value = given.get(name)
                if value is None:
                    value = default if only is None or only == kind else None
                elif isinstance(value, datetime):
                    value = value.isoformat(timespec="seconds")
                values.append(value)
            for section in entity.sections:
                values.append(section_json(section, given.get("Ref_Key"), given.get(section.name)))
            yield tuple(values)

    def _columns(self, entity: EntitySet) -> list[str]:
        return [item.name for item in entity.fields] + [item.name for item in entity.sections]

    def _create(self) -> None:
        with self.transaction():
            self.db.execute("CREATE TABLE IF NOT EXISTS twin_meta (name TEXT PRIMARY KEY, value INTEGER)")
            for entity in self.schema.sets:
                columns = [f"{quoted(item.name)} {item.column_type}" for item in entity.fields]
                columns += [f"{quoted(item.name)} TEXT NOT NULL DEFAULT '[]'" for item in entity.sections]
                self.db.execute(f"CREATE TABLE IF NOT EXISTS {quoted(entity.name)} ({','.join(columns)})")
                self._create_indexes(entity)
                for section in entity.sections:
                    self._create_view(entity, section)

    def _create_view(self, entity: EntitySet, section: Section) -> None:
        columns = []
        for item in section.all_fields:
            path = f"json_extract(e.value, '$.{quoted(item.name)}')"
            expression = f"CAST({path} AS INTEGER)" if item.edm == "Int64" else path
            columns.append(f"{expression} AS {quoted(item.name)}")
        name = quoted(f"{entity.name}_{section.name}")
        self.db.execute(
            f"CREATE VIEW IF NOT EXISTS {name} AS SELECT {','.join(columns)} "
            f"FROM {quoted(entity.name)} t, json_each(t.{quoted(section.name)}) e"
        )

    def _indexes(self, entity: EntitySet) -> list[tuple[str, str]]:
        keys = ",".join(quoted(item.name) for item in entity.key)
        name = quoted(f"{entity.name}:key")
        made = [(name, f"CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {quoted(entity.name)} ({keys})")]
        for columns in entity.indexes:
            name = quoted(f"{entity.name}:{'+'.join(columns)}")
            listed = ",".join(map(quoted, columns))
            made.append((name, f"CREATE INDEX IF NOT EXISTS {name} ON {quoted(entity.name)} ({listed})"))
        return made

    def _create_indexes(self, entity: EntitySet) -> None:
        for _, sql in self._indexes(entity):
            self.db.execute(sql)

    def _drop_indexes(self, entity: EntitySet) -> None:
        for name, _ in self._indexes(entity):
            self.db.execute(f"DROP INDEX IF EXISTS {name}")

    def _meta(self, name: str, default: int) -> int:
        found = self.db.execute("SELECT value FROM twin_meta WHERE name=?", (name,)).fetchone()
        return int(found[0]) if found else default

    def _set_meta(self, name: str, value: int) -> None:
        self.db.execute("INSERT OR REPLACE INTO twin_meta VALUES (?, ?)", (name, value))


def section_json(section: Section, owner: str | None, rows: Iterable[Row] | None) -> str:
    """A tabular section as it is stored and shown: complete rows, Int64 as strings. ValueError on unknown names."""
    if not rows:
        return "[]"
    known = {item.name for item in section.all_fields}
    shown = []
    for index, row in enumerate(rows, 1):
        if not row.keys() <= known:
            raise ValueError(f"{section.name} has no {', '.join(sorted(row.keys() - known))}")
        line: Row = {"Ref_Key": owner, "LineNumber": str(row.get("LineNumber") or index)}
        for item in section.fields:
            value = row.get(item.name)
            if value is None:
                value = item.default
            elif isinstance(value, datetime):
                value = value.isoformat(timespec="seconds")
            if item.edm == "Boolean":
                value = bool(value)
            elif item.edm == "Int64":
                value = str(value)
            elif item.edm == "Complex":
                value = msgspec.Raw(value.encode() if isinstance(value, str) else msgspec.json.encode(value))
            line[item.name] = value
        shown.append(line)
    return msgspec.json.encode(shown).decode()

"""`POST /_control/change`: edits as a 1C user makes them, past the OData interface.

`{"set": …, "key": "guid" | {field: value}, "fields": {…}, "op": "create"|"update"|"delete", "touch": true}`, or a list.
`touch: false` leaves `ДатаИзменения` where it stands (the DataVersion still moves); `fields` may set it to any moment.
A list is one transaction: one wrong edit and none is made.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.model import EntitySet
from clobus_twins.onec.query import Query
from clobus_twins.onec.sql import quoted
from clobus_twins.onec.uri import Options
from clobus_twins.onec.values import stored
from clobus_twins.onec.writes import Writer

_KEYS = frozenset({"set", "key", "fields", "op", "touch"})
_CHANGED = "ДатаИзменения"


class ChangeError(ValueError):
    """An edit that makes no sense, in words."""


class Changes:
    """Applies edits through the writer, without the rules that bind an OData client."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.store = writer.store

    def apply(self, data: Any) -> Any:
        """One edit or a list; gives the records as they became (None for a deleted one)."""
        with self.store.transaction():
            if isinstance(data, list):
                return [self._one(item) for item in data]
            return self._one(data)

    def _one(self, item: Any) -> Any:
        if not isinstance(item, dict) or not item.keys() <= _KEYS:
            raise ChangeError(f"an edit is an object with: {', '.join(sorted(_KEYS))}")
        name = item.get("set")
        entity = self.store.schema.find(name) if isinstance(name, str) else None
        if entity is None or entity.kind == "rows":
            raise ChangeError(f"no such set: {item.get('set')!r}; there are: {', '.join(self._names())}")
        operation, fields, touch = item.get("op", "update"), item.get("fields", {}), item.get("touch", True)
        if not isinstance(fields, dict) or not isinstance(touch, bool):
            raise ChangeError("fields is an object, touch is true or false")
        try:
            self.writer.checked(entity, fields)
            if operation == "create":
                return self._create(entity, item.get("key"), fields, touch=touch)
            key = self._key(entity, item.get("key"))
            if operation == "update":
                given = fields | {name: _numbered(fields[name]) for name in entity.section_names.keys() & fields.keys()}
                return self._shown(entity, self.writer.update(entity, key, given, touch=touch, free=True))
            if operation == "delete":
                self.writer.delete(entity, key)
                return None
        except ODataError as error:
            raise ChangeError(f"{entity.name}: {error.message('en')} {', '.join(error.parts)}".strip()) from error
        raise ChangeError(f"unknown op {operation!r}; there are: create, update, delete")

    def _create(self, entity: EntitySet, key: Any, fields: dict[str, Any], *, touch: bool) -> Any:
        if isinstance(key, str) and len(entity.key) == 1:
            key = {entity.key[0].name: key}
        if key is not None and (not isinstance(key, dict) or not key.keys() <= {item.name for item in entity.key}):
            raise ChangeError(f"the key of {entity.name} has: {', '.join(item.name for item in entity.key)}")
        given = (key or {}) | fields
        if touch and _CHANGED in entity.by_name:
            given.setdefault(_CHANGED, _naive(self.writer.now()))
        sections = {name: _numbered(given.get(name) or []) for name in entity.section_names}
        made = self.writer.create(entity, given | sections, handlers=False)
        posted = given.get("Posted")
        if posted and entity.kind == "document":
            self.writer.update(entity, made, {"Posted": posted}, handlers=False)
        return self._shown(entity, made)

    def _key(self, entity: EntitySet, key: Any) -> dict[str, Any]:
        if isinstance(key, str) and len(entity.key) == 1:
            key = {entity.key[0].name: key}
        names = [item.name for item in entity.key]
        if not isinstance(key, dict) or key.keys() != set(names):
            raise ChangeError(f"the key of {entity.name} needs: {', '.join(names)}")
        return {item.name: stored(item, key[item.name], self.writer.switches) for item in entity.key}

    def _shown(self, entity: EntitySet, key: dict[str, Any]) -> Any:
        conditions, values = [f"b.{quoted(name)} = ?" for name in key], tuple(key.values())
        options = Options(allowed_only=True)
        query = Query(self.store, self.writer.switches, entity, options, conditions, False, values)
        return json.loads(query.page().records[0])

    def _names(self) -> list[str]:
        return [entity.name for entity in self.store.schema.sets]


def _naive(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _numbered(rows: Any) -> Any:
    if not isinstance(rows, list):
        return rows
    return [{"LineNumber": str(index), **row} if isinstance(row, dict) else row for index, row in enumerate(rows, 1)]

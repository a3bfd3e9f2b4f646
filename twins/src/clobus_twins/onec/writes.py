"""Writes as the infobase makes them: values, numbering, time stamps, versions, business rules (onec.md §1.9)."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.model import EMPTY_DATE, EMPTY_GUID, EntitySet
from clobus_twins.onec.store import Row, Store
from clobus_twins.onec.switches import Switches
from clobus_twins.onec.values import bound, stored, stored_section

_READ_ONLY = frozenset({"Ref_Key", "DataVersion", "Predefined", "PredefinedDataName"})
_CHANGED, _CREATED, _PLANNED, _CLIENT = "ДатаИзменения", "ДатаСоздания", "ДатаКонсультации", "Абонент_Key"
LIMIT_TEXT = (
    "Ошибка при выполнении обработчика - 'ПередЗаписью' по причине: "
    "Превышен лимит обращений: для абонента на {day} уже зарегистрировано {limit}"
)


class Writer:
    """Creates, changes and removes records of one infobase; `now` gives the local wall clock."""

    def __init__(self, store: Store, switches: Switches, now: Callable[[], datetime]) -> None:
        self.store = store
        self.switches = switches
        self.now = now

    def create(self, entity: EntitySet, body: Row, *, handlers: bool = True) -> dict[str, Any]:
        """POST: add a record; gives its key. A key that exists is 400 code 15."""
        with self.store.transaction():
            row = self._empty(entity)
            if entity.has_ref:
                row["Ref_Key"] = self._new_ref(entity, body.get("Ref_Key"))
            self._check_sections(entity, body)
            row |= self._given(entity, body, row.get("Ref_Key", ""), keys=True)
            if entity.kind == "document":
                row["Posted"] = 0
                if row["Date"] == EMPTY_DATE:
                    row["Date"] = self._wall_clock()
            if _CREATED in row and row[_CREATED] == EMPTY_DATE:
                row[_CREATED] = self._wall_clock()
            self._fit_hierarchy(entity, row)
            number = entity.number_field
            if number in row and not row[number]:
                row[number] = self.store.next_number(entity)
            self._stamp(entity, row, handlers=handlers)
            if handlers and entity.daily_limit:
                self._check_limit(entity, row)
            self._insert(entity, row)
        return {item.name: row[item.name] for item in entity.key}

    def update(
        self,
        entity: EntitySet,
        key: Row,
        body: Row,
        *,
        whole: bool = False,
        handlers: bool = True,
        touch: bool = True,
        free: bool = False,
    ) -> Row:
        """PATCH (PUT when `whole`): change a record; gives its key. `free` is a 1C user's edit, beyond the limit."""
        with self.store.transaction():
            row = self._existing(entity, key)
            old = dict(row)
            if whole:
                kept = {item.name for item in entity.key} | {"DataVersion", "Number", "Code", "IsFolder"}
                row |= {name: value for name, value in self._empty(entity).items() if name not in kept}
            row |= self._given(entity, body, row.get("Ref_Key", ""), keys=not entity.has_ref)
            self._fit_hierarchy(entity, row)
            explicit = _CHANGED in body and free
            self._stamp(entity, row, handlers=handlers and touch and not explicit)
            moved = any(row.get(name) != old.get(name) for name in (_PLANNED, _CLIENT, "DeletionMark"))
            if handlers and entity.daily_limit and moved and self.switches.business_limit_on_patch and not free:
                self._check_limit(entity, row)
            try:
                self.store.update(entity, key, row)
            except sqlite3.IntegrityError as error:
                raise ODataError(400, "key_exists") from error
        return {item.name: row[item.name] for item in entity.key}

    def delete(self, entity: EntitySet, key: Row) -> None:
        """DELETE: remove a record physically; code 9 when there is none."""
        if not self.store.delete(entity, key):
            raise ODataError(404, "instance")

    def post(self, entity: EntitySet, key: Row, *, posted: bool) -> None:
        """Post or unpost a document."""
        row = self._existing(entity, key)
        if posted and row["DeletionMark"]:
            raise ODataError(500, "business", "Помеченный на удаление документ не может быть проведен")
        row["Posted"] = int(posted)
        self._stamp(entity, row, handlers=True)
        self.store.update(entity, key, row)

    def checked(self, entity: EntitySet, body: Row) -> None:
        """ODataError when a body holds names that the set lacks."""
        known = entity.by_name.keys() | entity.section_names.keys()
        for name in body:
            if name not in known:
                raise ODataError(400, "property", name)

    def _existing(self, entity: EntitySet, key: Row) -> Row:
        row = self.store.get(entity, key)
        if row is None:
            raise ODataError(404, "instance")
        return row

    def _empty(self, entity: EntitySet) -> Row:
        row = {item.name: item.default for item in entity.fields}
        return row | {item.name: "[]" for item in entity.sections}

    def _new_ref(self, entity: EntitySet, given: Any) -> str:
        ref = stored(entity.key[0], given, self.switches)
        if ref == EMPTY_GUID:
            return str(uuid.uuid4())
        if self.store.get(entity, {"Ref_Key": ref}) is not None:
            raise ODataError(400, "key_exists")
        return str(ref)

    def _given(self, entity: EntitySet, body: Row, owner: str, *, keys: bool) -> Row:
        row: Row = {}
        for name, value in body.items():
            field = entity.by_name.get(name)
            section = entity.section_names.get(name)
            if field is not None:
                if name in _READ_ONLY or (field.key and not keys):
                    continue
                row[name] = stored(field, value, self.switches)
            elif section is not None:
                row[name] = stored_section(section, owner, value, self.switches)
            elif name.endswith("@odata.bind") and name[:-11] in entity.navigations:
                row[f"{name[:-11]}_Key"] = bound(value)
            elif not self.switches.ignore_unknown_property and "@" not in name and not name.startswith("odata."):
                raise ODataError(400, "property", name)
        return row

    def _check_sections(self, entity: EntitySet, body: Row) -> None:
        if not self.switches.sections_required or entity.kind != "document":
            return
        for section in entity.sections:
            if section.name not in body:
                raise ODataError(500, "business", f"Поле объекта не обнаружено ({section.name})")

    def _fit_hierarchy(self, entity: EntitySet, row: Row) -> None:
        if not entity.hierarchical:
            return
        kind = "group" if row["IsFolder"] else "item"
        for item in entity.fields:
            if item.only is None:
                continue
            if item.only != kind:
                row[item.name] = None
            elif row[item.name] is None:
                row[item.name] = item.default

    def _stamp(self, entity: EntitySet, row: Row, *, handlers: bool) -> None:
        if "DataVersion" in row:
            row["DataVersion"] = self.store.next_version()
        if handlers and entity.kind == "document" and _CHANGED in row:
            row[_CHANGED] = self._wall_clock()

    def _insert(self, entity: EntitySet, row: Row) -> None:
        try:
            self.store.insert(entity, row)
        except sqlite3.IntegrityError as error:
            raise ODataError(400, "key_exists") from error

    def _check_limit(self, entity: EntitySet, row: Row) -> None:
        """Three documents of one client for one day: the fourth is refused (domain.md §2.10)."""
        limit, planned, client = self.switches.business_limit, row[_PLANNED], row[_CLIENT]
        counted = self.switches.business_limit_counts_marked
        if limit <= 0 or planned == EMPTY_DATE or client == EMPTY_GUID or (row["DeletionMark"] and not counted):
            return
        day = planned[:10]
        marked = "" if counted else 'AND "DeletionMark" = 0 '
        sql = (
            f'SELECT count(*) FROM "{entity.name}" WHERE "{_CLIENT}" = ? AND "{_PLANNED}" >= ? '  # noqa: S608 - constants
            f'AND "{_PLANNED}" <= ? {marked}AND "Ref_Key" <> ?'
        )
        found = self.store.db.execute(sql, (client, f"{day}T00:00:00", f"{day}T23:59:59", row["Ref_Key"])).fetchone()
        if found[0] >= limit:
            shown = f"{day[8:]}.{day[5:7]}.{day[:4]}"
            raise ODataError(500, "business", LIMIT_TEXT.format(day=shown, limit=found[0]))

    def _wall_clock(self) -> str:
        return self.now().replace(tzinfo=None).isoformat(timespec="seconds")


def parsed_body(body: bytes) -> Row:
    """The JSON object of a write; broken JSON is a 500 code -1."""
    try:
        data = msgspec.json.decode(body)
    except ValueError as error:  # broken JSON, or bytes that are no UTF-8
        raise ODataError(500, "json") from error
    if not isinstance(data, dict):
        raise ODataError(400, "request_format")
    return data

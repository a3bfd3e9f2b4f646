# ruff: noqa: S608 - identifiers come from the declared schema
"""Read one set: filter, order, paging, slices, counts (onec.md §1.6-1.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from clobus_twins.onec.errors import ODataError, bad_option
from clobus_twins.onec.filter_sql import FilterCompiler, Scope
from clobus_twins.onec.filter_syntax import parse_filter, parse_path
from clobus_twins.onec.model import EntitySet, Field
from clobus_twins.onec.rendering import Renderer, Selection, parse_selection, template_of
from clobus_twins.onec.sql import Expr, quote, quoted
from clobus_twins.onec.store import Store
from clobus_twins.onec.switches import Switches
from clobus_twins.onec.uri import Options, canonical_datetime, parse_arguments

_TEMPLATES = 256


@dataclass
class Page:
    """One answer of a set: records as JSON texts, and the count when asked for."""

    records: list[str]
    count: int | None = None
    extra: str | None = None
    """The record that follows the page; a lost row makes place for it."""


@dataclass
class Query:
    """A set read with options; `conditions` are joined by AND, `parameters` fill their `?` in order."""

    store: Store
    switches: Switches
    entity: EntitySet
    options: Options
    conditions: list[str] = field(default_factory=list)
    annotations: bool = True
    parameters: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.options.filter is not None and self.options.filter.strip():
            self.conditions.append(self._condition(self.options.filter, "$filter"))
        hidden = self.switches.rls_hidden_rows.get(self.entity.name)
        self._hidden = self._condition(hidden, "$filter") if hidden else None
        if self._hidden and self.options.allowed_only:
            self.conditions.append(f"NOT {self._hidden}")
        self.selection: Selection = parse_selection(
            self.entity, self.store.schema, self.options.select, self.options.expand
        )

    def slice(self, arguments: str, *, last: bool) -> None:
        """Narrow to the last (first) record of each combination of dimensions (onec.md §1.8)."""
        if not self.entity.periodic:
            raise ODataError(400, "method_missing")
        given = parse_arguments(arguments)
        if not given.keys() <= {"Period", "Condition"}:
            raise ODataError(400, "function", ", ".join(sorted(given)))
        dimensions = [item.name for item in self.entity.key if item.name != "Period"]
        same = [f"o.{quoted(name)} = b.{quoted(name)}" for name in dimensions]
        other = [*same, f'o."Period" {">" if last else "<"} b."Period"']
        if "Period" in given:
            text = given["Period"]
            moment = canonical_datetime(text.removeprefix("datetime'").removesuffix("'"))
            if not text.startswith("datetime'") or moment is None:
                raise ODataError(400, "parse", text, "DateTime")
            border = f'"Period" {"<=" if last else ">="} {quote(moment)}'
            self.conditions.append(f"b.{border}")
            other.append(f"o.{border}")
        if given.get("Condition"):
            self.conditions.append(self._condition(given["Condition"], "Condition"))
            other.append(self._condition(given["Condition"], "Condition", "o"))
        self.conditions.append(f"NOT EXISTS (SELECT 1 FROM {self._table} o WHERE {' AND '.join(other)})")

    def count(self) -> int:
        """How many records the conditions leave."""
        self._check_rights()
        found = self.store.db.execute(f"SELECT count(*) FROM {self._table} b{self._where}", self.parameters).fetchone()
        return int(found[0])

    def page(self) -> Page:
        """The records asked for, in their order."""
        self._check_rights()
        ignores = self.options.inlinecount and self.switches.inlinecount_ignores_paging
        top, skip = (None, 0) if ignores else (self.options.top, self.options.skip)
        records = self._records(-1 if top is None else top + 1, skip)
        extra = records.pop() if top is not None and len(records) > top else None
        return Page(records, self.count() if self.options.inlinecount else None, extra)

    def _records(self, limit: int, skip: int) -> list[str]:
        template, columns = self._template()
        tail = f"{self._where}{self._order} LIMIT {limit} OFFSET {skip}"
        shown = ",".join(columns) or "''"
        if self.entity.kind == "rows" or not (self.selection.every or self.selection.expand):
            sql = f"SELECT {shown} FROM {self._table} b{tail}"
        else:
            # Row ids are sorted and skipped first: the sorter need not carry wide rows.
            inner = f"SELECT b.rowid AS r FROM {self._table} b{tail}"
            sql = f"SELECT {shown} FROM ({inner}) s CROSS JOIN {self._table} b ON b.rowid = s.r"
        rows = self.store.db.execute(sql, self.parameters).fetchall()
        if not columns:
            return [template % () for _ in rows]
        return list(map(template.__mod__, rows))

    def _template(self) -> tuple[str, list[str]]:
        asked = (self.entity.name, self.options.select, self.options.expand, self.annotations)
        known = self.store.templates.get(asked)
        if known is None:
            if len(self.store.templates) > _TEMPLATES:
                self.store.templates.clear()
            pieces = Renderer(self.store.schema).record(self.entity, "b", self.selection, annotations=self.annotations)
            known = self.store.templates[asked] = template_of(pieces)
        return known

    @property
    def _table(self) -> str:
        return quoted(self.entity.name)

    @property
    def _where(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    @property
    def _order(self) -> str:
        items = []
        for item in (self.options.orderby or "").split(","):
            words = item.split()
            if not words:
                continue
            direction = words[1].lower() if len(words) > 1 else "asc"
            if len(words) > 2 or direction not in {"asc", "desc"}:
                raise bad_option("$orderby")
            names = parse_path(words[0], "$orderby").names
            compiler = FilterCompiler(self.store.schema, self.entity, "$orderby")
            expr = compiler.path(names, partial(self._sorted_by, compiler))
            items.append(f"{expr.sql} {direction}")
        if self.switches.unstable_order:
            items.append("random()")
        return f" ORDER BY {', '.join(items)}" if items else ""

    def _sorted_by(self, compiler: FilterCompiler, scope: Scope, found: Field) -> Expr:
        if found.edm == "Guid" and self.switches.orderby_ref_by_presentation:
            return compiler.presentation(scope, found)
        return Expr(scope.sql(found), found.edm)

    def _condition(self, text: str, option: str, alias: str = "b") -> str:
        try:
            compiler = FilterCompiler(self.store.schema, self.entity, option, alias)
            return compiler.condition(parse_filter(text, option))
        except RecursionError as error:
            raise bad_option(option) from error

    def _check_rights(self) -> None:
        if self._hidden is None or self.options.allowed_only:
            return
        where = " AND ".join([*self.conditions, self._hidden])
        if self.store.db.execute(f"SELECT 1 FROM {self._table} b WHERE {where} LIMIT 1", self.parameters).fetchone():
            raise ODataError(401, "rights")

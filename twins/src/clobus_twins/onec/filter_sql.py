# ruff: noqa: S608 - identifiers come from the declared schema, literals are quoted by _quote
"""Compile the tree of a `$filter` into an SQLite condition (onec.md §1.6).

Literals are written into the SQL text: strings quoted, numbers and dates by the parser's own canonical form.
Navigation becomes a scalar subquery, a lambda an EXISTS over the section's JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from clobus_twins.onec.errors import ODataError, bad_option, unknown_segment
from clobus_twins.onec.filter_functions import FUNCTIONS, type_name
from clobus_twins.onec.filter_syntax import Binary, Call, Lambda, Literal, Node, Path, Unary
from clobus_twins.onec.model import EMPTY_GUID, EntitySet, Field, Schema, Section
from clobus_twins.onec.sql import Expr, quote, quoted

_SYMBOLS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ARITHMETIC = {"mul": "*", "add": "+", "sub": "-"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where names are looked up: a row of an entity set, or of one of its sections inside a lambda."""

    entity: EntitySet | None
    section: Section | None
    alias: str

    def field(self, name: str) -> Field | None:
        """The property of this name."""
        if self.section is not None:
            return next((item for item in self.section.all_fields if item.name == name), None)
        return self.entity.by_name.get(name) if self.entity else None

    def navigation(self, name: str) -> Field | None:
        """The reference behind a navigation name."""
        if self.section is not None:
            return next((item for item in self.section.fields if item.navigation == name), None)
        return self.entity.navigations.get(name) if self.entity else None

    def sql(self, field: Field) -> str:
        """The value of a property as SQL."""
        if self.section is None:
            return f"{self.alias}.{quoted(field.name)}"
        path = f"json_extract({self.alias}.value, {quote('$.' + quoted(field.name))})"
        return f"CAST({path} AS INTEGER)" if field.edm == "Int64" else path


class FilterCompiler:
    """Compiles conditions and order expressions over one entity set, whose row has the alias given."""

    def __init__(self, schema: Schema, entity: EntitySet, option: str = "$filter", alias: str = "b") -> None:
        self.schema = schema
        self.option = option
        self.root = Scope(entity, None, alias)
        self._aliases = count(1)
        self._variables: dict[str, Scope] = {}

    def condition(self, node: Node) -> str:
        """A filter as an SQL condition."""
        return self._boolean(node)

    def path(self, names: tuple[str, ...], finish: Callable[[Scope, Field], Expr] | None = None) -> Expr:
        """A property path from the row; `finish` says what to make of the last property (its value by default)."""

        def last(scope: Scope, name: str) -> Expr:
            field = scope.field(name)
            if field is None:
                raise unknown_segment(name)
            return finish(scope, field) if finish else self._value(scope, field)

        return self._descend(names, self.root, last)

    def presentation(self, scope: Scope, field: Field) -> Expr:
        """What a reference is ordered by: the presentation of its object (onec.md §1.7)."""
        own = field.name == "Ref_Key" and scope.section is None and scope.entity is not None and scope.entity.has_ref
        if own and scope.entity is not None:
            return Expr(presentation_sql(scope.entity, scope.alias), "String")
        target = self.schema.find(field.target)
        if target is None:
            return self._value(scope, field)
        alias = self._alias()
        inner = presentation_sql(target, alias)
        return Expr(self._lookup(target, alias, scope.sql(field), inner), "String")

    def _boolean(self, node: Node) -> str:
        expr = self._compile(node)
        if expr.kind != "Boolean":
            raise bad_option(self.option)
        return expr.sql

    def _compile(self, node: Node) -> Expr:
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Path):
            return self._path(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Lambda):
            return self._lambda(node)
        return self._binary(node)

    def _unary(self, node: Unary) -> Expr:
        if node.operator == "not":
            return Expr(f"(NOT {self._boolean(node.operand)})", "Boolean")
        operand = self._compile(node.operand)
        if operand.kind != "Number":
            raise bad_option(self.option)
        return Expr(f"(-{operand.sql})", "Number")

    def _binary(self, node: Binary) -> Expr:
        if node.operator in {"and", "or"}:
            left, right = self._boolean(node.left), self._boolean(node.right)
            return Expr(f"({left} {node.operator.upper()} {right})", "Boolean")
        one, two = self._compile(node.left), self._compile(node.right)
        if node.operator in _SYMBOLS:
            return self._comparison(node.operator, one, two)
        if one.kind != "Number" or two.kind != "Number":
            raise bad_option(self.option)
        if node.operator == "div":
            return Expr(f"(CAST({one.sql} AS REAL) / {two.sql})", "Number")
        return Expr(f"({one.sql} {_ARITHMETIC[node.operator]} {two.sql})", "Number")

    def _comparison(self, operator: str, one: Expr, two: Expr) -> Expr:
        kinds = {one.kind, two.kind}
        if "Composite" in kinds or "Typed" in kinds:
            return self._composite_comparison(operator, one, two)
        if kinds == {"String", "Number"}:
            constant = one if one.literal and one.kind == "Number" else two
            if constant.literal and constant.kind == "Number":
                raise ODataError(400, "parse", constant.literal, "String")
        if len(kinds) != 1 or (kinds == {"Boolean"} and operator not in {"eq", "ne"}):
            raise bad_option(self.option)
        if kinds == {"Guid"} and operator not in {"eq", "ne"}:
            raise ODataError(500, "guid_order")
        return Expr(f"({one.sql} {_SYMBOLS[operator]} {two.sql})", "Boolean")

    def _composite_comparison(self, operator: str, one: Expr, two: Expr) -> Expr:
        if operator not in {"eq", "ne"}:
            raise ODataError(500, "guid_order")
        if one.kind == "Typed" and two.kind != "Typed":
            one, two = two, one
        if two.kind == "Typed" and one.kind == "Composite":
            same = f"({one.sql} = {two.sql} AND {one.type_sql} = {quote(type_name(two.target))})"
        elif two.kind == "Typed" and one.kind in {"Guid", "Typed"}:
            same = f"({one.sql} = {two.sql})" if one.target in {None, two.target} else "0"
        elif "Guid" in {one.kind, two.kind}:
            return Expr("0", "Boolean")  # a composite field against a plain guid: empty, no error
        elif one.kind == "Composite" and two.kind == "Composite":
            same = f"({one.sql} = {two.sql} AND {one.type_sql} = {two.type_sql})"
        elif two.kind in {"String", "Number", "DateTime"} or one.kind in {"String", "Number", "DateTime"}:
            same = f"({one.sql} = {two.sql})"
        else:
            raise bad_option(self.option)
        return Expr(same if operator == "eq" else f"(NOT {same})", "Boolean")

    def _call(self, node: Call) -> Expr:
        if node.name in {"cast", "isof"}:
            return self._cast(node)
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise ODataError(400, "function", node.name)
        return function.build([self._compile(argument) for argument in node.arguments])

    def _cast(self, node: Call) -> Expr:
        if len(node.arguments) != 2 or not isinstance(node.arguments[1], Literal) or node.arguments[1].kind != "String":
            raise ODataError(400, "function", node.name)
        expr, wanted = self._compile(node.arguments[0]), node.arguments[1].text
        if wanted in {"String", "Number", "Boolean", "Date"}:
            return _primitive_cast(node.name, expr, wanted)
        if expr.kind not in {"Composite", "Typed", "Guid"}:
            raise ODataError(500, "function_type", node.name)
        if expr.kind == "Composite":
            same = f"({expr.type_sql} = {quote(type_name(wanted))})"
            value = f"CASE WHEN {same} THEN {expr.sql} END"
        else:
            same = str(int(expr.target in {None, wanted}))
            value = expr.sql
        return Expr(same, "Boolean") if node.name == "isof" else Expr(value, "Typed", target=wanted)

    def _path(self, node: Path) -> Expr:
        if node.base is None:
            return self._descend(node.names, self.root, self._named_value)
        base = self._compile(node.base)
        target = self.schema.find(base.target)
        if target is None:
            raise unknown_segment(node.names[0])
        scope = Scope(target, None, self._alias())
        inner = self._descend(node.names, scope, self._named_value)
        return inner.wrap(lambda sql: self._lookup(target, scope.alias, base.sql, sql))

    def _named_value(self, scope: Scope, name: str) -> Expr:
        field = scope.field(name)
        if field is None:
            raise unknown_segment(name)
        return self._value(scope, field)

    def _value(self, scope: Scope, field: Field) -> Expr:
        sql = scope.sql(field)
        if field.composite and not field.is_type_of_composite:
            companion = scope.field(f"{field.name}_Type")
            return Expr(sql, "Composite", type_sql=scope.sql(companion) if companion else "''")
        kind = "Number" if field.edm in {"Int16", "Int32", "Int64", "Double"} else field.edm
        if kind == "Complex":
            raise ODataError(501, "function", field.name)
        return Expr(sql, kind, target=field.target)

    def _lambda(self, node: Lambda) -> Expr:
        def exists(scope: Scope, name: str) -> Expr:
            section = scope.entity.section_names.get(name) if scope.entity and scope.section is None else None
            if section is None or node.variable in self._variables:
                raise ODataError(400, "function", "all" if node.every else "any")
            alias = self._alias()
            source = f"json_each({scope.alias}.{quoted(name)}) {alias}"
            if node.body is None:
                return Expr(f"EXISTS (SELECT 1 FROM {source})", "Boolean")
            self._variables[node.variable] = Scope(None, section, alias)
            try:
                body = self._boolean(node.body)
            finally:
                del self._variables[node.variable]
            if node.every:
                return Expr(f"(NOT EXISTS (SELECT 1 FROM {source} WHERE NOT {body}))", "Boolean")
            return Expr(f"EXISTS (SELECT 1 FROM {source} WHERE {body})", "Boolean")

        return self._descend(node.names, self.root, exists)

    def _descend(self, names: tuple[str, ...], scope: Scope, finish: Callable[[Scope, str], Expr]) -> Expr:
        if scope is self.root and names[0] in self._variables and len(names) > 1:
            scope, names = self._variables[names[0]], names[1:]
        if len(names) == 1:
            return finish(scope, names[0])
        reference = scope.navigation(names[0])
        target = self.schema.find(reference.target) if reference else None
        if reference is None or target is None:
            raise unknown_segment(names[0])
        inside = Scope(target, None, self._alias())
        inner = self._descend(names[1:], inside, finish)
        key = scope.sql(reference)
        return inner.wrap(lambda sql: self._lookup(target, inside.alias, key, sql))

    def _lookup(self, target: EntitySet, alias: str, key: str, inner: str) -> str:
        found = f"{alias}.{quoted('Ref_Key')} = {key} AND {key} <> '{EMPTY_GUID}'"
        return f"(SELECT {inner} FROM {quoted(target.name)} {alias} WHERE {found})"

    def _alias(self) -> str:
        return f"t{next(self._aliases)}"


def presentation_sql(entity: EntitySet, alias: str) -> str:
    """The presentation of an object: a catalog's name, a document's title with number and date."""
    if entity.kind == "document":
        hour = f'CAST(substr({alias}."Date", 12, 2) AS INTEGER)'
        moment = f'strftime(\'%d.%m.%Y \', {alias}."Date") || {hour} || substr({alias}."Date", 14)'
        return f"({quote(entity.synonym + ' ')} || {alias}.\"Number\" || ' от ' || {moment})"
    if entity.kind == "catalog":
        return f'{alias}."Description"'
    return f"{alias}.{quoted(entity.key[0].name)}"


def _literal(node: Literal) -> Expr:
    if node.kind == "Number":
        return Expr(node.text, "Number", literal=node.text)
    if node.kind == "Boolean":
        return Expr(str(int(node.text == "true")), "Boolean", literal=node.text)
    return Expr(quote(node.text), node.kind, literal=node.text)


def _primitive_cast(name: str, expr: Expr, wanted: str) -> Expr:
    kind = "DateTime" if wanted == "Date" else wanted
    if name == "isof":
        if expr.kind == "Composite":
            edm = {"String": "Edm.String", "Number": "Edm.Double", "Boolean": "Edm.Boolean", "Date": "Edm.DateTime"}
            return Expr(f"({expr.type_sql} = {quote(edm[wanted])})", "Boolean")
        return Expr(str(int(expr.kind == kind)), "Boolean")
    if wanted == "Number":
        return Expr(f"CAST({expr.sql} AS NUMERIC)", kind)
    return Expr(f"CAST({expr.sql} AS TEXT)" if wanted == "String" else expr.sql, kind)

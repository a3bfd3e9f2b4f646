# ruff: noqa: S608 - identifiers come from the declared schema
"""JSON of records, made by SQLite itself: pieces of text and SQL expressions in turn (onec.md §1.4).

Building the text in SQL keeps a page of a thousand wide rows at a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from clobus_twins.onec.errors import bad_option, unknown_segment
from clobus_twins.onec.filter_functions import type_name
from clobus_twins.onec.filter_sql import presentation_sql
from clobus_twins.onec.model import EMPTY_GUID, EntitySet, Field, Schema, Section
from clobus_twins.onec.sql import quote, quoted


@dataclass(frozen=True, slots=True)
class Sql:
    """An SQL expression among pieces of text; it gives text or a number, never NULL."""

    text: str


Piece = str | Sql


@dataclass
class Selection:
    """What of a record is shown. Nothing chosen = everything but presentations."""

    every: bool = True
    sections: bool = True
    names: set[str] = field(default_factory=set)
    parts: dict[str, set[str]] = field(default_factory=dict)
    presentations: set[str] = field(default_factory=set)
    expand: dict[str, Selection] = field(default_factory=dict)
    links: bool = True

    def shows(self, name: str, *, section: bool = False) -> bool:
        """True when this property is shown."""
        return (self.every and (self.sections or not section)) or name in self.names


def parse_selection(entity: EntitySet, schema: Schema, select: str | None, expand: str | None) -> Selection:
    """`$select` and `$expand` against a set; unknown names are 400 code 6, echoed."""
    chosen = Selection()
    if select is not None and select.strip():
        chosen = Selection(every=False)
        for item in select.split(","):
            _choose(entity, chosen, item.strip())
    if entity.kind == "rows" and (expand or "").strip():
        raise bad_option("$expand")  # not for tabular rows (onec.md §1.7)
    for item in (expand or "").split(","):
        if item.strip():
            _expand(entity, schema, chosen, item.strip().split("/"))
    if not chosen.every:  # beside $select only what it names is expanded (onec.md §1.4)
        chosen.expand = {name: inner for name, inner in chosen.expand.items() if name in chosen.names}
    return chosen


def _choose(entity: EntitySet, chosen: Selection, item: str) -> None:
    name, _, part = item.partition("/")
    section = entity.section_names.get(name)
    if item in {"*", "**"}:
        chosen.every, chosen.sections = True, item == "*"
    elif item == "*____Presentation":
        chosen.presentations |= {nav for nav in entity.navigations if nav != "Ref"}
    elif item == "Presentation":
        chosen.presentations.add("")
    elif item.endswith("____Presentation") and item[:-16] in entity.navigations:
        chosen.presentations.add(item[:-16])
    elif section is not None and part:
        if part not in {known.name for known in section.all_fields} | {"*"}:
            raise unknown_segment(part)
        chosen.parts.setdefault(name, set()).add(part)
    elif not part and (name in entity.by_name or name in entity.navigations or section is not None):
        chosen.names.add(name)
    else:
        raise unknown_segment(part or name)


def _expand(entity: EntitySet, schema: Schema, chosen: Selection, path: list[str]) -> None:
    name = path[0]
    composite = entity.by_name.get(name)
    if name == "*":
        for nav, every in entity.navigations.items():
            if schema.find(every.target):
                chosen.expand.setdefault(nav, Selection(links=False))
        return
    if composite is not None and composite.composite:
        chosen.expand.setdefault(name, Selection(links=False))
        return
    reference = entity.navigations.get(name)
    target = schema.find(reference.target) if reference else None
    if target is None:
        raise unknown_segment(name)
    inner = chosen.expand.setdefault(name, Selection(links=False))
    if len(path) > 1:
        _expand(target, schema, inner, path[1:])


class Renderer:
    """Makes the pieces of one record's JSON, without the braces of the envelope."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._aliases = count(1)

    def record(self, entity: EntitySet, alias: str, chosen: Selection, *, annotations: bool = True) -> list[Piece]:
        """Pieces of `{…}` for the row `alias` of a set."""
        members: list[list[Piece]] = []
        tail = ("Predefined", "PredefinedDataName")
        ordered = [item for item in entity.fields if item.name not in tail]
        members += [[f'"{item.name}":', *_cell(item, alias)] for item in ordered if chosen.shows(item.name)]
        for section in entity.sections:
            parts = chosen.parts.get(section.name)
            if chosen.shows(section.name, section=True):
                members.append([f'"{section.name}":', Sql(f"{alias}.{quoted(section.name)}")])
            elif parts:
                members.append([f'"{section.name}":', Sql(_section_parts(section, alias, parts))])
        ending = [entity.by_name[name] for name in tail if name in entity.by_name and chosen.shows(name)]
        members += [[f'"{item.name}":', *_cell(item, alias)] for item in ending]
        members += [self._presentation(entity, alias, name) for name in sorted(chosen.presentations)]
        pieces: list[Piece] = ["{"]
        for index, member in enumerate(members):
            pieces += ([","] if index else []) + member
        links = annotations and chosen.links and entity.kind != "rows"
        pieces += self._links(entity, alias, chosen, links=links, annotations=annotations)
        return _merged([*pieces, "}"])

    def _links(
        self, entity: EntitySet, alias: str, chosen: Selection, *, links: bool, annotations: bool
    ) -> Iterable[Piece]:
        for nav, reference in entity.navigations.items():
            link = [f',"{nav}@navigationLinkUrl":"', *_address(entity, alias), f'/{nav}"']
            inner = chosen.expand.get(nav)
            if inner is not None:
                if annotations:
                    yield from link
                yield f',"{nav}":'
                yield self._object(reference.target, f"{alias}.{quoted(reference.name)}", inner)
            elif links and (chosen.every or nav in chosen.names):
                value = f"{alias}.{quoted(reference.name)}"
                yield Sql(f"CASE WHEN ifnull({value}, '{EMPTY_GUID}') = '{EMPTY_GUID}' THEN '' ELSE {_text(link)} END")
        for name, inner in chosen.expand.items():
            if name in entity.navigations:
                continue
            yield from self._composite(alias, name, inner, annotations=annotations)

    def _composite(self, alias: str, name: str, inner: Selection, *, annotations: bool) -> Iterable[Piece]:
        value, kind = f"{alias}.{quoted(name)}", f"{alias}.{quoted(name + '_Type')}"
        if annotations:
            yield f',"{name}_Expanded@navigationLinkUrl":'
            yield Sql(f"json_quote(replace({kind}, 'StandardODATA.', '') || '(guid''' || {value} || ''')')")
        yield f',"{name}_Expanded":'
        cases = [
            f"WHEN {quote(type_name(target.name))} THEN {self._object(target.name, value, inner).text}"
            for target in self.schema.sets
            if target.has_ref
        ]
        yield Sql(f"CASE {kind} {' '.join(cases)} ELSE 'null' END" if cases else "'null'")

    def _object(self, set_name: str | None, key: str, inner: Selection) -> Sql:
        target = self.schema.find(set_name)
        if target is None:
            return Sql("'null'")
        alias = f"x{next(self._aliases)}"
        shown = _text(self.record(target, alias, inner))
        found = f'{alias}."Ref_Key" = {key}'
        return Sql(f"ifnull((SELECT {shown} FROM {quoted(target.name)} {alias} WHERE {found}), 'null')")

    def _presentation(self, entity: EntitySet, alias: str, name: str) -> list[Piece]:
        if not name:
            return ['"Presentation":', Sql(f"json_quote({presentation_sql(entity, alias)})")]
        reference = entity.navigations[name]
        target = self.schema.find(reference.target)
        if target is None:
            return [f'"{name}____Presentation":""']
        other = f"x{next(self._aliases)}"
        found = f'{other}."Ref_Key" = {alias}.{quoted(reference.name)}'
        shown = f"(SELECT {presentation_sql(target, other)} FROM {quoted(target.name)} {other} WHERE {found})"
        return [f'"{name}____Presentation":', Sql(f"json_quote(ifnull({shown}, ''))")]


def template_of(pieces: list[Piece]) -> tuple[str, list[str]]:
    """Pieces as a `%` template and the SQL expressions that fill it."""
    shown = "".join("%s" if isinstance(piece, Sql) else piece.replace("%", "%%") for piece in pieces)
    return shown, [piece.text for piece in pieces if isinstance(piece, Sql)]


def _text(pieces: Iterable[Piece]) -> str:
    return "(" + " || ".join(piece.text if isinstance(piece, Sql) else quote(piece) for piece in pieces) + ")"


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, str) and isinstance(last, str):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    return merged


def _cell(item: Field, alias: str) -> list[Piece]:
    """One value; only fields of items or of folders can be NULL."""
    value = f"{alias}.{quoted(item.name)}"
    null = item.only is not None
    if item.edm == "String":
        return [Sql(f"json_quote({value})")]
    if item.edm == "Boolean":
        shown = f"CASE WHEN {value} THEN 'true' WHEN {value} IS NULL THEN 'null' ELSE 'false' END"
        return [Sql(shown)]
    if item.edm in {"Guid", "DateTime", "Int64"}:
        if null:
            return [Sql(f"CASE WHEN {value} IS NULL THEN 'null' ELSE '\"' || {value} || '\"' END")]
        return ['"', Sql(value), '"']
    if item.edm == "Double":
        value = f"CASE WHEN {value} = CAST({value} AS INTEGER) THEN CAST({value} AS INTEGER) ELSE {value} END"
    return [Sql(f"ifnull({value}, 'null')" if null or item.edm == "Double" else value)]


def _address(entity: EntitySet, alias: str) -> list[Piece]:
    """The canonical relative address of a record (S05, S18)."""
    literals: list[list[Piece]] = []
    for item in entity.key:
        value = f"{alias}.{quoted(item.name)}"
        prefix = {"Guid": "guid'", "DateTime": "datetime'", "String": "'"}.get(item.edm, "")
        ending = "'" if prefix else ""
        text = f"json_quote(replace({value}, '''', ''''''))"
        shown = Sql(f"substr({text}, 2, length({text}) - 2)") if item.edm == "String" else Sql(value)
        name = "" if len(entity.key) == 1 else f"{item.name}="
        literals.append([f"{name}{prefix}", shown, ending])
    pieces: list[Piece] = [f"{entity.name}("]
    for index, literal in enumerate(literals):
        pieces += ([", "] if index else []) + literal
    return _merged([*pieces, ")"])


def _section_parts(section: Section, alias: str, parts: set[str]) -> str:
    shown = [item.name for item in section.all_fields if item.name in parts or "*" in parts]
    pairs = ", ".join(f"{quote(name)}, e.value -> {quote('$.' + quoted(name))}" for name in shown)
    return f"(SELECT json_group_array(json_object({pairs})) FROM json_each({alias}.{quoted(section.name)}) e)"

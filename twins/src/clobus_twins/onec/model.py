"""What an infobase's published composition is made of: fields, tabular sections, entity sets (onec.md §1.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"
NAMESPACE = "StandardODATA"
UNDEFINED = f"{NAMESPACE}.Undefined"

_DEFAULTS: dict[str, object] = {
    "Guid": EMPTY_GUID,
    "String": "",
    "DateTime": EMPTY_DATE,
    "Boolean": 0,
    "Int16": 0,
    "Int32": 0,
    "Int64": 0,
    "Double": 0,
    "Complex": "null",
}
_COLUMN_TYPES = {"Boolean": "INTEGER", "Int16": "INTEGER", "Int32": "INTEGER", "Int64": "INTEGER", "Double": "REAL"}


@dataclass(frozen=True, slots=True)
class Field:
    """One property. `target` is the set a reference leads to; `only` is "item" or "group" in hierarchical catalogs."""

    name: str
    edm: str
    max_length: int = 0
    target: str | None = None
    only: str | None = None
    composite: bool = False
    key: bool = False

    @property
    def default(self) -> object:
        """The empty value of the type, as it is stored."""
        return UNDEFINED if self.is_type_of_composite else _DEFAULTS[self.edm]

    @property
    def column_type(self) -> str:
        """The SQLite type of the column."""
        return _COLUMN_TYPES.get(self.edm, "TEXT")

    @property
    def navigation(self) -> str | None:
        """The navigation name of a reference: the name without `_Key`."""
        return self.name[:-4] if self.target is not None and self.name.endswith("_Key") else None

    @property
    def is_type_of_composite(self) -> bool:
        """True for the `X_Type` companion of a composite field."""
        return self.composite and self.name.endswith("_Type")


@dataclass(frozen=True, slots=True)
class Section:
    """A tabular section; its rows also carry `Ref_Key` and `LineNumber`."""

    name: str
    fields: tuple[Field, ...]

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """The fields of a row as it is shown."""
        return (Field("Ref_Key", "Guid", key=True), Field("LineNumber", "Int64", key=True), *self.fields)


@dataclass(frozen=True)
class EntitySet:
    """One entity set. `kind`: catalog, document, register or rows (a tabular section as a set of its own)."""

    name: str
    kind: str
    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    number_length: int = 0
    daily_limit: bool = False
    synonym: str = ""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by their names."""
        return {item.name: item for item in self.fields}

    @cached_property
    def navigations(self) -> dict[str, Field]:
        """Reference fields by their navigation names."""
        return {item.navigation: item for item in self.fields if item.navigation}

    @cached_property
    def section_names(self) -> dict[str, Section]:
        """Tabular sections by their names."""
        return {item.name: item for item in self.sections}

    @cached_property
    def key(self) -> tuple[Field, ...]:
        """The key fields, in their order."""
        return tuple(item for item in self.fields if item.key)

    @property
    def has_ref(self) -> bool:
        """True when the key is `Ref_Key` alone."""
        return self.kind in {"catalog", "document"}

    @property
    def hierarchical(self) -> bool:
        """True for catalogs with folders."""
        return "IsFolder" in self.by_name

    @property
    def periodic(self) -> bool:
        """True for registers keyed by `Period` too: those have slices."""
        return self.kind == "register" and any(item.name == "Period" for item in self.key)

    @property
    def number_field(self) -> str | None:
        """The self-numbering field."""
        return {"catalog": "Code", "document": "Number"}.get(self.kind)


@dataclass(frozen=True)
class Schema:
    """All published entity sets, tabular sections among them."""

    sets: tuple[EntitySet, ...]
    everything: dict[str, EntitySet] = field(init=False)

    def __post_init__(self) -> None:
        everything = {item.name: item for item in self.sets}
        for item in self.sets:
            for section in item.sections:
                name = f"{item.name}_{section.name}"
                everything[name] = EntitySet(name, "rows", section.all_fields)
        object.__setattr__(self, "everything", everything)

    def find(self, name: str | None) -> EntitySet | None:
        """The set of this name; None when it is not published."""
        return self.everything.get(name or "")


def guid(name: str, **options: bool) -> Field:
    """A plain GUID field."""
    return Field(name, "Guid", key=options.get("key", False))


def ref(name: str, target: str, **options: bool) -> Field:
    """A reference `<name>_Key` to the set `target`."""
    return Field(f"{name}_Key", "Guid", target=target, key=options.get("key", False))


def text(name: str, max_length: int = 0, **options: bool) -> Field:
    """A string; 0 = unlimited."""
    return Field(name, "String", max_length, key=options.get("key", False))


def enum(name: str) -> Field:
    """An enumeration: the name of the value as a string (onec.md §1.2)."""
    return Field(name, "String")


def date(name: str, **options: bool) -> Field:
    """A naive local date and time."""
    return Field(name, "DateTime", key=options.get("key", False))


def flag(name: str) -> Field:
    """A boolean."""
    return Field(name, "Boolean")


def number(name: str, edm: str = "Int64", **options: bool) -> Field:
    """A number: Int16, Int32, Int64 (a string in JSON) or Double."""
    return Field(name, edm, key=options.get("key", False))


def composite(name: str, **options: bool) -> tuple[Field, Field]:
    """A composite field: the value and its `_Type`, both strings."""
    key = options.get("key", False)
    return Field(name, "String", composite=True, key=key), Field(f"{name}_Type", "String", composite=True, key=key)


def only(kind: str, *fields: Field) -> tuple[Field, ...]:
    """Mark fields as of items only ("item") or of folders only ("group")."""
    return tuple(replace(item, only=kind) for item in fields)


def catalog(
    name: str,
    fields: Iterable[Field],
    *,
    sections: tuple[Section, ...] = (),
    hierarchical: bool = False,
    owner: str | None = None,
    code_length: int = 9,
    name_length: int = 150,
    indexes: tuple[tuple[str, ...], ...] = (),
) -> EntitySet:
    """A catalog with its standard fields in the order of the samples (onec.md §1.3)."""
    set_name = f"Catalog_{name}"
    head = [Field("Ref_Key", "Guid", key=True), text("DataVersion"), flag("DeletionMark")]
    if owner:
        head.append(ref("Owner", owner))
    if hierarchical:
        head += [ref("Parent", set_name), flag("IsFolder")]
    if code_length:
        head.append(text("Code", code_length))
    head.append(text("Description", name_length))
    tail = (flag("Predefined"), text("PredefinedDataName"))
    base = (("Code",),) if code_length else ()
    return EntitySet(set_name, "catalog", (*head, *fields, *tail), sections, (*base, *indexes), code_length)


def document(
    name: str,
    fields: Iterable[Field],
    *,
    sections: tuple[Section, ...] = (),
    number_length: int = 11,
    indexes: tuple[tuple[str, ...], ...] = (),
    daily_limit: bool = False,
    synonym: str = "",
) -> EntitySet:
    """A document with its standard fields; documents have no Predefined."""
    head = (
        Field("Ref_Key", "Guid", key=True),
        text("DataVersion"),
        flag("DeletionMark"),
        text("Number", number_length),
        date("Date"),
        flag("Posted"),
    )
    base = (("Number",), ("Date",))
    return EntitySet(
        f"Document_{name}",
        "document",
        (*head, *fields),
        sections,
        (*base, *indexes),
        number_length,
        daily_limit,
        synonym or name,
    )


def register(
    name: str, dimensions: Iterable[Field], resources: Iterable[Field] = (), *, periodic: bool = False
) -> EntitySet:
    """An independent information register: its key is all dimensions, with `Period` when periodic."""
    keys = tuple(replace(item, key=True) for item in dimensions)
    head = (date("Period", key=True),) if periodic else ()
    single = tuple((item.name,) for item in (*head, *keys))
    return EntitySet(f"InformationRegister_{name}", "register", (*head, *keys, *resources), indexes=single)

"""The service document and `$metadata` as EDMX, made from the schema (onec.md §1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from clobus_twins.onec.model import NAMESPACE, EntitySet, Field, Schema

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0">'
    '<edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" '
    'm:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0">'
    f'<Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm" Namespace="{NAMESPACE}">'
)
_TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"


def edmx(schema: Schema) -> str:
    """The whole `$metadata` document."""
    sets = list(schema.everything.values())
    parts = [_HEAD]
    for entity in sets:
        parts.extend(_entity_type(schema, entity))
    for entity in schema.sets:
        for section in entity.sections:
            parts.append(f'<ComplexType Name="{entity.name}_{section.name}_RowType">')
            parts.extend(_property(item) for item in section.all_fields)
            parts.append("</ComplexType>")
        if entity.kind == "register":
            parts.append(f'<ComplexType Name="{entity.name}_RowType">')
            parts.extend(_property(item) for item in entity.fields)
            parts.append("</ComplexType>")
    for entity in sets:
        parts.extend(_associations(schema, entity))
    parts.append('<EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">')
    parts.extend(f'<EntitySet Name="{item.name}" EntityType="{NAMESPACE}.{item.name}"/>' for item in sets)
    for entity in schema.sets:
        parts.extend(_functions(entity))
    parts += ["</EntityContainer>", _TAIL]
    return "".join(parts)


def service_document(schema: Schema, root: str, *, as_json: bool) -> str:
    """The list of sets: JSON or an Atom service document (S20)."""
    if as_json:
        rows = ",".join(f'{{"name":"{name}","url":"{name}"}}' for name in schema.everything)
        return f'{{"odata.metadata":"{root}/$metadata","value":[{rows}]}}'
    listed = "".join(
        f'<collection href="{name}"><atom:title>{name}</atom:title></collection>' for name in schema.everything
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<service xmlns="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom" '
        f'xml:base="{escape(root)}"><workspace><atom:title>Default</atom:title>{listed}</workspace></service>'
    )


def _entity_type(schema: Schema, entity: EntitySet) -> Iterator[str]:
    composite = any(item.composite for item in entity.fields)
    yield f'<EntityType Name="{entity.name}"' + (' OpenType="true">' if composite else ">")
    yield "<Key>" + "".join(f'<PropertyRef Name="{item.name}"/>' for item in entity.key) + "</Key>"
    ending = {"Predefined", "PredefinedDataName"}
    types = [item for item in entity.fields if item.is_type_of_composite]
    yield from (_property(item) for item in entity.fields if item not in types and item.name not in ending)
    for section in entity.sections:
        kind = f"Collection({NAMESPACE}.{entity.name}_{section.name}_RowType)"
        yield f'<Property Name="{section.name}" Type="{kind}" Nullable="true"/>'
    yield from (_property(item) for item in entity.fields if item.name in ending)
    yield from (_property(item) for item in types)
    for nav, reference in entity.navigations.items():
        if schema.find(reference.target):
            yield (
                f'<NavigationProperty Name="{nav}" Relationship="{NAMESPACE}.{entity.name}_{nav}" '
                'FromRole="Begin" ToRole="End"/>'
            )
    yield "</EntityType>"


def _property(item: Field) -> str:
    length = f' MaxLength="{item.max_length}"' if item.max_length else ""
    nullable = "false" if item.key else "true"
    kind = f"{NAMESPACE}.TypeDescription" if item.edm == "Complex" else f"Edm.{item.edm}"
    return f'<Property Name="{item.name}" Type="{kind}" Nullable="{nullable}"{length}/>'


def _associations(schema: Schema, entity: EntitySet) -> Iterator[str]:
    for nav, reference in entity.navigations.items():
        if schema.find(reference.target):
            yield (
                f'<Association Name="{entity.name}_{nav}">'
                f'<End Role="Begin" Type="{NAMESPACE}.{entity.name}" Multiplicity="*"/>'
                f'<End Role="End" Type="{NAMESPACE}.{reference.target}" Multiplicity="0..1"/></Association>'
            )


def _functions(entity: EntitySet) -> Iterator[str]:
    bound = f'<Parameter Name="bindingParameter" Type="{NAMESPACE}.{entity.name}"/>'
    if entity.periodic:
        for name in ("SliceLast", "SliceFirst"):
            yield (
                f'<FunctionImport Name="{name}" IsBindable="true" IsSideEffecting="false" '
                f'ReturnType="Collection({NAMESPACE}.{entity.name})">{bound}'
                '<Parameter Name="Condition" Type="Edm.String"/><Parameter Name="Period" Type="Edm.DateTime"/>'
                "</FunctionImport>"
            )
    if entity.kind == "document":
        mode = '<Parameter Name="PostingModeOperational" Type="Edm.Boolean"/>'
        for name, arguments in (("Post", bound + mode), ("Unpost", bound)):
            yield f'<FunctionImport Name="{name}" IsBindable="true" IsSideEffecting="true">{arguments}</FunctionImport>'

"""Rows of recorded answers, loaded into a twin, come out the same (onec.md Part 2 b, c, d, f)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from clobus_twins.onec.metadata import edmx, service_document
from clobus_twins.onec.model import (
    EntitySet,
    Field,
    Schema,
    Section,
    catalog,
    composite,
    date,
    document,
    flag,
    number,
    only,
    ref,
    register,
    text,
)
from tests.support.onec_twin import OneC, refusal

RECORDINGS = Path(__file__).parent / "recordings" / "onec"
GOODS = catalog(
    "Номенклатура",
    (
        *only("item", text("Артикул"), ref("ЕдиницаИзмеренияДляСравненияОтгрузок", "Catalog_Единицы"), flag("Весовой")),
        *only("group", flag("СерийныйУчет")),
    ),
    sections=(Section("Картинки", ()),),
    hierarchical=True,
    code_length=11,
)
CONTRACT = document(
    "Контракт",
    (
        ref("Склад", "Catalog_Склады"),
        ref("Контрагент", "Catalog_Контрагенты"),
        text("Комментарий"),
        ref("Подразделение", "Catalog_Подразделения"),
        ref("Ответственный", "Catalog_Пользователи"),
    ),
    sections=(
        Section(
            "Товары",
            (
                ref("Номенклатура", "Catalog_Номенклатура"),
                number("Количество", "Double"),
                ref("ЕдиницаИзмерения", "Catalog_Единицы"),
                ref("Качество", "Catalog_Качество"),
            ),
        ),
    ),
)
PARTNERS = catalog(
    "Контрагенты",
    (ref("Город", "Catalog_Города"), text("Комментарий"), date("Дата"), flag("Булево"), text("Строка")),
    sections=(Section("Комментарии", (text("Комментарий"),)), Section("Договоры", ())),
    code_length=7,
)
ENTRY = document(
    "Док", (ref("СчетДт", "ChartOfAccounts_X"), ref("СчетКт", "ChartOfAccounts_X"), *composite("Субконто1"))
)
FIELDS = (
    number("lineNum"),
    number("fieldNum"),
    ref("nameOwner", "Catalog_names"),
    ref("name", "Catalog_names"),
    text("label"),
    *composite("component"),
    *(flag(name) for name in ("required", "hidden", "disabled", "editingPossible")),
    text("placeholder"),
    text("dependIdLine"),
    ref("dependName", "Catalog_names"),
    ref("dependСondition", "Catalog_conditions"),
    *(flag(name) for name in ("dependRequired", "dependHidden", "dependDisabled", "dependEditingPossible")),
    text("dependPlaceholder"),
    *composite("dependDefaultValue"),
    *composite("defaultValue"),
    *(text(name) for name in ("specialField", "properties", "linkUrl", "formula")),
    ref("topLevelGroup", "Catalog_groups"),
    text("idVersionComponent"),
    text("versionChecksumComponent"),
    ref("groupFields", "Catalog_groups"),
)
PORTAL = register("portalFields", (*composite("object"), text("idLine")), FIELDS)
INPUTS = catalog(
    "componentsTextInput",
    (
        ref("linkInput", "Catalog_links"),
        *(text(name) for name in ("typeOData", "specialField", "inputMask", "Имя")),
        flag("valueFromLink"),
        number("length"),
    ),
    code_length=0,
)
NAMES = catalog(
    "names",
    (
        *(text(name) for name in ("inputMask", "label", "placeHolder", "specialField")),
        *(text(name) for name in ("fullDescription", "shortDescription")),
        flag("auxiliary"),
        Field("ValueType", "Complex"),
    ),
    sections=(
        Section("fieldsExternalServices", ()),
        Section("fieldAssignments", (text("assignment"),)),
        Section("availableComponents", composite("component")),
        Section("Постановления", ()),
    ),
    code_length=0,
)


def sample(name: str) -> Any:
    return json.loads((RECORDINGS / name).read_text(encoding="utf-8"))


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a shown record: no links, no envelope, no expanded objects."""
    return {
        name: value
        for name, value in record.items()
        if "@" not in name and not name.startswith("odata.") and not name.endswith("_Expanded")
    }


def twin(tmp_path: Path, *sets: EntitySet, **switches: Any) -> OneC:
    return OneC(tmp_path, Schema(sets), **switches)


@pytest.mark.parametrize(
    ("file", "entity"), [("05_collection_hierarchical_catalog", GOODS), ("07_collection_document_tabpart", CONTRACT)]
)
async def test_collections_come_out_as_recorded(tmp_path: Path, file: str, entity: EntitySet) -> None:
    recorded = sample(f"{file}.json")
    onec = twin(tmp_path, entity)
    onec.store.import_rows(entity.name, [plain(record) for record in recorded["value"]])
    answer = (await onec.get(entity.name)).json()
    assert answer["value"] == recorded["value"]
    assert [list(record) for record in answer["value"]] == [list(record) for record in recorded["value"]]
    assert answer["odata.metadata"].endswith(recorded["odata.metadata"].partition("/odata/")[2])


@pytest.mark.parametrize(
    ("file", "entity"), [("01_entity_catalog_item", GOODS), ("08_entity_catalog_with_tabpart", PARTNERS)]
)
async def test_single_entities_come_out_as_recorded(tmp_path: Path, file: str, entity: EntitySet) -> None:
    recorded = sample(f"{file}.json")
    onec = twin(tmp_path, entity, rows_without_ref_key_in_single=True, shuffle_single_entity_members=True)
    onec.store.import_rows(entity.name, [plain(recorded)])
    answer = (await onec.get(f"{entity.name}(guid'{recorded['Ref_Key']}')")).json()
    context, wanted = answer.pop("odata.metadata"), recorded.pop("odata.metadata")
    assert answer == recorded
    assert context.partition("$")[2] == wanted.partition("$")[2]


async def test_a_composite_field_has_a_type_and_no_link(tmp_path: Path) -> None:
    recorded = sample("10_row_document_composite_typed.json")
    onec = twin(tmp_path, ENTRY)
    onec.store.import_rows(ENTRY.name, [plain(recorded)])
    assert await onec.rows(ENTRY.name) == [recorded]
    key = recorded["Субконто1"]
    cast = f"Субконто1 eq cast(guid'{key}','Catalog_Города')"
    assert len(await onec.rows(ENTRY.name, filter=cast)) == 1
    assert len(await onec.rows(ENTRY.name, filter="isof(Субконто1,'Catalog_Города')")) == 1
    assert await onec.rows(ENTRY.name, filter=cast.replace("Города", "Страны")) == []
    assert await onec.rows(ENTRY.name, filter=f"Субконто1 eq guid'{key}'") == []


async def test_a_register_with_a_composite_key_expands_as_recorded(tmp_path: Path) -> None:
    recorded = sample("18_row_inforegister_composite_key_expanded.json")
    onec = twin(tmp_path, PORTAL, INPUTS, NAMES, catalog("conditions", ()))
    known = plain(recorded)
    names = known.pop("name")
    for name in ("dependName", "dependСondition"):
        known.pop(name)
    onec.store.import_rows(PORTAL.name, [known])
    onec.store.import_rows(INPUTS.name, [recorded["component_Expanded"]])
    onec.store.import_rows(NAMES.name, [names | {"ValueType": json.dumps(names["ValueType"])}])
    asked = "component,name,dependName,dependСondition"
    assert await onec.rows(PORTAL.name, expand=asked) == [recorded]


def test_the_empty_service_document(tmp_path: Path) -> None:
    recorded = (RECORDINGS / "20_service_document_empty.atomsvc.xml").read_text(encoding="utf-8")
    shown = service_document(Schema(()), "http://localhost/EXT/odata/standard.odata", as_json=False)
    assert ET.canonicalize(shown, strip_text=True) == ET.canonicalize(recorded, strip_text=True)
    assert json.loads(service_document(Schema(()), "http://x", as_json=True))["value"] == []


async def test_recorded_errors(tmp_path: Path) -> None:
    onec = twin(tmp_path, PARTNERS, locale="en")
    answer = await onec.get("CatalogПоставщики")
    assert answer.json() == sample("21_error_code_8.json")
    assert answer.status_code == 404
    answer = await onec.get(PARTNERS.name, filter="Code eq eq")
    assert answer.json() == sample("23_error_code_14.json")
    assert refusal(answer)[:2] == (400, "14")


def test_metadata_has_the_shape_of_a_real_one() -> None:
    edm = "{http://schemas.microsoft.com/ado/2009/11/edm}"
    real = ET.parse(RECORDINGS / "30_metadata_excerpt_ut_registers.edmx.xml").getroot()
    types = [item for item in real.iter(f"{edm}EntityType") if item.get("Name", "").endswith("_RecordType")]
    schema = Schema(tuple(declared(item, edm) for item in types))
    ours = {item.get("Name"): item for item in ET.fromstring(edmx(schema)).iter(f"{edm}EntityType")}
    assert len(types) >= 3
    for item in types:
        made = ours[item.get("Name")]
        assert made.get("OpenType") == item.get("OpenType")
        for tag in ("PropertyRef", "Property"):
            wanted = [sorted(found.attrib.items()) for found in item.iter(f"{edm}{tag}")]
            assert sorted(sorted(found.attrib.items()) for found in made.iter(f"{edm}{tag}")) == sorted(wanted)
        ending = [found.get("Name", "") for found in made.iter(f"{edm}Property")]
        kinds = [re.search(r"_Type$", name) is not None for name in ending]
        assert kinds == sorted(kinds), "_Type properties stand at the end"


def declared(item: ET.Element, edm: str) -> EntitySet:
    keys = {found.get("Name") for found in item.iter(f"{edm}PropertyRef")}
    listed = {found.get("Name", ""): found.get("Type", "") for found in item.iter(f"{edm}Property")}
    fields = tuple(
        Field(
            name,
            kind.removeprefix("Edm."),
            composite=f"{name}_Type" in listed or (name.endswith("_Type") and name.removesuffix("_Type") in listed),
            key=name in keys,
        )
        for name, kind in listed.items()
    )
    return EntitySet(item.get("Name", ""), "register", fields)

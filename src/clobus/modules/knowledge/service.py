"""Keep dictionaries as 1C shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from clobus.core.db import Connection, rows
from clobus.core.upsert import upsert

COMMON = {"ref_key": "uuid", "data_version": "text", "deleted": "boolean", "description": "text"}
TABLES: dict[str, dict[str, str]] = {
    "dict.po_types": {**COMMON, "details": "text"},
    "dict.po_sections": {**COMMON, "owner_key": "uuid", "details": "text"},
    "dict.online_question_cat": {**COMMON, "code": "text", "language": "text"},
    "dict.online_question": {
        **COMMON, "code": "text", "language": "text", "category_key": "uuid", "useful_info": "text", "question": "text",
    },
    "dict.knowledge_base": {
        **COMMON, "po_type_key": "uuid", "po_section_key": "uuid", "author_key": "uuid", "question": "text",
        "answer": "text",
    },
    "dict.consultation_interference": {**COMMON, "code": "text"},
}  # fmt: skip


async def keep(connection: Connection, table: str, items: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Write the elements of one dictionary; returns how many are new and how many changed."""
    latest = list({item["ref_key"]: item for item in items}.values())
    written = await upsert(connection, table, ["ref_key"], TABLES[table], latest)
    made = sum(row["made"] for row in written)
    return made, len(written) - made


async def words(
    connection: Connection, table: str, model: type[BaseModel], conditions: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Elements of a dictionary that are not deleted, by name; a condition that is None counts for nothing.

    `table` and the columns come from our own code, values are parameters.
    """
    known = TABLES[table]
    given = {name: value for name, value in conditions.items() if value is not None and name in known}
    where = "".join(f" and {name} = %({name})s" for name in given)
    columns = ", ".join(name for name in model.model_fields if name in known)
    sql = f"select {columns} from {table} where not deleted{where} order by description, ref_key"  # noqa: S608 - as said above
    return [dict(row) for row in await rows(connection, sql, given)]

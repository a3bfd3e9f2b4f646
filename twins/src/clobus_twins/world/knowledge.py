"""The knowledge base of 1C: `Catalog_БазаЗнанийДляКонсультаций` from the files under `knowledge_base/`."""

from typing import Any

from clobus_twins.world.dictionaries import section_key, software_key
from clobus_twins.world.ids import UNDEFINED_MANAGER, named_guid
from clobus_twins.world.textbank import articles


def rows() -> list[dict[str, Any]]:
    """Return the rows of the catalogue."""
    return [
        {
            "Ref_Key": named_guid("article", article["slug"], article["lang"]),
            "Code": f"{number:09d}",
            "DeletionMark": False,
            "Description": article["title"][:150],
            "ВидПО_Key": software_key(article["po_type"]),
            "РазделПО_Key": section_key(article["po_type"], article["po_section"]),
            "Автор_Key": UNDEFINED_MANAGER,
            "Вопрос": article["question"],
            "Ответ": article["answer"],
        }
        for number, article in enumerate(articles(), 1)
    ]

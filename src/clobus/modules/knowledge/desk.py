"""Words as people of the desk look for them to read or to change: with the version that they see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core.db import Connection, rows

ARTICLES = """
select k.ref_key::text, k.data_version as version, k.description, k.question, k.answer, k.po_type_key::text,
       k.po_section_key::text, t.description as po_type, s.description as po_section, null as language,
       null as category, null as useful_info
from dict.knowledge_base k left join dict.po_types t on t.ref_key = k.po_type_key
left join dict.po_sections s on s.ref_key = k.po_section_key
where not k.deleted and (%(key)s::uuid is null or k.ref_key = %(key)s) and (%(like)s::text is null
      or k.description ilike %(like)s or k.question ilike %(like)s or k.answer ilike %(like)s)
order by k.description, k.ref_key offset %(skip)s limit %(limit)s
"""
QUESTIONS = """
select q.ref_key::text, q.data_version as version, q.description, q.question, null as answer, null as po_type_key,
       null as po_section_key, null as po_type, null as po_section, q.language, c.description as category,
       q.useful_info
from dict.online_question q left join dict.online_question_cat c on c.ref_key = q.category_key
where not q.deleted and (%(key)s::uuid is null or q.ref_key = %(key)s) and (%(like)s::text is null
      or q.description ilike %(like)s or q.question ilike %(like)s or q.useful_info ilike %(like)s)
order by q.description, q.ref_key offset %(skip)s limit %(limit)s
"""
LISTS = {"articles": ARTICLES, "questions": QUESTIONS}


async def listed(
    connection: Connection, kind: str, *, text: str | None = None, key: UUID | None = None, skip: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Articles or typical questions by a part of their words, by name."""
    needle = (text or "").strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {"key": key, "like": f"%{needle}%" if needle else None, "skip": skip, "limit": limit}
    return [dict(row) for row in await rows(connection, LISTS[kind], params)]

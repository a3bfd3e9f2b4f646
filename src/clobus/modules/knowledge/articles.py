"""Which articles of the knowledge base fit the words of a question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound

# Any word of the question counts and rarer ones no more than others: the order is by how many are met, and how near.
# Russian words are met in all their forms, others (Uzbek) as they stand. Short words say nothing.
MATCHING = """
with asked as (
    select string_agg(distinct quote_literal(w.word), ' | ') as words
    from regexp_split_to_table(lower(%(q)s), '[^[:alnum:]]+') as w (word) where length(w.word) > 3
), query as (
    select (to_tsquery('russian', words) || to_tsquery('simple', words)) as terms from asked where words is not null
), article as (
    select a.*, setweight(to_tsvector('russian', coalesce(a.question, '') || ' ' || a.description), 'A')
             || setweight(to_tsvector('simple', coalesce(a.question, '') || ' ' || a.description), 'A')
             || setweight(to_tsvector('russian', left(coalesce(a.answer, ''), 2000)), 'D') as text
    from dict.knowledge_base a where not a.deleted and a.answer is not null
)
select a.ref_key, a.description, a.po_type_key, a.po_section_key, a.author_key, a.question, a.answer
from article a, query q where a.text @@ q.terms
order by ts_rank(a.text, q.terms) desc, a.ref_key limit %(limit)s
"""


async def one_of(connection: Connection, ref_key: UUID) -> dict[str, Any]:
    """An article by its key in 1C; NotFound `article.unknown` also for one that was deleted or has no answer yet."""
    found = await one(
        connection,
        "select ref_key, description, po_type_key, po_section_key, author_key, question, answer"
        " from dict.knowledge_base where ref_key = %s and not deleted and answer is not null",
        (ref_key,),
    )
    if found is None:
        raise NotFound("article.unknown")
    return dict(found)


async def matching(connection: Connection, question: str, limit: int) -> list[dict[str, Any]]:
    """The articles with most of the words, the best first."""
    return [dict(row) for row in await rows(connection, MATCHING, {"q": question, "limit": limit})]

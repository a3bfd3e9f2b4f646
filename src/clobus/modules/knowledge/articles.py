"""Which articles of the knowledge base fit the words of a question."""

from __future__ import annotations

from typing import Any

from clobus.core.db import Connection, rows

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


async def matching(connection: Connection, question: str, limit: int) -> list[dict[str, Any]]:
    """The articles with most of the words, the best first."""
    return [dict(row) for row in await rows(connection, MATCHING, {"q": question, "limit": limit})]

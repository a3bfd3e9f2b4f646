"""Dictionaries of 1C become rows; the languages we don't speak are left out."""

from __future__ import annotations

from typing import Any

from clobus.gateways.onec.entities import Interference, KnowledgeArticle, PoSection, PoType, Question, QuestionCategory
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping.consultations import LANGUAGES
from clobus.sync.onec.mapping.text import text

Row = dict[str, Any] | None


def _common(row: Any) -> dict[str, Any]:
    description = text(row.description, 2000)
    if description is None:
        raise InvalidRecord("the element has no name")
    return {
        "ref_key": row.ref_key, "data_version": row.data_version, "deleted": row.deletion_mark,
        "description": description,
    }  # fmt: skip


def po_type(row: PoType, _: Context) -> Row:
    """A kind of software."""
    return {**_common(row), "details": text(row.details)}


def po_section(row: PoSection, _: Context) -> Row:
    """A section of a kind of software."""
    return {**_common(row), "owner_key": row.owner_key, "details": text(row.details)}


def category(row: QuestionCategory, _: Context) -> Row:
    """A question category; None when it is in a language that the desk does not speak (domain.md §2.8)."""
    language = LANGUAGES.get(row.language_key) if row.language_key else None
    return None if language is None else {**_common(row), "code": text(row.code, 100), "language": language}


def question(row: Question, _: Context) -> Row:
    """A typical question; None as for categories."""
    language = LANGUAGES.get(row.language_key) if row.language_key else None
    if language is None:
        return None
    return {
        **_common(row), "code": text(row.code, 100), "language": language, "category_key": row.category_key,
        "useful_info": text(row.useful), "question": text(row.question),
    }  # fmt: skip


def article(row: KnowledgeArticle, _: Context) -> Row:
    """An article of the knowledge base."""
    return {
        **_common(row), "po_type_key": row.po_type_key, "po_section_key": row.po_section_key,
        "author_key": row.author_key, "question": text(row.question), "answer": text(row.answer, 100_000),
    }  # fmt: skip


def interference(row: Interference, _: Context) -> Row:
    """What got in the way of a consultation."""
    return {**_common(row), "code": text(row.code, 100)}

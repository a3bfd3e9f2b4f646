"""Dictionaries as the site reads them (domain.md §5.6): names as the contract has them."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel


class PoTypeOut(BaseModel):
    """A kind of software."""

    ref_key: UUID
    description: str


class PoSectionOut(BaseModel):
    """A section of a kind of software."""

    ref_key: UUID
    owner_key: UUID | None
    description: str
    details: str | None


class CategoryOut(BaseModel):
    """A category of questions."""

    ref_key: UUID
    code: str | None
    description: str
    language: str


class QuestionOut(BaseModel):
    """A typical question."""

    ref_key: UUID
    code: str | None
    description: str
    language: str
    category_key: UUID | None
    useful_info: str | None
    question: str | None


class ArticleOut(BaseModel):
    """An article of the knowledge base."""

    ref_key: UUID
    description: str
    po_type_key: UUID | None
    po_section_key: UUID | None
    author_key: UUID | None
    question: str | None
    answer: str | None


class InterferenceOut(BaseModel):
    """What gets in the way of a consultation."""

    ref_key: UUID
    code: str | None
    description: str

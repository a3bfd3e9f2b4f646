"""Dictionaries as the site reads them (domain.md §5.6): names as the contract has them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


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


Asked = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class RatingQuestionIn(BaseModel):
    """A question about a consultation, in three languages."""

    model_config = ConfigDict(extra="forbid")

    uz: Asked
    ru: Asked
    en: Asked
    active: bool = True
    position: Annotated[int, Field(ge=0, le=1000)] = 0


class RatingQuestionOut(RatingQuestionIn):
    """A question as it is kept: answers name it by its number."""

    number: int

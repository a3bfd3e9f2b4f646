"""What the routes of the desk's console give and take."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100_000)]
Version = Annotated[str, Field(min_length=1, max_length=64, description="The version that the editor saw.")]


class CardOut(BaseModel):
    """A request in a list of the desk; `overdue` when its planned moment has passed and it is still open."""

    cons_id: UUID
    number: str | None
    status: str
    kind: Literal["accounting", "support"]
    importance: int | None
    create_date: datetime
    start_date: datetime | None
    lang: str | None
    comment: str | None
    manager: UUID | None
    manager_name: str | None
    client_id: UUID | None
    company_name: str | None
    category: str | None
    conversation_id: int | None
    overdue: bool
    unassigned: bool


class CountsOut(BaseModel):
    """How many open requests each view has."""

    queue: int
    mine: int
    today: int
    overdue: int
    unassigned: int


class TodayOut(BaseModel):
    """A view of the open requests; `me` is the key in 1C of the manager who asks, where that is known."""

    counts: CountsOut
    items: list[CardOut]
    more: bool
    me: UUID | None


class StoryOut(BaseModel):
    """Everything about a request: what each system shows now, and what was written down about it, by kind."""

    request: CardOut
    now: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]
    webhooks: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    pushes: list[dict[str, Any]]
    dead_letters: list[dict[str, Any]]
    drift: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    ratings: list[dict[str, Any]]
    files: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    history: list[CardOut]


class HandOverIn(BaseModel):
    """To whom a request is given; `from_manager` is with whom the page showed it, null for nobody."""

    model_config = ConfigDict(extra="forbid")

    manager_key: UUID
    from_manager: UUID | None = None


class ManagerOut(BaseModel):
    """A manager; `closed` are the days from today on that he takes no more, `unsent` those that 1C is to be
    told; `own` whether it is who asks.
    """

    manager_key: UUID
    name: str
    department: str | None
    email: str | None
    ru: bool
    uz: bool
    limit: int | None
    start_hour: str | None
    end_hour: str | None
    enabled: bool
    agent_id: int | None
    waiting: int
    overdue: int
    today: int
    load_percent: int | None
    skills: list[str]
    closed: list[date]
    unsent: list[date]
    own: bool


class ClosingIn(BaseModel):
    """Whether a manager takes no more on a day."""

    model_config = ConfigDict(extra="forbid")

    closed: bool


class CompanyOut(BaseModel):
    """A company among the desk's clients."""

    client_id: UUID
    code_abonent: str | None
    org_inn: str | None
    company_name: str | None
    phone_number: str | None
    email: str | None
    city: str | None
    language: str | None
    subs_end: datetime | None
    in_onec: bool
    deleted: bool
    users: int
    requests: int


class CompaniesOut(BaseModel):
    """A page of companies."""

    items: list[CompanyOut]
    more: bool


class WorkerOut(BaseModel):
    """A person of a company, as the desk knows him."""

    client_id: UUID
    name: str | None
    email: str | None
    phone_number: str | None
    language: str | None
    telegram: bool


class CompanyWholeOut(CompanyOut):
    """A company with its people and requests; `unconfirmed` are fields that 1C does not show as we do yet."""

    contact_name: str | None
    partner: str | None
    country: str | None
    region: str | None
    subs_start: datetime | None
    contact_id: int | None
    unconfirmed: list[str]
    created_at: datetime
    updated_at: datetime
    people: list[WorkerOut]
    history: list[CardOut]


class DoubleOut(BaseModel):
    """Companies that stand under one tax id."""

    org_inn: str
    companies: list[dict[str, Any]]


class WordOut(BaseModel):
    """An article of the knowledge base or a typical question, with the version in which it is shown."""

    ref_key: UUID
    version: str | None
    description: str
    question: str | None
    answer: str | None
    useful_info: str | None
    po_type_key: UUID | None
    po_section_key: UUID | None
    po_type: str | None
    po_section: str | None
    language: str | None
    category: str | None


class WordsOut(BaseModel):
    """A page of words."""

    items: list[WordOut]
    more: bool


class ArticleIn(BaseModel):
    """The texts of an article."""

    model_config = ConfigDict(extra="forbid")

    description: Line
    question: Text
    answer: Text
    po_type_key: UUID | None = None
    po_section_key: UUID | None = None


class ArticleChangeIn(ArticleIn):
    """The texts of an article that is changed."""

    version: Version


class QuestionChangeIn(BaseModel):
    """The texts of a typical question that is changed; its category and language are 1C's."""

    model_config = ConfigDict(extra="forbid")

    description: Line
    question: Text
    useful_info: Text
    version: Version


class FormOut(BaseModel):
    """A message as a channel shows it; only letters have a subject."""

    subject: str
    text: str


class SampleOut(BaseModel):
    """A message in one case: its forms by language and channel, null where the channel has none."""

    type: str
    case: str
    kind: str
    staff: bool
    forms: dict[str, dict[str, FormOut | None]]

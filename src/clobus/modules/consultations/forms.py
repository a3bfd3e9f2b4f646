"""What callers send about a request that exists, and what they get (domain.md §5.4): names as the contract has them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from clobus.modules.consultations.moments import Moment
from clobus.modules.consultations.schemas import ConsultationIn, ConsultationOut
from clobus.modules.consultations.types import Status

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SimpleIn(ConsultationIn):
    """A new request of a client that is known: `client_id` says whose, a client's own key need not name it."""


class ChangeIn(_In):
    """What is to change; what is not named stays."""

    status: Status | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    comment: Words | None = None
    topic: Line | None = None
    importance: Annotated[int | None, Field(ge=1, le=3)] = None

    @model_validator(mode="after")
    def _no_clearing(self) -> ChangeIn:
        """Texts, status and importance can be changed, not taken away."""
        for name in ("status", "comment", "topic", "importance"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} can't be empty")
        return self


class MoveIn(_In):
    """Where a request is to be moved; `manager_key` tells which manager moves it, and counts for staff only."""

    new_date: Moment
    comment: Note | None = None
    manager_key: UUID | None = None


class MoveOut(BaseModel):
    """One move of a request."""

    id: int
    cons_key: UUID
    clients_key: UUID | None
    manager_key: UUID | None
    period: datetime
    old_date: datetime | None
    new_date: datetime
    comment: str | None


class CallOut(BaseModel):
    """One attempt to call the client."""

    period: datetime
    cons_key: UUID
    cons_id: UUID
    client_key: UUID | None
    client_id: UUID | None
    manager: UUID | None


class AnswerIn(_In):
    """One answer: a mark from 1 to 5, a comment, or both."""

    question_number: Annotated[int, Field(ge=1, le=100)]
    rating: Annotated[int | None, Field(ge=1, le=5)] = None
    question: Note | None = None
    comment: Note | None = None
    manager_key: UUID | None = None

    @model_validator(mode="after")
    def _says_something(self) -> AnswerIn:
        if self.rating is None and not self.comment:
            raise ValueError("a rating or a comment is needed")
        return self


class RatingIn(_In):
    """The answers of a client after the consultation."""

    answers: Annotated[list[AnswerIn], Field(min_length=1, max_length=20)]


class AnswerOut(BaseModel):
    """One answer as it is kept."""

    question_number: int
    rating: int | None
    question: str | None
    comment: str | None
    manager_key: str | None


class RatingOut(BaseModel):
    """The marks of a request; `average` is null while there are none."""

    average: float | None
    count: int
    answers: list[AnswerOut]


class MarksOut(BaseModel):
    """Marks together: `by_mark` counts those of 1 to 5, in this order."""

    average: float | None
    marks: int
    requests: int
    by_mark: list[int]


class ManagerMarksOut(MarksOut):
    """The marks of a manager."""

    manager_key: str | None
    manager_name: str | None


class RatingSummaryOut(BaseModel):
    """Marks by manager over a period; `first` and `last` are its days, null where it is open."""

    first: date | None
    last: date | None
    managers: list[ManagerMarksOut]
    total: MarksOut


class ListOut(BaseModel):
    """A page of requests, newest first. `next_cursor` gives the next page, null at the end; `total` when asked for."""

    consultations: list[ConsultationOut]
    total: int | None
    next_cursor: str | None


class UpdatesOut(BaseModel):
    """Whether a request has changed since; `consultation` only when it has."""

    has_updates: bool
    consultation: ConsultationOut | None
    updated_at: datetime


class TimelineItem(BaseModel):
    """Something that happened, in words. `why` (this manager), `actor`, `origin`, `details` are for staff alone."""

    at: datetime
    kind: str
    text: str
    manager_name: str | None
    why: str | None
    origin: str | None
    actor: str | None
    details: dict[str, Any] | None


class TimelineOut(BaseModel):
    """The story of a request, oldest first."""

    items: list[TimelineItem]


class AttachmentOut(BaseModel):
    """A file of a request; `state` is `sent` when the conversation has it."""

    attachment_id: UUID
    name: str
    content_type: str
    size: int
    side: Literal["client", "staff"]
    state: Literal["waiting", "sent"]
    created_at: datetime


class AttachmentsOut(BaseModel):
    """The files of a request that were put to it here, oldest first."""

    attachments: list[AttachmentOut]

"""What others may hold of a request."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class Status(StrEnum):
    """Where a request stands; the values are stored and are part of the API (domain.md §3.13)."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    OTHER = "other"
    CLOSED = "closed"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Status.CLOSED, Status.RESOLVED, Status.CANCELLED})


class Kind(StrEnum):
    """The two kinds of request; the values are the contract with the site and with old data (domain.md §1)."""

    ACCOUNTING = "Консультация по ведению учёта"
    SUPPORT = "Техническая поддержка"


class Actor(StrEnum):
    """Who acts on a request."""

    CLIENT = "client"
    STAFF = "staff"
    SYSTEM = "system"


USUAL = 2
"""The importance that nobody remarked on: 1 is low, 3 high."""


class AnswerLine(msgspec.Struct, frozen=True, gc=False):
    """A line that the consultant filled in 1C after the talk; `section` is `its` or `qa`."""

    section: str
    line_number: int
    po_type_key: UUID | None = None
    po_section_key: UUID | None = None
    con_blocks_key: UUID | None = None
    manager_help_key: UUID | None = None
    is_repeat: bool | None = None
    question: str | None = None
    answer: str | None = None


class ConsultationSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A request as 1C shows it now, in our words. `our_id`: the marker of a document that we created."""

    ref_key: UUID
    data_version: str
    deleted: bool
    number: str | None
    status: Status
    denied: bool
    client_key: UUID | None
    manager: UUID | None
    author: UUID | None
    create_date: datetime
    changed_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    lang: str | None
    topic: str | None
    comment: str | None
    online_question_cat: UUID | None
    online_question: UUID | None
    con_blocks: UUID | None
    answers: tuple[AnswerLine, ...]
    our_id: UUID | None = None
    importance: int | None = None


class Row(msgspec.Struct, kw_only=True, gc=False):
    """A request as our database holds it (the columns of cons.cons that rules and translators need)."""

    cons_id: UUID
    cl_ref_key: UUID | None
    data_version: str | None
    number: str | None
    consultation_type: Kind
    status: Status
    denied: bool
    deleted: bool
    client_id: UUID | None
    client_key: UUID | None
    org_inn: str | None
    manager: UUID | None
    author: UUID | None
    importance: int | None
    create_date: datetime
    changed_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    redate: date | None
    redate_time: time | None
    lang: str | None
    topic: str | None
    comment: str | None
    software: str | None
    online_question_cat: UUID | None
    online_question: UUID | None
    con_blocks: UUID | None
    source: str
    conversation_id: int | None
    conversation_status: str | None
    assignee_id: int | None
    wanted: dict[str, Any]
    con_rates: dict[str, Any] | None = None
    rated_at: datetime | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether the request has ended."""
        return self.status in TERMINAL

    @property
    def is_support(self) -> bool:
        """Whether the request lives in Chatwoot alone, never in 1C."""
        return self.consultation_type is Kind.SUPPORT

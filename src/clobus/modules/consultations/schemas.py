"""What the site sends and gets (domain.md §5.4): names as the contract has them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from clobus.modules.clients.schemas import ClientIn
from clobus.modules.consultations.types import Kind

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class ConsultationIn(_In):
    """What is asked."""

    client_id: UUID | None = None
    lang: Literal["ru", "uz", "en"] = "ru"
    comment: Text | None = None
    topic: Short | None = None
    online_question_cat: UUID | None = None
    online_question: UUID | None = None
    consultation_type: Kind = Kind.ACCOUNTING
    selected_software: Literal["бух", "рт", "ук"] | None = None
    importance: Annotated[int | None, Field(ge=1, le=3)] = None
    scheduled_at: datetime | None = None


class CreateIn(_In):
    """A new request; `source` tells which door the client came through."""

    client: ClientIn | None = None
    consultation: ConsultationIn
    source: Literal["SITE", "TELEGRAM", "CALL_CENTER"] = "SITE"
    telegram_user_id: int | None = None
    telegram_phone_number: Short | None = None


class ConsultationOut(BaseModel):
    """A request as the site reads it; `cancel_before` only where one is read alone: until when its client may take it
    back, null once it has ended.
    """

    cons_id: str
    cl_ref_key: str | None
    client_id: str | None
    client_key: str | None
    number: str | None
    status: str
    org_inn: str | None
    importance: int | None
    create_date: datetime
    start_date: datetime | None
    end_date: datetime | None
    redate_time: str | None
    redate: str | None
    lang: str | None
    consultation_type: str
    denied: bool
    manager: str | None
    manager_name: str | None
    author: str | None
    comment: str | None
    online_question_cat: str | None
    online_question: str | None
    con_blocks: str | None
    con_rates: dict[str, object] | None
    con_calls: list[dict[str, object]] | None
    chatwoot_source_id: str | None
    source: str
    created_at: datetime
    updated_at: datetime
    cancel_before: datetime | None = None


class CreateOut(BaseModel):
    """The answer to a creation; what a partner has not given yet is null."""

    consultation: ConsultationOut
    client_id: str | None
    message: str
    source: str
    telegram_user_id: int | None
    bot_username: str | None
    chatwoot_conversation_id: int | None
    chatwoot_source_id: str | None
    chatwoot_account_id: int
    chatwoot_inbox_id: int
    chatwoot_pubsub_token: str | None

"""What reports answer, and what schedules and promises are made of."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unit = Literal["count", "seconds", "percent", "mark"]
_ADDRESS = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,63}")
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}")


class Days(BaseModel):
    """A period, both days included."""

    model_config = ConfigDict(populate_by_name=True)

    since: date = Field(alias="from")
    until: date = Field(alias="to")


class ColumnOut(BaseModel):
    """A column of a report."""

    name: str
    unit: Unit
    title: str


class FigureOut(ColumnOut):
    """A key figure beside that of the period before."""

    value: float | None
    previous: float | None


class ReportOverviewOut(BaseModel):
    """Key figures of a period."""

    period: Days
    previous_period: Days
    figures: list[FigureOut]


class RowOut(BaseModel):
    """A row: its key (a day, a code, a key of 1C) and values by column."""

    key: str
    name: str
    values: dict[str, float | None]


class TableOut(BaseModel):
    """A report: its columns, rows, total, and the total of the period before."""

    report: str
    title: str
    by: str
    by_title: str
    period: Days
    previous_period: Days
    columns: list[ColumnOut]
    chart: list[str]
    rows: list[RowOut]
    total: dict[str, float | None]
    previous: dict[str, float | None]


class CellOut(BaseModel):
    """Requests of an hour of a day of the week."""

    weekday: int
    hour: int
    n: int


class HeatOut(BaseModel):
    """The load by hour."""

    period: Days
    cells: list[CellOut]
    total: int


class ChoiceOut(BaseModel):
    """A value that reports may be narrowed to."""

    key: str
    name: str


class ReportOptionsOut(BaseModel):
    """Values by filter."""

    kind: list[ChoiceOut]
    channel: list[ChoiceOut]
    language: list[ChoiceOut]
    category: list[ChoiceOut]
    manager: list[ChoiceOut]


class RequestOut(BaseModel):
    """A request behind a figure; times are working seconds."""

    cons_id: UUID
    number: str | None
    created_at: datetime
    kind: Literal["accounting", "support"]
    status: str
    channel: str
    language: str | None
    manager_name: str | None
    client_name: str | None
    category_name: str | None
    first_seconds: int | None
    answer_seconds: int | None
    closing_seconds: int | None
    mark: float | None
    redates: int
    late: bool


class RequestsOut(BaseModel):
    """A page of requests; `next` is the cursor of the next one."""

    items: list[RequestOut]
    next: str | None


class PromiseIn(BaseModel):
    """How soon requests are answered and closed, in working seconds; null: not promised.

    `importance` null stands for each importance without a row of its own.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["accounting", "support"]
    importance: Annotated[int, Field(ge=1, le=3)] | None = None
    first_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None
    closing_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None


class PromisesIn(BaseModel):
    """All promises, as a whole."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[PromiseIn], Field(max_length=8)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({(item.kind, item.importance) for item in self.items}) != len(self.items):
            raise ValueError("a kind and importance are named twice")
        return self


class RecountOut(BaseModel):
    """How far requests are counted anew after a change of promises; `total` is null before that began."""

    asked_at: datetime
    total: int | None
    done: int
    finished_at: datetime | None


class PromisesOut(BaseModel):
    """All promises; `recount` is null when they were never changed."""

    items: list[PromiseIn]
    recount: RecountOut | None


class FiltersIn(BaseModel):
    """What a scheduled report is narrowed to."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["accounting", "support"] | None = None
    channel: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9_]*$")] | None = None
    language: Literal["uz", "ru", "en", ""] | None = None
    category: UUID | None = None
    manager: UUID | None = None


class ScheduleIn(BaseModel):
    """A report that is sent by itself: yesterday's each day, the week's on Mondays, the month's on the first.

    `at` is local time (Asia/Tashkent); `recipient` an e-mail address, or a chat's number or @name.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={
        "example": {"report": "volume", "period": "week", "at": "09:00", "format": "xlsx", "channel": "email",
                    "recipient": "head@clobus.example", "language": "ru"}
    })  # fmt: skip

    report: Literal["volume", "times", "managers", "satisfaction", "sla", "changes"]
    filters: FiltersIn = FiltersIn()
    period: Literal["day", "week", "month"]
    at: time
    format: Literal["xlsx", "pdf", "csv"] = "xlsx"
    channel: Literal["email", "telegram"]
    recipient: Annotated[str, Field(min_length=1, max_length=200)]
    language: Literal["uz", "ru", "en"] = "ru"
    active: bool = True

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.at.tzinfo is not None:
            raise ValueError("the time is local")
        form = _ADDRESS if self.channel == "email" else _CHAT
        if not form.fullmatch(self.recipient):
            raise ValueError("no address of that channel")
        return self


class ScheduleOut(BaseModel):
    """A schedule, what became of its last sending, and when the next one is (null: it rests)."""

    schedule_id: UUID
    report: str
    filters: FiltersIn
    period: str
    at: time
    format: str
    channel: str
    recipient: str
    language: str
    active: bool
    sent_day: date | None
    sent_state: str | None
    sent_error: str | None
    next_at: datetime | None


class SchedulesOut(BaseModel):
    """All schedules."""

    items: list[ScheduleOut]

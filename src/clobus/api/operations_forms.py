"""What the routes of operations give and take."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ProcessOut(BaseModel):
    """A process of the sync: its last run and how far it lags, in seconds."""

    name: str
    every: float
    lag: float | None
    stale: bool
    errors: int
    last_outcome: str | None
    last_started: datetime | None
    last_success: datetime | None
    duration_ms: int | None
    read_count: int | None
    created_count: int | None
    updated_count: int | None
    failed_count: int | None
    error: str | None


class QueueOut(BaseModel):
    """How much waits in a queue in a state."""

    queue: str
    state: str
    n: int


class PartnerOut(BaseModel):
    """A partner as the worker found it: the last look, and the last day; `here` is the breaker of this process."""

    system: str
    at: datetime | None
    answers: bool | None
    millis: int | None
    breaker: str | None
    here: str
    error: str | None
    away_since: datetime | None
    looks: int
    answered: int
    p50: float | None
    p95: float | None


class AlertOut(BaseModel):
    """Something that is wrong, or was lately, in the caller's language."""

    key: str
    text: str
    raised_at: datetime
    over_at: datetime | None


class OverviewOut(BaseModel):
    """How the platform is, on one page."""

    processes: list[ProcessOut]
    queues: list[QueueOut]
    partners: list[PartnerOut]
    alerts: list[AlertOut]
    drift: dict[str, int]
    dead_letters: dict[str, int]
    messages: dict[str, int]


class RunPointOut(BaseModel):
    """Runs of a process in a piece of time."""

    process: str
    at: datetime
    runs: int
    failed: int
    read: int
    changed: int
    refused: int
    p50: int | None
    longest: int | None


class RunOut(BaseModel):
    """A run of a process."""

    id: int
    process: str
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    outcome: str
    read: int
    created: int
    updated: int
    failed: int
    error_class: str | None
    error: str | None


class RunsOut(BaseModel):
    """Runs as points of equal length, oldest first, and the newest of them one by one."""

    series: list[RunPointOut]
    last: list[RunOut]


class PartnerPointOut(BaseModel):
    """Looks at a partner in a piece of time."""

    system: str
    at: datetime
    looks: int
    answered: int
    p50: float | None
    longest: int | None
    broken: bool


class DriftOut(BaseModel):
    """A difference between systems; `request` says whether `consultation` is our id of a request."""

    consultation: str
    kind: str
    systems: list[str]
    detail: dict[str, Any]
    since: datetime
    seen_at: datetime
    number: str | None
    request: bool


class DriftsOut(BaseModel):
    """A page of differences, the oldest first."""

    items: list[DriftOut]
    more: bool
    counts: dict[str, int]


class RepairIn(BaseModel):
    """Which difference is put right."""

    model_config = ConfigDict(extra="forbid")

    consultation: str
    kind: str


class RepairOut(BaseModel):
    """Whether the systems agree already, or a push is on its way."""

    state: Literal["agreed", "on_its_way", "unknown"]


class LetterOut(BaseModel):
    """A dead letter."""

    kind: str
    id: str
    error_class: str | None
    error: str | None
    attempts: int
    first_at: datetime
    last_at: datetime


class LettersOut(BaseModel):
    """A page of dead letters, newest first."""

    items: list[LetterOut]
    more: bool
    counts: dict[str, int]


class LetterWholeOut(LetterOut):
    """A dead letter with what it holds, which may be personal data."""

    payload: dict[str, Any]
    editable: bool
    repeatable: bool


class LetterActIn(BaseModel):
    """Another try, or none; `payload` replaces what is tried."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["outbox", "record", "webhook", "notification", "letter"]
    id: str
    act: Literal["retry", "drop"]
    payload: dict[str, Any] | None = None


class DoneOut(BaseModel):
    """What became of it."""

    state: Literal["waiting", "dropped"]

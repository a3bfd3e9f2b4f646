"""What the twin remembers of settings, surveys and reports."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from clobus_twins.chatwoot.row import Json, Row


class Label(Row):
    """A label that the dashboard knows."""

    kind: ClassVar[str] = "label"
    account_id: int
    title: str
    description: str | None = None
    color: str = "#1f93ff"
    show_on_sidebar: bool | None = None


class CannedResponse(Row):
    """A prepared answer."""

    kind: ClassVar[str] = "canned_response"
    account_id: int
    short_code: str
    content: str


class AttributeDefinition(Row):
    """A custom attribute's definition."""

    kind: ClassVar[str] = "attribute_definition"
    account_id: int
    attribute_display_name: str
    attribute_key: str
    attribute_display_type: str = "text"
    attribute_description: str | None = None
    attribute_model: str = "conversation_attribute"
    attribute_values: list[Any] = field(default_factory=list)
    regex_pattern: str | None = None
    regex_cue: str | None = None
    default_value: Any = None


class CustomFilter(Row):
    """A saved view of one user."""

    kind: ClassVar[str] = "custom_filter"
    account_id: int
    user_id: int
    name: str
    filter_type: str = "conversation"
    query: Json = field(default_factory=dict)


class AutomationRule(Row):
    """An automation rule."""

    kind: ClassVar[str] = "automation_rule"
    account_id: int
    name: str
    event_name: str
    description: str | None = None
    conditions: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    active: bool = True


class Macro(Row):
    """A macro."""

    kind: ClassVar[str] = "macro"
    account_id: int
    name: str
    visibility: str = "personal"
    created_by_id: int | None = None
    updated_by_id: int | None = None
    actions: list[Json] = field(default_factory=list)


class Webhook(Row):
    """An account webhook."""

    kind: ClassVar[str] = "webhook"
    account_id: int
    url: str
    name: str | None = None
    subscriptions: list[str] = field(default_factory=list)
    secret: str = ""


class DashboardApp(Row):
    """An extra tab of the dashboard."""

    kind: ClassVar[str] = "dashboard_app"
    account_id: int
    title: str
    content: list[Json] = field(default_factory=list)


class Note(Row):
    """A note about a contact."""

    kind: ClassVar[str] = "note"
    account_id: int
    contact_id: int
    content: str
    user_id: int | None = None


class CsatResponse(Row):
    """A survey answer; `conversation_id` is the primary key."""

    kind: ClassVar[str] = "csat_response"
    account_id: int
    conversation_id: int
    message_id: int
    contact_id: int
    rating: int
    feedback_message: str | None = None
    assigned_agent_id: int | None = None
    csat_review_notes: str | None = None


class ReportingEvent(Row):
    """A fact for reports: first_response, reply_time, conversation_resolved, conversation_bot_resolved, bot_handoff."""

    kind: ClassVar[str] = "reporting_event"
    account_id: int
    name: str
    value: float
    inbox_id: int | None = None
    user_id: int | None = None
    conversation_id: int | None = None


class AssignmentPolicy(Row):
    """A policy of automatic assignment."""

    kind: ClassVar[str] = "assignment_policy"
    account_id: int
    name: str
    description: str | None = None
    assignment_order: str = "round_robin"
    conversation_priority: str = "earliest_created"
    fair_distribution_limit: int = 100
    fair_distribution_window: int = 3600
    enabled: bool = True

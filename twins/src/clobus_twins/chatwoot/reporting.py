"""Facts kept for reports: first replies, replies, resolutions, hand-overs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clobus_twins.chatwoot import model

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work


def note(work: Work, row: model.Conversation, name: str, value: float, user_id: int | None = None) -> None:
    """Keep one fact; value in seconds."""
    work.store.add(
        model.ReportingEvent(
            account_id=row.account_id,
            name=name,
            value=round(max(value, 0.0), 3),
            inbox_id=row.inbox_id,
            user_id=user_id if user_id is not None else row.assignee_id,
            conversation_id=row.id,
        )
    )


def status_changed(work: Work, row: model.Conversation) -> None:
    """Every resolution counts, also that of a reopened conversation (chatwoot.md §2.11)."""
    if row.status != "resolved":
        return
    note(work, row, "conversation_resolved", work.store.now() - row.created_at)
    inbox = work.store.inboxes.rows[row.inbox_id]
    human = any(
        one.sender_type == "User" and one.message_type == model.OUTGOING for one in work.store.messages_of[row.id]
    )
    if inbox.agent_bot_id and not human:
        note(work, row, "conversation_bot_resolved", work.store.now() - row.created_at)

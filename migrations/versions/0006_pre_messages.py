"""Messages to people: recipients, routes over channels, and what became of each attempt.

Revision ID: 0006
Revises: 0005
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    sql = Path(__file__).parent.parent / "sql" / "0006_pre_messages.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("drop table log.notification_attempts")
    op.execute("update log.notification_log set state = 'expired' where state = 'refused'")
    op.execute(
        "alter table log.notification_log drop column recipient, drop column client_id, drop column telegram_user_id,"
        " drop column route, drop constraint notification_log_state_check, add constraint notification_log_state_check"
        " check (state in ('queued', 'sending', 'sent', 'unknown', 'failed', 'expired'))"
    )

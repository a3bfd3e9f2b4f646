"""Dialogues of the bot, and messages between Telegram and conversations.

Revision ID: 0007
Revises: 0006
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    sql = Path(__file__).parent.parent / "sql" / "0007_pre_telegram.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute(
        "drop table cons.telegram_messages, cons.message_marks, cons.messages, cons.telegram_replies,"
        " cons.telegram_dialogues"
    )

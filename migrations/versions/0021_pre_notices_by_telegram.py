"""Notices about accounts to people who have Telegram and no e-mail.

Revision ID: 0021
Revises: 0020
"""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a letter have a person of Telegram instead of an address."""
    sql = Path(__file__).parent.parent / "sql" / "0021_pre_notices_by_telegram.sql"
    # The driver's own connection: several statements in one text, and no parameter is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Who has no e-mail is told nothing."""
    op.execute("delete from log.letters where email is null")
    op.execute("alter table log.letters drop column telegram_user_id, alter column email set not null")

"""People in Telegram, their links to clients, and how clients want to be told.

Revision ID: 0003
Revises: 0002
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    sql = Path(__file__).parent.parent / "sql" / "0003_pre_people_in_telegram.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute(
        "drop table cons.contact_preferences, cons.telegram_staff, cons.telegram_links, cons.telegram_users cascade"
    )

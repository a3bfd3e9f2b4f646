"""First replies of before the first load, schedules that count from their making, recounts in the background.

Revision ID: 0016
Revises: 0015
"""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the column."""
    sql = Path(__file__).parent.parent / "sql" / "0016_pre_history_and_recounts.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("drop table cons.first_replies, rep.recount; alter table rep.schedules drop column counts_from")

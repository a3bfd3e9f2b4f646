"""Reports: facts, roll-ups, promises (SLA), schedules, and the list of changed requests.

Revision ID: 0012
Revises: 0009
"""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the schema and the triggers that note changes."""
    sql = Path(__file__).parent.parent / "sql" / "0012_pre_reports.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop it with the triggers: only for development."""
    op.execute("drop schema rep cascade")

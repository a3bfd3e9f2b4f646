"""Requests that are handed over when a queue closes.

Revision ID: 0002
Revises: 0001
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    sql = Path(__file__).parent.parent / "sql" / "0002_pre_reassignment.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop it: only for development."""
    op.execute("drop table cons.reassignments")

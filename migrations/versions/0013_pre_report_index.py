"""Requests of a client by their day: repetitions are looked up so.

Revision ID: 0013
Revises: 0012
"""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the index."""
    sql = Path(__file__).parent.parent / "sql" / "0013_pre_report_index.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Put the old one back: only for development."""
    op.execute("create index ix_cons_client_id on cons.cons (client_id)")
    op.execute("drop index cons.ix_cons_client_date")

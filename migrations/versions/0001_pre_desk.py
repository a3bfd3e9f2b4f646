"""The desk: requests, clients, staff, dictionaries, and the machinery of the sync.

Revision ID: 0001
Revises:
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four schemas and all their tables."""
    sql = Path(__file__).parent.parent / "sql" / "0001_pre_desk.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop everything: only for development."""
    op.execute("drop schema cons, dict, sys, log cascade")

"""The console: closed days that 1C is to be told of, and how partners were found.

Revision ID: 0014
Revises: 0010
"""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    sql = Path(__file__).parent.parent / "sql" / "0014_pre_console.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("drop table cons.closing_wishes, log.partner_looks")

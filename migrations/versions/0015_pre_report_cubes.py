"""Sums that know a manager or a category together with the rest, and histograms as vectors.

Revision ID: 0015
Revises: 0014
"""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables anew and fill them from the facts."""
    sql = Path(__file__).parent.parent / "sql" / "0015_pre_report_cubes.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """There is no way back but a base from before."""
    raise NotImplementedError("restore a backup from before 0015")

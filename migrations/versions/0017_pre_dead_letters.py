"""Letters about accounts among the dead letters.

Revision ID: 0017
Revises: 0016
"""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the view."""
    sql = Path(__file__).parent.parent / "sql" / "0017_pre_dead_letters.sql"
    # The driver's own connection: several statements in one text, and no parameter is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """There is no way back beyond 0015, so none here."""
    raise NotImplementedError("restore a backup from before 0017")

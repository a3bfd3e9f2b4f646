"""Moves that are made here, files that are put to a request, and lists in pages.

Revision ID: 0005
Revises: 0004
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and columns."""
    sql = Path(__file__).parent.parent / "sql" / "0005_pre_moves_and_files.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute(
        "drop table cons.attachment_pieces, cons.attachments;"
        " alter table cons.cons_redate drop column redate_id, drop column cons_id, drop column actor,"
        " drop column sent_at; create index ix_cons_create_date on cons.cons (create_date);"
        " drop index cons.ix_cons_newest"
    )

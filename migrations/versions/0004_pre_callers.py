"""Sessions, one-time links, and what finding a client needs.

Revision ID: 0004
Revises: 0003
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    sql = Path(__file__).parent.parent / "sql" / "0004_pre_callers.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("drop trigger clients_remember_hash on cons.clients")
    op.execute("drop function cons.remember_hash")
    op.execute("drop table cons.client_hashes, sys.links, sys.sessions")
    op.execute("alter table cons.clients drop column client_id_hash, drop column wanted")
    op.execute("drop index cons.ix_clients_phone_digits")
    op.execute("drop function cons.client_hash")

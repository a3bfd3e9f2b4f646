"""Accounts: people, organisations, proofs, the audit log, letters about accounts.

Revision ID: 0010
Revises: 0009
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the columns."""
    sql = Path(__file__).parent.parent / "sql" / "0010_pre_accounts.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("delete from sys.sessions where method = 'person'")
    op.execute("delete from sys.api_keys where organisation_id is not null")
    op.execute("alter table sys.api_keys drop column organisation_id, drop column made_by")
    op.execute(
        "alter table sys.sessions drop constraint sessions_person_check, drop constraint sessions_method_check,"
        " drop column person_id, drop column proved_at, drop column strong, drop column address,"
        " add constraint sessions_method_check check (method in ('link', 'telegram', 'key'))"
    )
    op.execute("drop table log.letters, log.audit")
    op.execute("drop function log.refuse_audit_change")
    op.execute("drop schema cab cascade")

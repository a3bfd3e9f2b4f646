"""Ratings: the questions, who is asked, and answers that 1C is to be told of.

Revision ID: 0009
Revises: 0008
"""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the columns."""
    sql = Path(__file__).parent.parent / "sql" / "0009_pre_ratings.sql"
    # The driver's own connection: several statements in one text, and no placeholder is looked for in it.
    op.get_bind().connection.driver_connection.execute(sql.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop them: only for development."""
    op.execute("alter table cons.cons drop column rated_at")
    op.execute(
        "alter table cons.cons_rating_answers drop column cons_id, drop column period, drop column version,"
        " drop column sent_version"
    )
    op.execute("drop index if exists cons.ix_cons_rating_answers_rating_date")
    op.execute("drop table cons.rating_requests, dict.rating_questions")

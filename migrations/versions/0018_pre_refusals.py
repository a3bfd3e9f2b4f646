"""Since when a partner refuses a push.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instant of the first refusal in a row."""
    op.execute("alter table sys.outbox add column refused_at timestamptz")


def downgrade() -> None:
    """Forget it."""
    op.execute("alter table sys.outbox drop column refused_at")

"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

# The connection has lock_timeout = 5s (env.py): a change that has to wait longer fails and is tried again.


def upgrade() -> None:
    """${message}."""
    op.execute("""""")


def downgrade() -> None:
    """Undo it."""
    op.execute("""""")

"""queue the drafts

Revision ID: 0008
Revises: 0007
"""
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TYPE letter_state ADD VALUE 'queued'")
    op.execute("UPDATE letters SET state = 'queued' WHERE state = 'draft'")


def downgrade() -> None:
    op.execute("UPDATE letters SET state = 'draft' WHERE state = 'queued'")

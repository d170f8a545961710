"""add comments.size

Revision ID: 0007b
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007b"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("comments", sa.Column("size", sa.Integer(), nullable=True))
    op.execute("UPDATE comments SET size = length(text)")


def downgrade() -> None:
    op.drop_column("comments", "size")

"""create likes

Revision ID: 0007a
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007a"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "likes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("post_id", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("likes")

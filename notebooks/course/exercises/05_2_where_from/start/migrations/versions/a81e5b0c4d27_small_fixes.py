"""small fixes

Revision ID: a81e5b0c4d27
Revises: 3f9c21d07be4
"""
from alembic import op
import sqlalchemy as sa

revision = "a81e5b0c4d27"
down_revision = "3f9c21d07be4"


def upgrade() -> None:
    op.add_column("comments", sa.Column("pinned", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("comments", "pinned")

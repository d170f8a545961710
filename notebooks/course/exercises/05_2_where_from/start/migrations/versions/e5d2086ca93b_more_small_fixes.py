"""more small fixes

Revision ID: e5d2086ca93b
Revises: 07be91f3d5c8
"""
from alembic import op
import sqlalchemy as sa

revision = "e5d2086ca93b"
down_revision = "07be91f3d5c8"


def upgrade() -> None:
    op.drop_column("comments", "pinned")


def downgrade() -> None:
    op.add_column("comments", sa.Column("pinned", sa.Boolean()))

"""editor feedback

Revision ID: 07be91f3d5c8
Revises: c40d7e92f1a6
"""
from alembic import op
import sqlalchemy as sa

revision = "07be91f3d5c8"
down_revision = "c40d7e92f1a6"


def upgrade() -> None:
    op.add_column("posts", sa.Column("pinned", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("posts", "pinned")

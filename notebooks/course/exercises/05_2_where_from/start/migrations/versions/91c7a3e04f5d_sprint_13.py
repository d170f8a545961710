"""sprint 13

Revision ID: 91c7a3e04f5d
Revises: e5d2086ca93b
"""
from alembic import op
import sqlalchemy as sa

revision = "91c7a3e04f5d"
down_revision = "e5d2086ca93b"


def upgrade() -> None:
    op.add_column("posts", sa.Column("slug", sa.String(100)))


def downgrade() -> None:
    op.drop_column("posts", "slug")

"""add posts.slug

Revision ID: 0007
Revises: 0006
"""
from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("posts", sa.Column("slug", sa.String(50)))


def downgrade() -> None:
    op.drop_column("posts", "slug")

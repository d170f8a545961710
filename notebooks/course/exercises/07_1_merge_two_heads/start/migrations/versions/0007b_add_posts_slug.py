"""add posts.slug

Revision ID: 0007b
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007b"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("posts", sa.Column("slug", sa.String(50), nullable=True))
    op.execute("UPDATE posts SET slug = 'post-' || id")


def downgrade() -> None:
    op.drop_column("posts", "slug")

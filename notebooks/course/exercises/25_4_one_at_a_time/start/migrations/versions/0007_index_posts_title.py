"""index posts.title

Revision ID: 0007
Revises: 0006
"""
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Upgrade schema."""
    with op.get_context().autocommit_block():
        op.create_index("ix_posts_title", "posts", ["title"], postgresql_concurrently=True)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_posts_title", "posts")

"""add posts.status

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-21 14:37:13.653181

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '0006'
down_revision: Union[str, Sequence[str], None] = '0005'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "posts",
        sa.Column(
            "status",
            sa.String(20),
            sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_posts_status")),
            server_default="draft",
            nullable=False,
        ),
    )
    op.execute("UPDATE posts SET status = 'published'")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("posts", "status")

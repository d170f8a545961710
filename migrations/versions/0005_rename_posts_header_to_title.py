"""rename posts.header to title

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-21 14:37:13.441705

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '0005'
down_revision: Union[str, Sequence[str], None] = '0004'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.alter_column("posts", "header", new_column_name="title")


def downgrade() -> None:
    """Downgrade schema."""
    op.alter_column("posts", "title", new_column_name="header")

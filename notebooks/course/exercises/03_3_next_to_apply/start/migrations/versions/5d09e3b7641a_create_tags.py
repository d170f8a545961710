"""create tags

Revision ID: 5d09e3b7641a
Revises: c41f7a90be52
Create Date: 2026-01-15 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "5d09e3b7641a"
down_revision: Union[str, Sequence[str], None] = "c41f7a90be52"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("tags")

"""create notes

Revision ID: e8b26c15f07d
Revises: 5d09e3b7641a
Create Date: 2026-01-15 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "e8b26c15f07d"
down_revision: Union[str, Sequence[str], None] = "5d09e3b7641a"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("notes")

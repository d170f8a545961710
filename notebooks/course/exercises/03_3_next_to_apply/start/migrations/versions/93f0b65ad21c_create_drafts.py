"""create drafts

Revision ID: 93f0b65ad21c
Revises: 1a7c4d8092ef
Create Date: 2026-01-15 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "93f0b65ad21c"
down_revision: Union[str, Sequence[str], None] = "1a7c4d8092ef"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("drafts")

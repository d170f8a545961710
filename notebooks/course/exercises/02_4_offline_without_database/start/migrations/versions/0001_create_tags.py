"""create tags

Revision ID: 0001
Revises:
Create Date: 2026-01-01 12:00:00

"""
from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    tags = op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute(tags.insert().values(name="python"))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("tags")

"""add tags.color

Revision ID: 0008a
Revises: 0007a
"""

import sqlalchemy as sa
from alembic import op

revision = "0008a"
down_revision = "0007a"


def upgrade() -> None:
    op.add_column("tags", sa.Column("color", sa.String(20), nullable=True))


def downgrade() -> None:
    op.drop_column("tags", "color")

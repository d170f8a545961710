"""add users.city

Revision ID: 0007b
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007b"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("users", sa.Column("city", sa.String(100), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "city")

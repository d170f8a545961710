"""cleanup

Revision ID: 5b80f6d1e29a
Revises: 91c7a3e04f5d
"""
from alembic import op
import sqlalchemy as sa

revision = "5b80f6d1e29a"
down_revision = "91c7a3e04f5d"


def upgrade() -> None:
    op.drop_column("users", "phone")


def downgrade() -> None:
    op.add_column("users", sa.Column("phone", sa.String(100)))

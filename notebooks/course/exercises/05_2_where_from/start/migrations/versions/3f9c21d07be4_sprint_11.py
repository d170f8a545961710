"""sprint 11

Revision ID: 3f9c21d07be4
Revises: 0006
"""
from alembic import op
import sqlalchemy as sa

revision = "3f9c21d07be4"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("users", sa.Column("phone", sa.String(100)))


def downgrade() -> None:
    op.drop_column("users", "phone")

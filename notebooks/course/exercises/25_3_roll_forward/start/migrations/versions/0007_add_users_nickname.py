"""add users.nickname

Revision ID: 0007
Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("users", sa.Column("nickname", sa.String(200)))
    op.execute("UPDATE users SET nickname = email")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("users", "nickname")

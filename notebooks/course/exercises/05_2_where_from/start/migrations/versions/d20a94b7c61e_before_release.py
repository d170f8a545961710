"""before release

Revision ID: d20a94b7c61e
Revises: 5b80f6d1e29a
"""
from alembic import op
import sqlalchemy as sa

revision = "d20a94b7c61e"
down_revision = "5b80f6d1e29a"


def upgrade() -> None:
    op.add_column("comments", sa.Column("edited_by", sa.String(100)))


def downgrade() -> None:
    op.drop_column("comments", "edited_by")

"""sprint 12

Revision ID: c40d7e92f1a6
Revises: a81e5b0c4d27
"""
from alembic import op
import sqlalchemy as sa

revision = "c40d7e92f1a6"
down_revision = "a81e5b0c4d27"


def upgrade() -> None:
    op.add_column("posts", sa.Column("summary", sa.String(100)))


def downgrade() -> None:
    op.drop_column("posts", "summary")

"""add posts.editor_id

Revision ID: 0007
Revises: 0006
"""
from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("posts", sa.Column("editor_id", sa.Integer()))


def downgrade() -> None:
    op.drop_column("posts", "editor_id")

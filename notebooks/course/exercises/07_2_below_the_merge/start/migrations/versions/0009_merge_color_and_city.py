"""merge color and city

Revision ID: 0009
Revises: 0008a, 0007b
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = ("0008a", "0007b")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""create letters

Revision ID: 0007
Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("state", sa.Enum("draft", "sent", name="letter_state"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )


def downgrade() -> None:
    op.drop_table("letters")

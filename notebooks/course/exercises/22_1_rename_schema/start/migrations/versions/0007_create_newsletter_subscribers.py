"""create newsletter.subscribers

Revision ID: 0007
Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("CREATE SCHEMA newsletter")
    op.create_table(
        "subscribers",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(50), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_subscribers"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_subscribers_user_id_users", ondelete="CASCADE"),
        schema="newsletter",
    )
    op.create_index("ix_subscribers_topic", "subscribers", ["topic"], schema="newsletter")


def downgrade() -> None:
    op.drop_table("subscribers", schema="newsletter")
    op.execute("DROP SCHEMA newsletter")

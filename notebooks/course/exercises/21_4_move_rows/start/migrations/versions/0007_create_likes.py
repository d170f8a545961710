"""create likes

Revision ID: 0007
Revises: 0006
"""
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "likes",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_likes_post_id_posts", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_likes_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "post_id", name="pk_likes"),
    )


def downgrade() -> None:
    op.drop_table("likes")

"""add posts.slug

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-20 12:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("posts", sa.Column("slug", sa.String(50), nullable=True))
    posts = op.get_bind().execute(sa.text("SELECT id, author_id FROM posts")).fetchall()
    for id, author_id in posts:
        op.execute(f"UPDATE posts SET slug = '{author_id}-{id}' WHERE id = {id}")
    with op.batch_alter_table("posts") as batch_op:
        batch_op.alter_column("slug", existing_type=sa.String(50), nullable=False)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("posts", "slug")

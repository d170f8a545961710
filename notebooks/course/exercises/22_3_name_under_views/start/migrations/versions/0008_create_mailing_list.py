"""create newsletter.mailing_list

Revision ID: 0008
Revises: 0007
"""
from alembic import op

revision = "0008"
down_revision = "0007"

VIEW = """
CREATE VIEW newsletter.mailing_list AS
SELECT users.name, users.email, subscribers.topic
FROM newsletter.subscribers JOIN users ON users.id = subscribers.user_id
"""


def upgrade() -> None:
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW newsletter.mailing_list")

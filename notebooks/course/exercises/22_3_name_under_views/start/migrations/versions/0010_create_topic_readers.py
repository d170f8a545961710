"""create newsletter.topic_readers

Revision ID: 0010
Revises: 0009
"""
from alembic import op

revision = "0010"
down_revision = "0009"

VIEW = """
CREATE MATERIALIZED VIEW newsletter.topic_readers AS
SELECT topic, string_agg(name, ', ' ORDER BY name) AS names
FROM newsletter.mailing_list GROUP BY topic
"""


def upgrade() -> None:
    op.execute(VIEW)
    op.create_index("uq_topic_readers_topic", "topic_readers", ["topic"], unique=True, schema="newsletter")
    op.execute("GRANT SELECT ON newsletter.topic_readers TO blog_reader")


def downgrade() -> None:
    op.execute("DROP MATERIALIZED VIEW newsletter.topic_readers")

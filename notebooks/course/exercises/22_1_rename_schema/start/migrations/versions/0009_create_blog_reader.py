"""create role blog_reader

Revision ID: 0009
Revises: 0008
"""
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'blog_reader')"
        " THEN CREATE ROLE blog_reader; END IF; END $$"
    )
    op.execute("GRANT USAGE ON SCHEMA newsletter TO blog_reader")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA newsletter TO blog_reader")


def downgrade() -> None:
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA newsletter FROM blog_reader")
    op.execute("REVOKE ALL ON SCHEMA newsletter FROM blog_reader")
    op.execute(
        "DO $$ BEGIN DROP ROLE blog_reader;"
        " EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$"
    )

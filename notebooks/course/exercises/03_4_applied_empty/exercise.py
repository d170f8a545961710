"""Repair it: a revision was applied empty, and its file filled only afterwards."""

from ...opening import sql
from ..checks import at_head, created_by_revision, has_table, made_by_migrations, models_have, no_row_more, way_back

OPENS_ON = "04"
FILE = "migrations/versions/0002_create_drafts.py"
MAY_CHANGE = {"files": [FILE, "models.py", "alembic.ini", "migrations/env.py"], "data.db": ["drafts"]}
DRAFTS = {"id": "INTEGER NOT NULL", "title": "VARCHAR(200) NOT NULL", "PRIMARY KEY": "id"}


def set_up():
    """The database says 0002, and has what 0001 has made."""
    sql("UPDATE alembic_version SET version_num = '0002'")


def check(work):
    at_head(work)
    created_by_revision(work, "drafts")
    has_table(work, "drafts", DRAFTS)
    made_by_migrations(work, begin_at="0001", to_the_letter=["drafts"])
    way_back(work, "0001", free=["drafts"])
    no_row_more(work, "users", "0001")
    models_have(work, "users", work.schema()["users"])

"""Repair it: a revision was applied empty, and its file filled only afterwards."""

from ...opening import sql
from ..checks import table_added

OPENS_ON = "04"
FILE = "migrations/versions/0002_create_drafts.py"
MAY_CHANGE = {"files": [FILE, "models.py", "alembic.ini", "migrations/env.py"], "data.db": ["drafts"]}
DRAFTS = {"id": "INTEGER NOT NULL", "title": "VARCHAR(200) NOT NULL", "PRIMARY KEY": "id"}


def set_up():
    """The database says 0002, and has what 0001 has made."""
    sql("UPDATE alembic_version SET version_num = '0002'")


def check(work):
    table_added(work, "drafts", DRAFTS, begin_at="0001")

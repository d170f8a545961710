"""Stretch, repair it: an applied revision was renumbered, a column is missing, and rows must not be lost."""

from ...opening import alembic, edit, sql
from ..checks import at_head, column_filled, joined_as_before, made_from_nothing, way_back, worked_example

MINE = "migrations/versions/0007a_create_tags.py"
MAY_CHANGE = {"files": [MINE, "models.py", "alembic.ini"], "data.db": ["users.login"]}


def set_up():
    alembic("upgrade 0007a")
    sql("INSERT INTO tags (name) VALUES ('alembic'), ('sqlite'), ('git')")
    edit(MINE, "Revises: 0006", "Revises: 0007b")
    edit(MINE, 'down_revision = "0006"', 'down_revision = "0007b"')


def check(work):
    at_head(work)
    column_filled(work, "users.login", "'user' || id", revision="0007b")
    made_from_nothing(work)
    sql("DROP TABLE tags; UPDATE alembic_version SET version_num = '0006'", work.opened / "data.db")
    before, after = worked_example(work)
    joined_as_before(work, before, after)
    if "0007a" in work.history():
        way_back(work, "0007a", wanted=work.schema())
    way_back(work, "0006", free=["tags", "users.login"], wanted=work.schema(before))

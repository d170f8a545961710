"""Repair it: an env.py after which nothing of `upgrade head` stays, because it begins a transaction itself."""

from contextlib import suppress
from pathlib import Path

from ..checks import Broken, NotYet, at, empty_database, models_agree, same_schema

MAY_CHANGE = {"files": ["migrations/env.py"], "database": ["*"]}
MARKS = """SELECT table_schema || '.' || table_name FROM information_schema.columns
WHERE column_name = 'version_num' ORDER BY 1"""
HALF = """from alembic import op
revision, down_revision = "half", "0006"
def upgrade():
    op.execute("CREATE TABLE half (id integer)")
    raise RuntimeError("half way")
"""


def check(work):
    with empty_database(work):
        for command, position in ("upgrade head", "0006"), ("downgrade base", "base"), ("upgrade head", "0006"):
            work.alembic(command)
            mark_is_in_meta(work, position, command)
        schema = work.schema()
        Path("migrations/versions/half.py").write_text(HALF, encoding="utf-8")
        with suppress(Broken):
            work.alembic("upgrade head")
        Path("migrations/versions/half.py").unlink()
        if "half" in work.schema() or work.position() != ["0006"]:
            raise NotYet("half_left")
    at(work, "0006")
    mark_is_in_meta(work, "0006", "upgrade head")
    same_schema(schema, work.schema(), "not_made_by_migrations")
    models_agree(work)


def mark_is_in_meta(work, position, command):
    tables = [table for (table,) in work.rows(MARKS)]
    if tables and tables != ["meta.alembic_version"]:
        raise NotYet("mark_elsewhere", tables=", ".join(tables))
    if work.position() != [position]:
        raise NotYet("nothing_stays", command=command)

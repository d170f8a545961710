"""Repair it: a revision that only SQLite understands does the same on both databases."""

import os
from contextlib import suppress
from unittest.mock import patch

from ...opening import alembic, sql
from .. import checks
from ..checks import NotYet

MAY_CHANGE = {"files": ["migrations/versions/0007*.py", "models.py"]}
MAY_CHANGE |= dict.fromkeys(("database", "data.db"), FREE := ["posts.status", "users.active"])
ROWS = """INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('roman@example.com', 'Роман');
INSERT INTO posts (author_id, title, body, status) VALUES (1, 'Spring', 'Now', 'published'), (2, 'Soon', '', 'draft'),
(1, NULL, 'To do', 'published'), (2, '', 'Later', 'published'), (2, ' ', 'One space', 'published')"""


def set_up():
    alembic("upgrade 0006")
    sql(ROWS)


def check(work):
    checks.new_head(work, after="0006")
    does_it(work, work.all_rows(work.before))
    works(work)
    sqlite = {"database": work.at("data.db"), "before": work.at(work.opened / "data.db")}
    with patch.multiple(work, **sqlite), patch.dict(os.environ, DATABASE_URL="sqlite:///data.db"):
        works(work)


def works(work):
    """From the database of old, with rows that nobody could foresee, the revision does what it is to do, and back."""
    with checks.database_of(work, work.before):
        work.database.add_strangers({"posts.title": [""], "posts.status": ["published"]})
        before = work.all_rows()
        work.alembic("upgrade head", step=f"upgrade head ({work.database.name})")
        with suppress(Exception):  # without a default the new row is refused, by an error of the driver's own
            work.database.run("INSERT INTO users (id, email, name) VALUES (1000, 'anna@example.com', 'Анна')")
        does_it(work, before, new=1)
        checks.way_back(work, "0006", free=FREE)


def does_it(work, before, new=0):
    places, rows = {"database": work.database.name}, work.all_rows()
    found = work.schema()["users"].get("active", "—")
    if not found.startswith("BOOLEAN NOT NULL"):
        raise NotYet("no_such_column", found=found, **places)
    active = [row["active"] for row in rows["users"]]
    if active.count(1) < max(len(active), len(before["users"]) + new):
        raise NotYet("not_active", **places)
    status = {row["id"]: row["status"] for row in rows["posts"]}
    for row in before["posts"]:
        if status[row["id"]] != (row["status"] if row["title"] else "draft"):
            title = repr(row["title"]).replace("None", "NULL")
            raise NotYet("another_status", title=title, status=status[row["id"]], **places)

"""Repair it (a stretch): bring back the file of an applied revision, and give a create_all() database its place."""

import shutil
from pathlib import Path

from ...opening import sql
from ..checks import (
    NotYet,
    at,
    at_head,
    filled,
    made_from_nothing,
    no_other_revisions,
    same_rows,
    same_schema,
    way_back,
)

MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py", "trash/*"], "legacy.db": ["posts.status", "posts.rating"]}


def set_up():
    shutil.copyfile("data.db", "legacy.db")
    sql("DROP TABLE alembic_version; ALTER TABLE posts DROP COLUMN status", "legacy.db")
    sql("INSERT INTO users (email, name) VALUES ('taras@example.com', 'Тарас')", "legacy.db")
    sql("INSERT INTO users (email, name) VALUES ('alla@example.com', 'Алла')")
    Path("migrations/versions/0006_add_posts_status.py").rename("trash/0006_add_posts_status.py")


def check(work):
    no_other_revisions(work)
    at_head(work)
    at(work, "0006")
    made_from_nothing(work, "another_0006")
    legacy_is_taken_over(work)
    way_back(work, "0005", free=["posts.status"], wanted=work.schema(work.opened / "legacy.db"))


def legacy_is_taken_over(work):
    (position, *_) = work.position("legacy.db")
    if position == "base":
        raise NotYet("legacy_without_mark")
    if position < "0005":
        raise NotYet("mark_behind_schema", revision=position)
    if position == "0006" and "status" not in work.schema("legacy.db")["posts"]:
        raise NotYet("mark_ahead_of_schema")
    at(work, "0006", "legacy.db")
    same_schema(work.schema(), work.schema("legacy.db"), "legacy_differs")
    due = filled(work.all_rows(work.opened / "legacy.db"), {"posts.status": "published"})
    same_rows(due, work.all_rows("legacy.db"), "legacy_status")

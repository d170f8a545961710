"""Repair it: two heads, both revisions already shared; make one head of them by a merge."""

from ...opening import alembic, sql
from ..checks import at_head, column_filled, joined_as_before, made_by_migrations, way_back, worked_example

MAY_CHANGE = {"files": ["models.py", "alembic.ini"], "data.db": ["posts.slug"]}


def set_up():
    alembic("upgrade 0007a")
    sql("INSERT INTO likes (post_id) VALUES (1), (2), (4)")


def check(work):
    at_head(work)
    column_filled(work, "posts.slug", "'post-' || id", revision="0007b")
    made_by_migrations(work)
    before, after = worked_example(work, "downgrade 0006", then="upgrade heads")
    joined_as_before(work, before, after)
    way_back(work, "0007b", wanted=work.schema())
    way_back(work, "0006", free=["likes", "posts.slug"], wanted=work.schema(before))

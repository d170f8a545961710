"""Do it: a foreign key for a table that is written into all the time."""

from ...opening import alembic, sql
from ..checks import NotYet, database_of, new_head, way_back
from ..watched import upgraded, writers_wait

MAY_CHANGE = {"files": ["models.py", "migrations/env.py"], "database": ["posts.editor_id"]}
USERS = "INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур')"
POSTS = "INSERT INTO posts (author_id, body, editor_id) VALUES (1, '', 2), (2, '', NULL), (1, '', {0}), (2, '', 1)"
KEY = """SELECT convalidated FROM pg_constraint WHERE contype = 'f' AND conrelid = 'posts'::regclass
    AND confrelid = 'users'::regclass AND pg_get_constraintdef(oid) LIKE 'FOREIGN KEY (editor_id)%'"""


def set_up():
    alembic("upgrade 0007")
    sql(USERS)
    sql(POSTS.format(77))


def check(work):
    new_head(work, after="0007")
    is_as_wanted(work, work.all_rows(work.before))
    with database_of(work, work.before):
        work.database.run(POSTS.format(4711))
        before = work.all_rows()
        sent = upgraded(work, unknown_editors="violates foreign key")
        is_as_wanted(work, before)
    if statement := writers_wait(sent):
        raise NotYet("writers_wait", statement=statement)
    way_back(work, "0007", free=["posts.editor_id"])


def is_as_wanted(work, before):
    """The key is there, and each editor that there was, but for those whom users did not have."""
    if (found := work.rows(KEY)) != [(True,)]:
        raise NotYet("key_not_valid" if found == [(False,)] else "two_keys" if found else "key_missing")
    users = {user["id"] for user in before["users"]}
    editors = {post["id"]: post["editor_id"] for post in work.all_rows()["posts"]}
    for post in before["posts"]:
        wanted = post["editor_id"] if post["editor_id"] in users else None
        if editors[post["id"]] != wanted:
            raise NotYet("another_editor", id=post["id"], wanted=wanted, found=editors[post["id"]])

"""Do it: move the rows of data.db, some of which PostgreSQL refuses, into an empty database, sequences and all."""

import os
from datetime import UTC, datetime
from unittest.mock import patch

from ...opening import alembic, sql
from .. import checks
from ..checks import NotYet

MAY_CHANGE = {"files": ["move_rows.py"], "database": ["*"], "data.db": ["*"]}
ROWS = """INSERT INTO users (id, email, name) VALUES (9, 'x@example.com', replace(hex(zeroblob(20)), '00', 'Рома, '));
INSERT INTO posts (id, author_id, title, body) VALUES (7, 9, '100%', 'A colon: "x", a ''quote'' and %s');
INSERT INTO comments (id, post_id, author_id, text) VALUES (8, 99, 1, 'Lost'), (12, 7, 9, 'Kept'), (15, 98, 2, 'Lost');
INSERT INTO likes (user_id, post_id) VALUES (1, 2), (1, 7), (2, 1), (9, 3)"""


def set_up():
    alembic("upgrade head")
    with patch.dict(os.environ, DATABASE_URL="sqlite:///data.db"):
        alembic("upgrade head")
    sql(ROWS, "data.db")


def check(work):
    checks.at(work, "0007")
    checks.same_schema(work.schema(work.before), work.schema(), "schema_changed")
    wanted, moved = as_wanted(**work.all_rows(work.opened / "data.db")), work.all_rows()
    if not any(moved.values()):
        raise NotYet("nothing_moved")
    checks.same_rows(wanted, moved, "not_moved")
    last = {table: max(row.get("id", 0) for row in rows) for table, rows in wanted.items()}
    old = {table: [row for row in rows if row.get("id", 0) <= last[table]] for table, rows in moved.items()}
    checks.same_rows(old, wanted, "not_asked_for")  # rows after them are of a trial
    for table in ("users", "posts", "comments"):
        last = max(row["id"] for row in moved[table])
        ((following,),) = work.rows(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")
        if following <= last:
            raise NotYet("id_taken", table=table, following=following, last=last)


def as_wanted(users, posts, comments, likes):
    """The rows of data.db as PostgreSQL is to have them."""
    users = [row | {"name": row["name"][:100]} for row in users]
    comments = [row for row in comments if row["post_id"] in [post["id"] for post in posts]]
    for row in posts + comments:
        row["created_at"] = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
    return {"users": users, "posts": posts, "comments": comments, "likes": likes}

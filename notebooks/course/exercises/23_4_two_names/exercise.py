"""Do it (stretch): comments.text becomes body while an old and a new version of the application are at work."""

from ...opening import alembic, sql
from ..checks import NotYet, at, database_of, renamed, same_rows, same_schema
from ..watched import reads, works

MAY_CHANGE = {"files": ["models.py", "migrations/env.py"], "database": ["*"]}
ROWS = """INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур');
INSERT INTO posts (author_id, title, body) VALUES (1, 'Spring', ''), (2, 'News', '');
INSERT INTO comments (post_id, author_id, text) VALUES (1, 2, 'Nice'), (1, 1, 'Thanks'), (2, 1, ''), (2, 2, 'First')"""
STEPS = {"0007": ["text"], "0008": ["text", "body", "text", "body"], "0009": ["body"]}


def set_up():
    alembic("upgrade 0006")
    sql(ROWS)


def check(work):
    at(work, "0009")
    if missing := [revision for revision in STEPS if revision not in work.history()]:
        raise NotYet("no_such_step", revision=missing[0])
    found = work.schema()["comments"]
    if "text" in found or found.get("body") != "VARCHAR(1000) NOT NULL":
        raise NotYet("not_narrow", text=found.get("text", "—"), body=found.get("body", "—"))
    same_rows(renamed(work.all_rows(work.before), {"comments.text": "comments.body"}), work.all_rows(), "row_gone")
    with database_of(work, work.before):
        work.database.add_strangers()
        schema, comments = work.schema(), dict(work.rows("SELECT id, text FROM comments"))
        for revision, columns in STEPS.items():
            work.alembic(f"upgrade {revision}")
            for column in columns:
                works(work, revision, column, comments)
        work.alembic("downgrade 0006")
        same_schema(schema, work.schema(), "way_back_differs", revision="0006")
        reads(work, "0006", "text", comments)

"""Do it: restore a dump of an older server, on which a role lived that is missing here, and bring it to the head."""

import subprocess
from contextlib import chdir

from ...opening import alembic, sql
from ..checks import NotYet, at_head, empty_database, same_rows, same_schema

MAY_CHANGE = {"database": ["*"]}
ROWS = """
    INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('roman@example.com', 'Роман');
    INSERT INTO posts (author_id, header, body, created_at)
    VALUES (1, 'Spring', 'Rain again', '2026-03-01 10:00+00'), (2, NULL, 'Two cups of coffee', '2026-03-02 10:00+00');
    INSERT INTO comments (post_id, author_id, text, created_at) VALUES (1, 2, 'It will pass', '2026-03-03 10:00+00');
"""
ROLE, GRANT = "CREATE ROLE blog_reader", "GRANT SELECT ON posts TO blog_reader"
GONE = "DROP TABLE comments, posts, users, alembic_version; DROP ROLE blog_reader"


def set_up():
    alembic("upgrade 0004")
    sql(f"{ROWS} {ROLE}; {GRANT}")
    subprocess.run(["pg_dump", "-Fc", "-f", "prod.dump"], check=True)
    sql(GONE)


def check(work):
    if not work.all_rows():
        raise NotYet("nothing_restored")
    at_head(work)
    with empty_database(work), chdir(work.opened):
        work.alembic("upgrade 0004")
        work.database.run(ROWS)
        work.alembic("upgrade head")
        schema, rows = work.schema(), work.all_rows()
    found = work.schema()
    found.pop("SCHEMA public", "")  # that a role may look into it changes nothing
    rights = found.get("posts", {}).pop("GRANT blog_reader", "")
    same_schema(schema, found, "another_schema")
    same_rows(rows, work.all_rows(), "rows_not_back")
    for table, restored in work.all_rows().items():
        if work.rows(f"SELECT nextval('{table}_id_seq')")[0][0] in {row["id"] for row in restored}:
            raise NotYet("number_taken", table=table)
    if "SELECT" not in rights:
        raise NotYet("grant_lost")

"""Do it: SQL for production's way there and back, which changes nothing in a database with another mark."""

import re
from contextlib import chdir

from ...opening import alembic, sql
from ..checks import NotYet, at, empty_database, goes_the_way, saved_script
from ..servers import does_the_same, leaves_alone

MAY_CHANGE = {"files": ["migrations/env.py"]}
WAYS = {  # file: where it begins, where it ends, Alembic's command, what stops it in the middle, and how that is undone
    "forward.sql": ("0003", "0006", "upgrade", "ALTER TABLE posts ADD status text", "ALTER TABLE posts DROP status"),
    "back.sql": ("0006", "0003", "downgrade", "ALTER TABLE comments RENAME TO c", "ALTER TABLE c RENAME TO comments"),
}
CHANGE = "UPDATE alembic_version SET version_num = '{}'"
OTHER_MARKS = CHANGE.format("0007"), CHANGE.format("0002"), "DELETE FROM alembic_version"
BEGIN, QUOTED = re.compile(r"(?im)^\s*(BEGIN|START TRANSACTION)\b[^;]*;"), re.compile(r"(?s)(\$\w*\$).*?\1")


def set_up():
    alembic("upgrade head")
    sql("INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('roman@example.com', 'Роман')")
    sql("INSERT INTO posts (author_id, title, body) VALUES (1, 'Spring', 'Rain again'), (2, NULL, 'Two cups')")


def check(work):
    at(work, "0006")
    for name, (start, end, command, obstacle, removal) in WAYS.items():
        script = saved_script(work, name)
        goes_the_way(script, name, start, end)
        if not BEGIN.search(QUOTED.sub("", script)):
            raise NotYet("not_one_transaction", file=name)
        with empty_database(work), chdir(work.opened):
            work.alembic(f"upgrade {start}")
            work.database.add_strangers()
            back = f"DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{start}')"
            for mark in OTHER_MARKS:
                leaves_alone(work, script, name, mark, back, "no_guard")
            leaves_alone(work, script, name, obstacle, removal, "not_one_transaction")
            does_the_same(work, script, name, f"{command} {end}")

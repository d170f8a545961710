"""Repair it (stretch): a migration that reads rows and uses batch mode must work offline and online alike."""

import shutil
from pathlib import Path

from ...guard import DatabaseOpened
from ..checks import (
    Broken,
    NotYet,
    at_head,
    database_of,
    one_head,
    printed_sql,
    run_script,
    same_database,
    same_schema,
    worked_example,
)

MAY_CHANGE = {
    "files": ["migrations/versions/0007*.py", "models.py", "alembic.ini"],
    "data.db": ["posts.slug"],
}
OFFLINE, ONLINE, BACK = "upgrade 0006:head --sql", "upgrade head", "downgrade 0006"
SIGNS = {
    "'NoneType' object": "reads_rows",
    "batch mode with dialect": "batch_asks",
    "KeyError: 'slug'": "slug_not_described",
    "NOT NULL constraint failed": "null_left",
}


def check(work):
    if "0007" not in work.history():
        raise NotYet("revision_gone")
    one_head(work)
    before, after = worked_example(work)
    offline(work, before, after)
    with database_of(work, before):
        explained(work, work.alembic, ONLINE)
        is_like(work, after, "data.db", ONLINE)
        work.alembic(BACK)
        is_like(work, before, "data.db", BACK)
    learners_database(work, before, after)


def offline(work, before, after):
    """Without a database the migration prints SQL that does what it did at first."""
    try:
        script = explained(work, lambda command: printed_sql(work, command), OFFLINE)
    except DatabaseOpened as error:
        raise NotYet("opens_database", place=Path(error.place).name) from None
    Path("offline.sql").write_text(script, encoding="utf-8")
    shutil.copyfile(before, "offline.db")
    try:
        run_script(work, "offline.sql", "offline.db")
    except NotYet as fault:
        reason = str(fault.places.get("reason", fault.key))
        raise NotYet("null_left" if "NOT NULL" in reason else "printed_sql_stops", reason=reason) from None
    is_like(work, after, "offline.db", OFFLINE)
    if work.position("offline.db") != work.heads():
        raise NotYet("mark_not_moved")


def explained(work, run, command):
    """Run a command, and say what its error means for this migration."""
    try:
        return run(command)
    except Broken as error:
        for sign, key in SIGNS.items():
            if sign in str(error):
                raise NotYet(key) from None
        if command == OFFLINE and any("is_offline_mode" in work.text(p) for p in Path().rglob("versions/*.py")):
            raise NotYet("refuses") from None
        raise


def is_like(work, wanted, database, command):
    """A database is like the wanted one, down to the name of the foreign key."""
    same_database(work, wanted, "differs", "rows_differ", database, command=command)
    ((created,),) = work.rows("SELECT sql FROM sqlite_master WHERE name = 'posts'", database)
    if "fk_posts_author_id_users" not in created:
        raise NotYet("name_lost", command=command)


def learners_database(work, before, after):
    """The learner's own database is where it was, or it is at the head and has what the migration makes."""
    if work.position() == ["0006"]:
        same_schema(work.schema(before), work.schema(), "half_applied")
        return
    at_head(work)
    same_schema(work.schema(after), work.schema(), "applied_otherwise")
    for row in work.all_rows(work.opened / "data.db")["posts"]:
        wanted = f"{row['author_id']}-{row['id']}"
        if work.rows(f"SELECT slug FROM posts WHERE id = {row['id']}") != [(wanted,)]:
            raise NotYet("slug_differs", row=row["id"], wanted=wanted)

"""Stretch, do it: env.py lets one `upgrade head` work at a time, and the other wait for it."""

from ...opening import alembic, edit, sql
from ..checks import Broken, NotYet, cause, empty_database
from ..first_migrator import FirstMigrator, locks_during

MAY_CHANGE = {"files": ["migrations/env.py", "alembic.ini"], "database": ["posts.title"]}


def set_up():
    title = "title: Mapped[str | None] = mapped_column(String(200)"
    edit("models.py", f"{title})", f"{title}, index=True)")
    alembic("upgrade 0006")
    sql("INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта')")
    sql("INSERT INTO posts (author_id, title, body) VALUES (1, 'Hello', 'text')")


def check(work):
    with empty_database(work):
        stays(work, "upgrade 0006", "0006")
        seen = locks_during(work, "CREATE INDEX", lambda: stays(work, "upgrade head", "0007"))
        if not seen:
            raise NotYet("no_lock")
        stays(work, "downgrade 0006", "0006")
        waits(work, FirstMigrator(work, seen[0]))


def stays(work, command, revision):
    """A command does its work, and what it did is there afterwards."""
    work.alembic(command)
    if work.position() != [revision]:
        raise NotYet("nothing_stays", command=command, position=work.position()[0])


def waits(work, first):
    """While another holds the lock and migrates, `upgrade head` waits, and then finds that all is done."""
    failed = None
    with first.at_work():
        try:
            work.alembic("upgrade head")
        except Broken as error:
            failed = error
    if first.overtaken:
        raise NotYet("does_not_wait")
    if first.stopped or "deadlock" in str(failed):
        raise NotYet("waits_inside_query")
    if not first.done:
        raise NotYet("gives_up", reason=cause(failed)) if failed else NotYet("does_not_wait")
    if failed:
        raise failed

"""Stretch, do it: env.py lets one `upgrade head` work at a time, and the other wait for it."""

from ...opening import alembic, edit, sql
from ..checks import Broken, NotYet, cause, empty_database
from ..first_migrator import FirstMigrator, locks_seen

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
        with locks_seen(work, "CREATE INDEX") as seen:
            stays(work, "upgrade head", "0007")
        if not seen:
            raise NotYet("no_lock")
        stays(work, "downgrade 0006", "0006")
        waits(work, seen[0])


def stays(work, command, revision):
    """A command does its work, and what it did is there afterwards."""
    work.alembic(command)
    if work.position() != [revision]:
        raise NotYet("nothing_stays", command=command, position=work.position()[0])


def waits(work, lock):
    """While another holds the lock and migrates, `upgrade head` waits, and then finds that all is done."""
    with FirstMigrator(work, lock) as first:
        try:
            work.alembic("upgrade head")
        except Broken as error:
            if "deadlock" in str(error) or first.stopped:
                raise NotYet("waits_inside_query") from None
            if first.done:
                raise
            raise NotYet("gives_up", reason=cause(error)) from None
        if not first.done:
            raise NotYet("waits_inside_query" if first.stopped else "does_not_wait")

"""Do it: take the database to revision 0003, with a copy made before."""

from pathlib import Path

from ..checks import NotYet, at, database_of, no_other_revisions, opens, same_rows, same_schema

MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py"], "data.db": ["users.avatar_url", "posts", "comments"]}


def check(work):
    no_other_revisions(work)
    opens(work, "data.db")
    schema, rows = at_0003(work)
    same_rows(rows, work.all_rows(), "rows_gone", free=["users.avatar_url", "posts.header"])
    copy_before_the_way_down(work)
    at(work, "0003")
    same_schema(schema, work.schema(), "only_the_mark_moved")
    same_rows(rows, work.all_rows(), "rows_gone")
    backup_is_whole(work)


def copy_before_the_way_down(work):
    """The copy is judged before the position, so that nobody goes down with a wrong one and loses the comments."""
    above = work.position() == ["0006"]
    if above and not Path("backup.db").is_file():
        raise NotYet("copy_first")
    try:
        backup_is_whole(work)
    except NotYet as fault:
        if above:
            raise NotYet("copy_again") from None
        if fault.key not in ("no_backup", "backup_misnamed"):
            raise


def at_0003(work):
    """The schema and the rows that `downgrade 0003` makes of the database as it was opened."""
    with database_of(work, work.opened / "data.db"):
        work.alembic("downgrade 0003")
        return work.schema(), work.all_rows()


def backup_is_whole(work):
    if not Path("backup.db").is_file():
        others = [path.as_posix() for path in sorted(Path().rglob("*")) if is_whole(work, path)]
        raise NotYet("backup_misnamed", file=others[0]) if others else NotYet("no_backup")
    found, before = work.schema("backup.db"), work.opened / "data.db"
    if work.position("backup.db") != ["0006"]:
        raise NotYet("backup_too_late")
    same_schema(work.schema(before), found, "backup_differs")
    same_rows(work.all_rows(before), work.all_rows("backup.db"), "backup_lacks_rows")


def is_whole(work, path):
    """Whether a file is a database at 0006, as a copy made in time is."""
    return path.is_file() and path.read_bytes()[:15] == b"SQLite format 3" and work.position(path) == ["0006"]

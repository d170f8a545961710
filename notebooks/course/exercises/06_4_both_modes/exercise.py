"""Repair it (stretch): a migration that reads rows and uses batch mode must work offline and online alike."""

from pathlib import Path

from ...guard import DatabaseOpened
from .. import checks
from ..checks import Broken, NotYet

MAY_CHANGE = {"files": ["migrations/versions/0007*.py", "models.py", "alembic.ini"], "data.db": ["posts.slug"]}
OFFLINE, ONLINE, BACK = "upgrade 0006:head --sql", "upgrade head", "downgrade 0006"
SIGNS = {
    "'NoneType' object": "reads_rows",
    "batch mode with dialect": "batch_asks",
    "KeyError: 'slug'": "slug_not_described",
    "NOT NULL constraint failed": "null_left",
}


def check(work):
    if (head := checks.one_head(work)) != "0007":
        raise NotYet("another_head", head=head)
    before, after = checks.worked_example(work)
    script = printed_offline(work)
    with checks.database_of(work, before):
        explained(checks.run_sql, script, f"alembic {OFFLINE}", work.database)
        is_like(work, after, OFFLINE)
    with checks.database_of(work, before):
        explained(work.alembic, ONLINE)
        is_like(work, after, ONLINE)
        work.alembic(BACK)
        is_like(work, before, BACK)
    checks.not_by_hand(work)
    if work.position() != ["0006"]:
        checks.at_head(work)
        checks.same_schema(work.schema(after), work.schema(), "not_made_by_migrations")
        checks.column_filled(work, "posts.slug", "author_id || '-' || id", revision="0007")


def printed_offline(work):
    """What the migration prints where there is no database."""
    try:
        with checks.database_of(work, None):
            return explained(checks.printed_sql, work, OFFLINE)
    except DatabaseOpened as error:
        raise NotYet("opens_database", place=Path(error.place).name) from None
    except Broken:
        if any("is_offline_mode" in work.text(path) for path in Path().rglob("versions/0007*.py")):
            raise NotYet("refuses") from None
        raise


def explained(run, *arguments):
    """Do a step, and say what its error means for this migration."""
    try:
        return run(*arguments)
    except (Broken, NotYet) as error:
        for sign, key in SIGNS.items():
            if sign in str(error):
                raise NotYet(key) from None
        raise


def is_like(work, wanted, command):
    """A command has made of data.db what it made before the migration was rewritten."""
    checks.same_schema(work.schema(wanted), work.schema(), "differs", command=command)
    names = [checks.constraint_names(work, database) for database in (wanted, "data.db")]
    checks.same_schema(*names, "differs", command=command)
    rows_are_like(work.all_rows(wanted), work.all_rows(), command)
    marks = [", ".join(work.position(database)) for database in ("data.db", wanted)]
    if marks[0] != marks[1]:
        raise NotYet("differs", table="alembic_version", part="", found=marks[0], wanted=marks[1], command=command)


def rows_are_like(wanted, found, command):
    """Each value is the one that is wanted; else NotYet with both."""
    due, now = by_place(wanted), by_place(found)
    for place in [*due, *now]:
        if due.get(place) != now.get(place):
            table, id, column = place
            values = {"wanted": due.get(place, "—"), "found": now.get(place, "—")}
            raise NotYet("rows_differ", table=table, id=id, column=column, command=command, **values)


def by_place(rows):
    """{(table, id, column): value as text} of rows as work.all_rows() gives them."""
    return {(table, row["id"], c): repr(v) for table, found in rows.items() for row in found for c, v in row.items()}

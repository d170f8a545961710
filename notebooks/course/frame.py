"""What an exercise does not ask to be changed must be as it was when the exercise was opened."""

import re
import sqlite3
from fnmatch import fnmatch
from pathlib import Path

from .database import describe, read_rows
from .faults import NotYet

TEMPORARY = "_alembic_tmp_"
VERSIONS = "versions/"


def as_it_was(folder, opened, may_change):
    """Raise NotYet for the first thing that has changed and was not to.

    New files are the learner's own business, and so are new rows.

    Args:
        folder: the learner's folder, or a copy of it.
        opened: the folder as it was; None where that is not known, and then nothing is compared.
        may_change: {"files": [globs], name of a database: [table, or table.column, or "*"]}.
    """
    if opened is None:
        return
    for path in sorted(p for p in Path(opened).rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        name = path.relative_to(opened).as_posix()
        if path.suffix == ".db":
            database_as_it_was(name, folder / name, path, may_change.get(name, ()))
        elif not any(fnmatch(name, pattern) for pattern in may_change.get("files", ())):
            file_as_it_was(name, folder / name, path)


def file_as_it_was(name, path, before):
    if not path.is_file():
        raise NotYet("file_missing", file=name)
    if lines(path) != lines(before):
        raise NotYet("revision_file_changed" if VERSIONS in name else "file_changed", file=name)


def lines(path):
    """A file's lines without the spaces and empty lines that an editor may take away or add at their ends."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace").rstrip()
    return [line.rstrip() for line in text.splitlines()]


def database_as_it_was(name, path, before, free):
    if "*" in free:
        return
    if not path.is_file():
        raise NotYet("database_missing", database=name)
    try:
        now, was = describe(path), describe(before)
        rows_now, rows_before = read_rows(path), read_rows(before)
    except sqlite3.Error as error:
        raise NotYet("database_unreadable", database=name, reason=error) from None
    for table in now:
        if table.startswith(TEMPORARY):
            raise NotYet("temporary_table", database=name, table=table)
    for table in was:
        if table not in free:
            columns = {item.partition(".")[2] for item in free if item.startswith(f"{table}.")}
            rows_as_they_were(name, table, rows_before.get(table, []), rows_now.get(table), columns)
            table_as_it_was(name, table, was[table], now.get(table), columns)
    for table in now:
        if table not in was and table not in free:
            raise NotYet("table_extra", database=name, table=table)


def rows_as_they_were(database, table, before, now, free):
    """Every row is still there, its free columns aside; rows of the learner's own may stand beside them."""
    if now is None:
        raise NotYet("table_missing", database=database, table=table)
    left = [{column: value for column, value in row.items() if column not in free} for row in now]
    for row in before:
        wanted = {column: value for column, value in row.items() if column not in free}
        found = [r for r in left if all(column in r and r[column] == value for column, value in wanted.items())]
        if found:
            left.remove(found[0])
            continue
        missing = [column for column in wanted if left and column not in left[0]]
        if missing:
            raise NotYet("column_missing", database=database, table=table, column=missing[0])
        raise NotYet("row_lost", database=database, table=table, row=in_short(wanted))


def in_short(row):
    """A row as the learner knows it: its first columns."""
    return ", ".join(f"{column} = {value!r}" for column, value in list(row.items())[:2])


def table_as_it_was(database, table, was, now, free):
    for part in [*was, *(part for part in now if part not in was)]:
        if any(re.search(rf"\b{re.escape(column)}\b", part) for column in free):
            continue
        if was.get(part) != now.get(part):
            names = {"database": database, "table": table, "part": part}
            raise NotYet("table_changed", **names, was=was.get(part, "—"), now=now.get(part, "—"))

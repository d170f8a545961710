"""What an exercise does not ask to be changed must be as it was when the exercise was opened."""

import re
import sqlite3
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

from .faults import NotYet
from .sqlite_file import SqliteFile

TEMPORARY = "_alembic_tmp_"
VERSIONS = "versions/"


def as_it_was(folder, opened, may_change, database=None):
    """Raise NotYet for the first thing that has changed and was not to.

    New files are the learner's own business, and so are new rows.

    Args:
        folder: the learner's folder, or a copy of it.
        opened: the folder as it was; None where that is not known, and then nothing is compared.
        may_change: {"files": [globs], name of a database file, or "database": [table, or table.column, or "*"]}.
        database: the exercise's CheckedDatabase, if it has one.
    """
    free = may_change.get("database", ())
    if database and "*" not in free:
        contents_as_they_were(database.name, database, database.before, free)
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
        contents_as_they_were(name, SqliteFile(path), SqliteFile(before), free)
    except sqlite3.Error as error:
        raise NotYet("database_unreadable", database=name, reason=error) from None


def contents_as_they_were(name, database, database_before, free):
    now, was = database.schema(), database_before.schema()
    rows_now, rows_before = database.all_rows(), database_before.all_rows()
    for table in now:
        if table.startswith(TEMPORARY):
            raise NotYet("temporary_table", database=name, table=table)
    for table in was:
        if table not in free:
            columns = {item.removeprefix(f"{table}.") for item in free if item.startswith(f"{table}.")}
            if table not in now:
                raise NotYet("object_missing" if is_no_table(table) else "table_missing", database=name, table=table)
            rows_as_they_were(name, table, rows_before.get(table, []), rows_now.get(table, []), columns)
            table_as_it_was(name, table, was[table], now[table], columns)
    for table in now:
        if table not in was and table not in free:
            raise NotYet("object_extra" if is_no_table(table) else "table_extra", database=name, table=table)


def is_no_table(name):
    """Whether a name in a description is that of a type or the like, as "TYPE mood"."""
    return re.match(r"[A-Z]+ ", name)


def rows_as_they_were(database, table, before, now, free):
    """Every row is still there, its free columns aside; rows of the learner's own may stand beside them."""
    lost = lost_rows(before, now, free)
    if lost:
        if missing := [column for column in lost[0] if now and column not in now[0]]:
            raise NotYet("column_missing", database=database, table=table, column=missing[0])
        raise NotYet("row_lost", database=database, table=table, row=in_short(lost[0]))


def lost_rows(before, now, free=()):
    """The rows of `before`, without the columns that are free, for which there is none in `now`."""
    columns = [column for column in (before[0] if before else ()) if column not in free]
    whole = all(column in row for row in now[:1] for column in columns)
    there = Counter(key_of(row, columns) for row in now) if whole else Counter()
    lost = []
    for row in before:
        key = key_of(row, columns)
        if there[key]:
            there[key] -= 1
        else:
            lost.append({column: row[column] for column in columns})
    return lost


def key_of(row, columns):
    """A row's values as a key of a dictionary; a list or the like as its text."""
    return tuple(row[c] if row[c].__hash__ else repr(row[c]) for c in columns)


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

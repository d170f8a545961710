"""Rows that nobody could foresee: what a migration does to them shows whether it serves other people's data too."""

import random
import re
import sqlite3
import string
from contextlib import closing

from .database import VERSION_TABLE, quoted


def add_strangers(path, values=None):
    """Put rows with random values into each table of an SQLite file: one full, one empty where it may be.

    A table whose constraints let no such row in gets a copy of a row of its own instead, or nothing.

    Args:
        values: {"table.column": the values to choose from}, where a random one would be wrong.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ?"
        for (table,) in connection.execute(names, [VERSION_TABLE]).fetchall():
            for empty in (False, True):
                add_stranger(connection, table, empty, values or {})
        connection.commit()


def add_stranger(connection, table, empty, values):
    columns = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    links = {row[3]: row for row in connection.execute(f"PRAGMA foreign_key_list({quoted(table)})")}
    allowed, unique = words_of_checks(connection, table), unique_columns(connection, table)
    for attempt in range(3):  # random values; words of the table's checks; values of its own rows
        row = {}
        for _, name, kind, required, _, primary in columns:
            if primary and "INT" in kind.upper() and name not in links:
                row[name] = random.randrange(10_000, 1_000_000_000)
            elif empty and not required and not primary:
                row[name] = None
            elif f"{table}.{name}" in values:
                row[name] = random.choice(values[f"{table}.{name}"])
            elif name in links:
                row[name] = a_value_of(connection, links[name][2], links[name][4] or "rowid")
            elif attempt and name in allowed:
                row[name] = random.choice(allowed[name])
            elif attempt == 2 and name not in unique and (known := values_of(connection, table, name)):
                row[name] = random.choice(known)
            else:
                row[name] = a_value(kind)
        try:
            insert(connection, table, row)
            return
        except sqlite3.Error:
            continue


def insert(connection, table, row):
    if not row:
        connection.execute(f"INSERT INTO {quoted(table)} DEFAULT VALUES")
        return
    names, marks = ", ".join(map(quoted, row)), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", list(row.values()))


def a_value(kind):
    """A random value that a column of this type can hold, and that its name does not give away."""
    kind = kind.upper()
    if "INT" in kind:
        return random.randrange(10_000, 90_000)
    if "BOOL" in kind:
        return random.randrange(2)
    if "DATETIME" in kind or "TIMESTAMP" in kind:
        return f"20{random.randrange(10, 60)}-0{random.randrange(1, 10)}-1{random.randrange(10)} 10:20:30.000000"
    if "DATE" in kind:
        return f"20{random.randrange(10, 60)}-0{random.randrange(1, 10)}-1{random.randrange(10)}"
    if re.search(r"REAL|FLOA|DOUB|NUM|DEC", kind):
        return random.randrange(10_000) / 4
    length = re.search(r"\((\d+)", kind)
    size = min(int(length[1]) if length else 12, 12)
    return "".join(random.choices(string.ascii_lowercase, k=size))


def a_value_of(connection, table, column):
    found = connection.execute(f"SELECT {column} FROM {quoted(table)} ORDER BY random() LIMIT 1").fetchone()
    return found[0] if found else None


def values_of(connection, table, column):
    return [value for (value,) in connection.execute(f"SELECT {quoted(column)} FROM {quoted(table)}")]


def words_of_checks(connection, table):
    """{column: the strings that a CHECK names for it}."""
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    found = re.findall(r"[\"`\[]?(\w+)[\"`\]]?\s+IN\s*\(([^)]*)\)", sql, re.IGNORECASE)
    return {name: strings for name, words in found if (strings := re.findall(r"'([^']*)'", words))}


def unique_columns(connection, table):
    """The columns of the table's unique constraints and indexes."""
    indexes = connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall()
    names = [index[1] for index in indexes if index[2]]
    return {row[2] for name in names for row in connection.execute(f"PRAGMA index_info({quoted(name)})")}

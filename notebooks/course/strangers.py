"""Rows that nobody could foresee: what a migration does to them shows whether it serves other people's data too."""

import random
import re
import sqlite3
import string
from contextlib import closing
from dataclasses import dataclass

from .database import VERSION_TABLE, quoted


@dataclass
class Column:
    """What one must know of a column to put a value into it."""

    name: str
    kind: str  # its type, in capital letters
    required: bool
    primary: bool = False
    link: tuple = ()  # (table, column) that a foreign key leads to
    allowed: tuple = ()  # the strings that a CHECK or an enum lets in
    unique: bool = False


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
            add_rows(connection, table, quoted(table), columns_of_sqlite(connection, table), values or {}, "?")
        connection.commit()


def add_rows(connection, table, name, columns, values, mark):
    """Add the two rows.

    Args:
        table: as `values` name it.
        name: the same in SQL.
        mark: the driver's sign for a value.
    """
    for empty in (False, True):
        for attempt in range(3):  # random values; words of the table's checks; values of its own rows
            row = {c.name: value_for(connection, table, name, c, values, attempt, empty) for c in columns}
            names, marks = ", ".join(map(quoted, row)), ", ".join([mark] * len(row))
            into = f"INSERT INTO {name} ({names}) VALUES ({marks})" if row else f"INSERT INTO {name} DEFAULT VALUES"
            try:
                connection.execute(into, list(row.values()))
                break
            except Exception:  # each driver has an error of its own for a row that a constraint refuses
                continue


def value_for(connection, table, name, column, values, attempt, empty):
    """A value for a column of a row."""
    if column.primary and "INT" in column.kind and not column.link:
        return random.randrange(10_000, 30_000 if "SMALL" in column.kind else 1_000_000_000)
    if empty and not column.required and not column.primary:
        return None
    if f"{table}.{column.name}" in values:
        return random.choice(values[f"{table}.{column.name}"])
    if column.link:
        return one_of(connection, *column.link)
    if attempt and column.allowed:
        return random.choice(column.allowed)
    if attempt == 2 and not column.unique and (known := one_of(connection, name, quoted(column.name))) is not None:
        return known
    return a_value(column.kind)


def one_of(connection, table, column):
    """A value of a column, both named as in SQL; None where there is no row."""
    found = connection.execute(f"SELECT {column} FROM {table} ORDER BY random() LIMIT 1").fetchone()
    return found[0] if found else None


def a_value(kind):
    """A random value that a column of this type can hold, and that its name does not give away."""
    if kind.endswith("[]"):
        return "{}"
    if "INTERVAL" in kind:
        return f"{random.randrange(1, 90)} days"
    if "INT" in kind:
        return random.randrange(10_000, 30_000)
    if "BOOL" in kind:
        return bool(random.randrange(2))
    if "DATETIME" in kind or "TIMESTAMP" in kind:
        return f"20{random.randrange(10, 60)}-0{random.randrange(1, 10)}-1{random.randrange(10)} 10:20:30.000000"
    if "DATE" in kind:
        return f"20{random.randrange(10, 60)}-0{random.randrange(1, 10)}-1{random.randrange(10)}"
    if re.search(r"REAL|FLOA|DOUB|NUM|DEC", kind):
        return random.randrange(10_000) / 4
    if "JSON" in kind:
        return f'{{"{random.randrange(10_000)}": 1}}'
    if kind == "UUID":
        return f"{random.getrandbits(128):032x}"
    length = re.search(r"\((\d+)", kind)
    size = min(int(length[1]) if length else 12, 12)
    return "".join(random.choices(string.ascii_lowercase, k=size))


def columns_of_sqlite(connection, table):
    """The columns of a table of a SQLite file."""
    links = {row[3]: (row[2], row[4]) for row in connection.execute(f"PRAGMA foreign_key_list({quoted(table)})")}
    indexes = connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall()
    unique = {
        row[2] for index in indexes if index[2] for row in connection.execute(f"PRAGMA index_info({quoted(index[1])})")
    }
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    allowed = words_of_checks(sql)
    found = []
    for _, name, kind, required, _, primary in connection.execute(f"PRAGMA table_info({quoted(table)})"):
        target, referred = links.get(name, (None, None))
        link = (quoted(target), quoted(referred) if referred else "rowid") if target else ()
        words = tuple(allowed.get(name, ()))
        found.append(Column(name, kind.upper(), bool(required), bool(primary), link, words, name in unique))
    return found


def words_of_checks(sql):
    """{column: the strings that a CHECK names for it}."""
    found = re.findall(r"[\"`\[]?(\w+)[\"`\]]?\s+IN\s*\(([^)]*)\)", sql, re.IGNORECASE)
    return {name: strings for name, words in found if (strings := re.findall(r"'([^']*)'", words))}

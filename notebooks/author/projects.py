"""What is equal in two Alembic projects: the dates in migration files,
the times of rows and the layout of database pages are not."""

import re
import sqlite3
from contextlib import closing


def project(folder):
    """{path: content} of a project's files, the folders of a lesson's exercises left out."""
    names = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
    return {n: content(file) for n, file in names.items() if "__pycache__" not in n and not n.startswith("exercise_")}


def content(file):
    """A file's text without its date of creation; of a database, the schema and rows; of pg_dump's file nothing.

    That one is not text, and it holds the time when it was made.
    """
    if file.suffix == ".db":
        return database(file)
    if file.suffix == ".dump":
        return "a copy of a database"
    return re.sub(r"Create Date: \d.*", "Create Date: ", file.read_text(encoding="utf-8"))


def database(file):
    """{table: columns, foreign keys, unique indexes, rows} of an SQLite file, each sorted.

    Columns whose value is the time of the row's creation are left out of the rows.
    """
    with closing(sqlite3.connect(file)) as connection:

        def rows(query):
            return sorted(connection.execute(query).fetchall(), key=repr)

        def lasting(table):
            """The columns of a table, without those that the clock fills."""
            info = rows(f"PRAGMA table_info({table})")
            return ", ".join(f'"{row[1]}"' for row in info if "CURRENT_TIMESTAMP" not in str(row[4]))

        return {
            table: {
                "columns": [row[1:] for row in rows(f"PRAGMA table_info({table})")],
                # Sorted without their numbers: batch mode makes a table's constraints in the order of a set.
                "foreign keys": sorted(row[2:] for row in rows(f"PRAGMA foreign_key_list({table})")),
                "indexes": sorted(row[2:] for row in rows(f"PRAGMA index_list({table})")),
                "names": sorted(re.findall(r"CONSTRAINT (\w+)", sql)),
                "rows": rows(f"SELECT {lasting(table)} FROM {table}"),
            }
            for table, sql in rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        }

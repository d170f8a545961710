"""Repair it: a database's address with three faults in it."""

from ...opening import edit, sql
from ..checks import environment_in, opens, opens_from_anywhere, settings_kept

OPENS_ON = "02"
MAY_CHANGE = {"files": ["alembic.ini"]}


def set_up():
    edit("alembic.ini", "sqlite:///%(here)s/data.db", "sqlite3://data.db")
    sql(
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL);"
        "INSERT INTO products VALUES (1, 'tea'), (2, 'coffee'), (3, 'cocoa')"
    )


def check(work):
    environment_in("migrations")
    opens(work, "data.db")
    opens_from_anywhere(work, "data.db", "migrations")
    settings_kept(work.opened / "alembic.ini")

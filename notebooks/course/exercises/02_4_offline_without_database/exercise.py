"""Stretch, repair it: an offline function that opens a connection, where there is neither server nor driver."""

import random
import re
from pathlib import Path

from ...guard import DatabaseOpened
from ...opening import edit
from ..checks import Broken, NotYet, like_postgresql, printed_sql, without_drivers

OPENS_ON = "02"
MAY_CHANGE = {"files": ["migrations/env.py"]}
ADDRESS = "postgresql+psycopg://blog@localhost/blog"
MIGRATION = "migrations/versions/0001_create_tags.py"


def set_up():
    edit("alembic.ini", "sqlite:///%(here)s/data.db", ADDRESS)


def check(work):
    prints(work, "python", "SERIAL")
    word = f"tag{random.randrange(10_000, 90_000)}"
    edit(MIGRATION, '"python"', f'"{word}"')
    ini = re.sub(r"(?m)^sqlalchemy\.url *=.*$", "sqlalchemy.url = sqlite:///other.db", work.text("alembic.ini"))
    Path("alembic.ini").write_text(ini, encoding="utf-8")
    prints(work, word, "id INTEGER")
    with like_postgresql():
        work.alembic("upgrade head")
    if work.position("other.db") != ["0001"] or work.rows("SELECT name FROM tags", "other.db") != [(word,)]:
        raise NotYet("online_fails")


def prints(work, word, dialect):
    """`upgrade head --sql` opens no database and prints the migration in the dialect of the address."""
    try:
        with without_drivers():
            sql = printed_sql(work, "upgrade head --sql")
    except DatabaseOpened:
        raise NotYet("needs_database") from None
    except Broken as error:
        if "psycopg" in str(error):
            raise NotYet("needs_database") from None
        raise
    if "CREATE TABLE tags" not in sql or "INSERT INTO tags" not in sql or "INTO alembic_version" not in sql:
        raise NotYet("no_sql")
    if dialect not in sql:
        raise NotYet("another_dialect" if dialect == "SERIAL" else "address_in_code")
    if f"'{word}'" not in sql:
        raise NotYet("parameter")

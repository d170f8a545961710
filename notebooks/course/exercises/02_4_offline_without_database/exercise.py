"""Stretch, repair it: an offline function that opens a connection, where there is neither server nor driver."""

import random

from ...opening import edit
from ..checks import NotYet, like_postgresql, offline_sql, use_address

OPENS_ON = "02"
MAY_CHANGE = {"files": ["migrations/env.py"]}
ADDRESS = "postgresql+psycopg://blog@localhost/blog"
MIGRATION = "migrations/versions/0001_create_tags.py"


def set_up():
    edit("alembic.ini", "sqlite:///%(here)s/data.db", ADDRESS)


def check(work):
    if "SERIAL" not in offline_sql(work, "python"):
        raise NotYet("another_dialect")
    word = f"tag{random.randrange(10_000, 90_000)}"
    edit(MIGRATION, '"python"', f'"{word}"')
    for address, sign in (("mysql://blog@localhost/blog", "AUTO_INCREMENT"), ("sqlite:///other.db", "id INTEGER")):
        use_address(work, address)
        if sign not in offline_sql(work, word):
            raise NotYet("address_in_code", address=address)
    with like_postgresql():
        work.alembic("upgrade head")
    if work.position("other.db") != ["0001"] or work.rows("SELECT name FROM tags", "other.db") != [(word,)]:
        raise NotYet("online_fails")

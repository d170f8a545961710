"""Stretch, repair it: a CHECK that the model has and autogenerate does not see, put into the database by hand."""

import random
import sqlite3
from contextlib import closing
from string import ascii_lowercase, printable

from ...opening import edit
from ..checks import NotYet, made_by_migrations, new_head, same_rows, same_schema, way_back, without_checks

OPENS_ON = "05"
MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py"], "data.db": ["comments.text"]}
TEXTS = ("Well done!", "Дякую!", "0", "NULL", "   ", "''", "1000 " * 200, *printable)
TEXT = "text: Mapped[str] = mapped_column(String(1000)"


def set_up():
    edit("models.py", TEXT, f'{TEXT}, CheckConstraint("length(text) > 0", name="not_empty")')


def check(work):
    new_head(work, after="0006")
    before = work.opened / "data.db"
    same_rows(work.all_rows(before), work.all_rows(), "row_lost", database="data.db")
    same_schema(without_checks(work.schema(before)), without_checks(work.schema()), "table_rebuilt")
    takes_all_but_empty()
    made_by_migrations(work)
    way_back(work, "0006")


def takes_all_but_empty():
    """Every comment may have any text but an empty one, whatever else is in its row."""
    number = random.randrange(10**6, 10**9)
    odd = [(number, number, number, "2038-01-19"), (-number, -number, -number, ""), (0, 0, 0, letters(30))]
    with closing(sqlite3.connect("data.db")) as connection:  # what is tried is never committed
        ((count,),) = connection.execute("SELECT count(*) FROM comments")
        insert = "INSERT OR IGNORE INTO comments (id, post_id, author_id, text, created_at) VALUES (?, ?, ?, 'text', ?)"
        connection.executemany(insert, odd)
        for text in (*TEXTS, *map(letters, range(1, 1001, 37))):
            taken = connection.execute("UPDATE OR IGNORE comments SET text = ?", [text]).rowcount
            if taken < count + len(odd):
                raise NotYet("refuses_text", text=text if len(text) < 30 else f"{text[:30]}…")
        if connection.execute("UPDATE OR IGNORE comments SET text = ''").rowcount:
            raise NotYet("takes_empty")


def letters(count):
    return "".join(random.choices(ascii_lowercase, k=count))

"""Stretch, repair it: a CHECK that the model has and autogenerate does not see, put into the database by hand."""

import random
import sqlite3
from contextlib import closing
from string import ascii_lowercase, printable

from ...opening import edit
from ..checks import NotYet, at_head, made_by_migrations, new_revisions, not_by_hand, same_rows, same_schema, way_back

OPENS_ON = "05"
MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py"], "data.db": ["comments.text"]}
TEXT = "text: Mapped[str] = mapped_column(String(1000)"


def set_up():
    edit("models.py", TEXT, f'{TEXT}, CheckConstraint("length(text) > 0", name="not_empty")')


def check(work):
    new_revisions(work, after="0006")
    not_by_hand(work)
    at_head(work)
    before = work.opened / "data.db"
    same_rows(work.all_rows(before), work.all_rows(), "row_lost", database="data.db")
    same_schema(without_checks(work.schema(before)), without_checks(work.schema()), "table_rebuilt")
    takes_all_but_empty()
    made_by_migrations(work)
    way_back(work, "0006")


def without_checks(schema):
    return {t: {part: d for part, d in parts.items() if d != "CHECK"} for t, parts in schema.items()}


def takes_all_but_empty():
    """Every comment may have any text but an empty one, whatever else is in its row."""
    number = random.randrange(10**6, 10**9)
    odd = [(number, number, number, "2038-01-19"), (-number, -number, -number, ""), (0, 0, 0, letters(30))]
    with closing(sqlite3.connect("data.db")) as connection:  # what is tried is never committed
        insert = "INSERT INTO comments (id, post_id, author_id, text, created_at) VALUES (?, ?, ?, 'a text', ?)"
        try:
            connection.executemany(insert, odd)
        except sqlite3.IntegrityError:
            raise NotYet("refuses_text", text="a text") from None
        ((count,),) = connection.execute("SELECT count(*) FROM comments")
        for text in texts():
            if connection.execute("UPDATE OR IGNORE comments SET text = ?", [text]).rowcount < count:
                raise NotYet("refuses_text", text=text if len(text) < 30 else f"{text[:30]}…")
        if connection.execute("UPDATE OR IGNORE comments SET text = ''").rowcount:
            raise NotYet("takes_empty")


def texts():
    """Texts to try: one sign, blanks, long ones, and random ones, for nobody could guess those."""
    yield from ("Well done!", "Дякую!", "0", "NULL", "   ", "''", "1000 " * 200, *printable)
    yield from map(letters, range(1, 1001, 37))


def letters(count):
    return "".join(random.choices(ascii_lowercase, k=count))

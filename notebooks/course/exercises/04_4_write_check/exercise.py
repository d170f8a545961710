"""Stretch, repair it: a CHECK that the model has and autogenerate does not see, put into the database by hand."""

import random
import re
import shutil
import sqlite3
import string
from contextlib import closing

from ...opening import edit
from ..checks import (
    Broken,
    NotYet,
    add_strangers,
    at_head,
    made_by_migrations,
    new_revisions,
    not_by_hand,
    same_rows,
    same_schema,
    way_back,
)

OPENS_ON = "05"
MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py"], "data.db": ["posts.status"]}
KNOWN = ("draft", "published")
MODEL = """mapped_column(
        String(20),
        CheckConstraint("status IN ('draft', 'published')", name="status"),
        server_default="published",
    )"""


def set_up():
    edit("models.py", 'mapped_column(String(20), server_default="published")', MODEL)
    edit("models.py", "import ForeignKey", "import CheckConstraint, ForeignKey")


def check(work):
    new_revisions(work, after="0006")
    not_by_hand(work)
    at_head(work)
    before = work.opened / "data.db"
    same_rows(work.all_rows(before), work.all_rows(), "row_lost", database="data.db")
    same_schema(without_checks(work.schema(before)), without_checks(work.schema()), "table_rebuilt")
    takes_only_known(work)
    made_by_migrations(work, values={"posts.status": KNOWN})
    try:
        way_back(work, "0006")
    except Broken as error:
        if not (wanted := re.search(r"No such constraint: '(\w+)'", str(error))):
            raise
        raise NotYet("constraint_not_found", wanted=wanted[1], names=names_of_checks()) from None


def without_checks(schema):
    return {t: {part: d for part, d in parts.items() if d != "CHECK"} for t, parts in schema.items()}


def takes_only_known(work):
    """Every post, old or new, may become a draft or be published, and nothing else, whatever else is in its row."""
    shutil.copyfile("data.db", "tried.db")
    add_strangers("tried.db", {"posts.status": KNOWN})
    with closing(sqlite3.connect("tried.db", isolation_level=None)) as connection:
        (table,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'posts'").fetchone()
        for status in [*KNOWN, *others(), *words_in(table)]:
            for row in posts(connection):
                if takes(connection, row, status) != (status in KNOWN):
                    raise NotYet("refuses_known" if status in KNOWN else "takes_others", status=status)


def others():
    """Statuses that are not known: near misses first, then random words."""
    yield from ("secret", "archived", "draft,published", "", " ", "0", "NULL")
    for word in KNOWN:
        yield from (word.upper(), word.title(), word[::-1], f"{word}s", f"un{word}")
        yield from (f" {word}", f"{word} ", f"{word}\n")
        yield from (word[:end] for end in range(1, len(word)))
        yield from (word[start:] for start in range(1, len(word)))
        yield from (word[0] + letters(9), letters(9) + word[-1], word[0] + letters(9) + word[-1])
        for place, right in enumerate(word):
            wrong = (letter for letter in string.ascii_lowercase if letter != right)
            yield from (word[:place] + letter + word[place + 1 :] for letter in wrong)
    yield from map(letters, range(1, 21))


def words_in(table):
    """The words and strings of the table's own SQL: nobody could guess a third status that it lets in."""
    return {word for pair in re.findall(r"'([^']*)'|(\w+)", table) for word in pair} - set(KNOWN)


def names_of_checks():
    with closing(sqlite3.connect("data.db")) as connection:
        (table,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'posts'").fetchone()
    return ", ".join(re.findall(r'CONSTRAINT "?(\w+)"? CHECK', table, re.IGNORECASE)) or "—"


def letters(count):
    return "".join(random.choices(string.ascii_lowercase, k=count)) or "?"


def posts(connection):
    """The rows there are, and some that differ from them in every other column."""
    found = [list(row) for row in connection.execute("SELECT id, author_id, title, body FROM posts")]
    some = random.randrange(10**6, 10**9)
    return [*found, [some, some, None, ""], [-some, -some, "", letters(5000)], [0, 0, letters(200), letters(1)]]


def takes(connection, row, status):
    """Whether a post may have this status; what was tried is taken back."""
    connection.execute("BEGIN")
    try:
        query = "INSERT OR REPLACE INTO posts (id, author_id, title, body, status) VALUES (?, ?, ?, ?, ?)"
        connection.execute(query, [*row, status])
    except sqlite3.IntegrityError:
        return False
    except sqlite3.Error as error:
        raise Broken(str(error)) from None
    finally:
        connection.execute("ROLLBACK")
    return True

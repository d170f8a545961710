"""Stretch, repair it: a CHECK that the model has and autogenerate does not see, put into the database by hand."""

import random
import re
import sqlite3
from contextlib import closing
from itertools import combinations, product
from string import ascii_lowercase

from ..checks import NotYet, at_head, made_by_migrations, new_revisions, not_by_hand, same_rows, same_schema, way_back

OPENS_ON = "05"
MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py"], "data.db": ["posts.status"]}
KNOWN = ("draft", "published")


def check(work):
    new_revisions(work, after="0006")
    not_by_hand(work)
    at_head(work)
    before = work.opened / "data.db"
    same_rows(work.all_rows(before), work.all_rows(), "row_lost", database="data.db")
    same_schema(without_checks(work.schema(before)), without_checks(work.schema()), "table_rebuilt")
    takes_only_known(work)
    made_by_migrations(work, values={"posts.status": KNOWN})
    way_back(work, "0006")


def without_checks(schema):
    return {t: {part: d for part, d in parts.items() if d != "CHECK"} for t, parts in schema.items()}


def takes_only_known(work):
    """Every post may become a draft or be published, and nothing else, whatever else is in its row."""
    number = random.randrange(10**6, 10**9)
    odd = [(number, number, None, ""), (-number, -number, "", "body" * 2000), (0, 0, letters(200), letters(1))]
    ((table, count),) = work.rows("SELECT sql, (SELECT count(*) FROM posts) FROM sqlite_master WHERE name = 'posts'")
    with closing(sqlite3.connect("data.db")) as connection:  # what is tried is never committed
        insert = "INSERT OR IGNORE INTO posts (id, author_id, title, body, status) VALUES (?, ?, ?, ?, 'draft')"
        connection.executemany(insert, odd)
        for status in [*KNOWN, *others(table)]:
            taken = connection.execute("UPDATE OR IGNORE posts SET status = ?", [status]).rowcount
            if status in KNOWN and taken < count + len(odd):
                raise NotYet("refuses_known", status=status)
            if status not in KNOWN and taken:
                raise NotYet("takes_others", status=status)


def others(table):
    """Statuses to try: near misses, random words, and what the table's own SQL names, for nobody could guess that."""
    yield from ("secret", ",".join(KNOWN), "", " ", "draft ", "published ", "0", "NULL")
    for word in KNOWN:
        yield from (word.upper(), word.title(), word[::-1], f"{word}s", f"un{word}", f" {word}", f"{word}\n")
        yield from (word[start:end] for start, end in combinations(range(len(word) + 1), 2))
        for place, letter in product(range(len(word)), ascii_lowercase):
            yield word[:place] + letter + word[place + 1 :]
    yield from map(letters, range(1, 21))
    yield from re.findall(r"\w+", table)
    yield from re.findall(r"'([^']*)'", table)


def letters(count):
    return "".join(random.choices(ascii_lowercase, k=count))

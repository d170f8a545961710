"""Repair it: a failed CREATE INDEX CONCURRENTLY has left a broken unique index, and some rows share a value."""

import re
from contextlib import suppress

from ...opening import alembic, sql
from ..checks import NotYet, at_head, database_of, empty_database
from ..watched import upgraded

MAY_CHANGE = {"files": ["migrations/versions/0008*.py", "migrations/env.py", "models.py"], "database": ["posts.slug"]}
ROWS = """INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур');
INSERT INTO posts (author_id, title, body, slug) SELECT 1, slug, '', slug
FROM unnest(ARRAY['news', 'about', 'news', NULL, 'spring', 'about', 'news', NULL]) AS slug"""
INDEX = "SELECT indisvalid AND indisunique FROM pg_index WHERE indexrelid = to_regclass('uq_posts_slug')"
MENDED = "CASE WHEN id IN (3, 6, 7) THEN title || '-' || id ELSE title END"


def set_up():
    alembic("upgrade 0007")
    sql(ROWS)
    with suppress(AssertionError):
        alembic("upgrade 0008")


def check(work):
    at_head(work)
    index_is_good(work, "index_not_good")
    slugs = {post["id"]: post["slug"] for post in work.all_rows()["posts"]}
    for post in work.all_rows(work.before)["posts"]:
        if slugs[post["id"]] != post["slug"] if post["id"] not in (3, 6, 7) else not slugs[post["id"]]:
            raise NotYet("another_slug", id=post["id"], slug=post["slug"], found=slugs[post["id"]])
    with database_of(work, work.before):
        work.database.run(f"UPDATE posts SET slug = {MENDED}")
        sent = upgraded(work, leftover_stops='"uq_posts_slug" already exists')
        index_is_good(work, "leftover_stays")
        if changed := work.rows(f"SELECT id FROM posts WHERE slug IS DISTINCT FROM {MENDED} ORDER BY id"):
            raise NotYet("single_slug_changed", id=changed[0][0])
    made = [text.upper() for text, _ in sent if re.search("unique|reindex", text, re.IGNORECASE)]
    if not all("CONCURRENTLY" in text or "USING INDEX" in text for text in made):
        raise NotYet("stops_writers")
    with empty_database(work):
        work.alembic("upgrade head")
        index_is_good(work, "not_when_empty")


def index_is_good(work, key):
    if work.rows(INDEX) != [(True,)]:
        raise NotYet(key)

"""Do it: take a server that was made without Alembic into the history, with an index that somebody made by hand."""

from ...opening import alembic, sql
from ..checks import NotYet, at_head, made_from_nothing, models_agree, new_revisions, renamed, same_rows

MAY_CHANGE = {"files": ["models.py"], "database": ["*"]}
ROWS = """
    INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('oksana@example.com', 'Оксана');
    INSERT INTO posts (author_id, header, body) VALUES (1, 'Spring', 'Rain again'), (2, NULL, 'Two cups of coffee');
    INSERT INTO comments (post_id, author_id, text) VALUES (1, 2, 'It will pass');
    CREATE INDEX ix_posts_created_at ON posts (created_at);
    DROP TABLE alembic_version;
"""
INDEX, COLUMNS = "INDEX created_at", {"title", "status"}


def set_up():
    alembic("upgrade 0004")
    sql(ROWS)


def check(work):
    at_head(work)
    if lacking := COLUMNS - set(work.schema().get("posts", ())):
        raise NotYet("stamped_too_far", position=work.position()[0], column=min(lacking))
    same_rows(renamed(work.all_rows(work.before), {"posts.header": "posts.title"}), work.all_rows(), "rows_changed")
    if INDEX not in work.schema()["posts"]:
        raise NotYet("index_lost")
    new_revisions(work, "0006")
    made_from_nothing(work, "another_schema")
    models_agree(work)

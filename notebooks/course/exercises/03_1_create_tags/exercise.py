"""Do it: create the table tags by a revision of one's own."""

from ..checks import (
    at_head,
    created_by_revision,
    has_table,
    made_by_migrations,
    models_have,
    new_revisions,
    no_row_more,
    way_back,
)

OPENS_ON = "04"
MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"], "data.db": ["tags"]}
TAGS = {
    "id": ("INTEGER NOT NULL", "INT NOT NULL", "BIGINT NOT NULL", "SMALLINT NOT NULL"),
    "name": ("VARCHAR(50) NOT NULL", "NVARCHAR(50) NOT NULL", "CHARACTER VARYING(50) NOT NULL"),
    "PRIMARY KEY": "id",
}


def check(work):
    new_revisions(work, after="0001")
    at_head(work)
    created_by_revision(work, "tags")
    has_table(work, "tags", TAGS)
    made_by_migrations(work, to_the_letter=["tags"])
    way_back(work, "0001", free=["tags"])
    no_row_more(work, "users", "0001")
    models_have(work, "users", work.schema()["users"])

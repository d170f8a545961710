"""Do it: create the table tags by a revision of one's own."""

from ..checks import new_revisions, table_added

OPENS_ON = "04"
MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"], "data.db": ["tags"]}
TAGS = {
    "id": ("INTEGER NOT NULL", "INT NOT NULL"),
    "name": ("VARCHAR(50) NOT NULL", "NVARCHAR(50) NOT NULL", "CHARACTER VARYING(50) NOT NULL"),
    "PRIMARY KEY": "id",
}


def check(work):
    new_revisions(work, after="0001")
    table_added(work, "tags", TAGS)

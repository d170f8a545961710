"""Do it: create the table tags by a revision of one's own."""

from ..checks import at_head, has_table, made_by_migrations, new_revisions, way_back

OPENS_ON = "04"
MAY_CHANGE = {"files": ["models.py", "alembic.ini"], "data.db": ["tags"]}
TAGS = {"id": "INTEGER NOT NULL", "name": "VARCHAR(50) NOT NULL", "PRIMARY KEY": "id"}


def check(work):
    new_revisions(work, after="0001")
    at_head(work)
    has_table(work, "tags", TAGS)
    made_by_migrations(work)
    way_back(work, "0001", free=["tags"])

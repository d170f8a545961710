"""Do it: a migration environment in a folder of another name, with a database of another name."""

from ...database import VERSION_TABLE
from ..checks import Broken, NotYet, environment_in, opens, opens_from_anywhere


def check(work):
    environment_in("schema_changes")
    opens(work, "shop.db")
    opens_from_anywhere(work, "shop.db", "schema_changes")
    migrations_can_run(work)


def migrations_can_run(work):
    """env.py does not only connect: Alembic gets to the database and leaves its table there."""
    work.alembic("stamp base")
    try:
        work.rows(f"SELECT * FROM {VERSION_TABLE}", "shop.db")
    except Broken:
        raise NotYet("only_connects") from None

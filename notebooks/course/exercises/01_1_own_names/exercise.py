"""Do it: a migration environment in a folder of another name, with a database of another name."""

from ..checks import environment_in, opens, opens_from_anywhere


def check(work):
    environment_in("schema_changes")
    opens(work, "shop.db")
    opens_from_anywhere(work, "shop.db", "schema_changes")

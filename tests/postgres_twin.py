"""Two runs of one command on the same PostgreSQL databases: what the first has changed is undone before the second."""

import os
import re
import subprocess
from contextlib import contextmanager

import sqlalchemy as sa

from course import postgres

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00")
RESTRICT = re.compile(r"^\\(un)?restrict .*$", re.MULTILINE)
KEPT = "kept_"


def at_work():
    """Whether the page is at a database of PostgreSQL now."""
    return os.environ.get("DATABASE_URL", "").startswith("postgresql")


def ask(query):
    with postgres.maintenance() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def databases():
    query = (
        "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = '{}' AND datname NOT LIKE '{}%'"
    )
    return [name for (name,) in ask(query.format(postgres.OURS, KEPT))]


def in_use():
    """Whether a cell keeps a connection open: then its database can be neither copied nor made anew."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(ARRAY[{}]) AND pid <> pg_backend_pid()"
    names = databases()
    return bool(names) and ask(query.format(", ".join(f"'{name}'" for name in names)))[0][0] > 0


def roles():
    return {name for (name,) in ask("SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'")}


def contents():
    """{database: its dump, without what the clock writes}, and the roles."""
    found = {"roles": sorted(roles())}
    for name in databases():
        dump = subprocess.run(["pg_dump", "--inserts", name], capture_output=True, encoding="utf-8", check=True).stdout
        found[name] = MOMENT.sub("<moment>", RESTRICT.sub("", dump))
    return found


@contextmanager
def undone():
    """Undo what the code inside does to the databases and roles."""
    names, roles_before = databases(), roles()
    for name in names:
        postgres.create_database(KEPT + name, template=name)
    try:
        yield
    finally:
        for name in databases():
            postgres.drop_database(name)
        for name in names:
            postgres.create_database(name, template=KEPT + name)
            postgres.drop_database(KEPT + name)
        for role in roles() - roles_before:
            with postgres.maintenance() as connection:
                connection.exec_driver_sql(f'DROP ROLE "{role}"')

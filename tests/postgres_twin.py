"""Two runs of one command on the same PostgreSQL databases: what the first has changed is undone before the second."""

import os
import re
import subprocess
from contextlib import contextmanager

import sqlalchemy as sa

from course import postgres

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00")
CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")  # a restored CHECK … IN has others than the first
BURNT = re.compile(r"(pg_catalog\.setval\('[\w.]+', )\d+")  # an INSERT that fails uses up a number, too
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
ROWS = re.compile(r"(?:^INSERT INTO .*\n)+", re.MULTILINE)  # their order is that of the last changes
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
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' AND datname NOT LIKE '{}%'"
    )
    return [name for (name,) in ask(query.format(KEPT))]


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
        text = UUID.sub("<uuid>", MOMENT.sub("<moment>", BURNT.sub(r"\1…", RESTRICT.sub("", dump(name)))))
        found[name] = ROWS.sub(lambda rows: "".join(sorted(rows[0].splitlines(True))), CASTS.sub("", text))
    return found


@contextmanager
def undone():
    """Undo what the code inside does to the databases and roles.

    A role cannot be dropped while a database gives it rights. So where there are roles no copy of a database stands by:
    it is made again from a dump. Elsewhere from a copy, because a dump leaves out an index that is not valid.
    """
    names, before = databases(), roles()
    dumps = {name: dump(name) for name in names} if before - {os.environ["PGUSER"]} else {}
    for name in names if not dumps else ():
        postgres.create_database(KEPT + name, template=name)
    try:
        yield
    finally:
        for name in databases():
            postgres.drop_database(name)
        with postgres.maintenance() as connection:
            for role in before - roles():
                connection.exec_driver_sql(f'CREATE ROLE "{role}"')
            for role in roles() - before:
                connection.exec_driver_sql(f'DROP ROLE "{role}"')
        for name in names:
            make_again(name, dumps.get(name))


def make_again(name, text):
    """Make a database from the text of a dump, or from its copy, which is then dropped."""
    if text is None:
        postgres.create_database(name, template=KEPT + name)
        postgres.drop_database(KEPT + name)
        return
    postgres.create_database(name)
    command = ["psql", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", name]
    subprocess.run(command, input=text, encoding="utf-8", check=True)


def dump(name):
    return subprocess.run(["pg_dump", "--inserts", name], capture_output=True, encoding="utf-8", check=True).stdout

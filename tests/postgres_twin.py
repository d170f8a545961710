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
known = {}  # {database: (the server and how much it had written, what content() found)}


def at_work():
    """Whether the page is at a database of the kernel's own server; in part 1 such an address is only an example."""
    return postgres.Server.process is not None and os.environ.get("DATABASE_URL", "").startswith("postgresql")


def ask(query):
    with postgres.maintenance() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def databases():
    query = (
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' AND datname NOT LIKE '{}%'"
    )
    return [name for (name,) in ask(query.format(KEPT))]


def in_use(names):
    """Whether a cell keeps a connection open: then its database can be neither copied nor made anew."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(ARRAY[{}]) AND pid <> pg_backend_pid()"
    return bool(names) and ask(query.format(", ".join(f"'{name}'" for name in names)))[0][0] > 0


def roles():
    return {name for (name,) in ask("SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'")}


def current():
    """The database that a command works with."""
    return [sa.make_url(os.environ["DATABASE_URL"]).database]


def contents(names):
    """{database: its dump, without what the clock writes}, and the roles."""
    return {"roles": sorted(roles())} | {name: content(name) for name in names if name in databases()}


def content(name):
    """What lasts of a database; dumped again only if anything on the server has changed."""
    server = postgres.Server.process.pid, ask("SELECT pg_current_wal_insert_lsn()")
    if known.get(name, (None,))[0] != server:
        text = UUID.sub("<uuid>", MOMENT.sub("<moment>", BURNT.sub(r"\1…", RESTRICT.sub("", dump(name)))))
        known[name] = server, ROWS.sub(lambda rows: "".join(sorted(rows[0].splitlines(True))), CASTS.sub("", text))
    return known[name][1]


@contextmanager
def undone():
    """Undo what the code inside does to the current database and to roles.

    A role cannot be dropped while a database gives it rights. So where there are roles no copy of a database stands by:
    it is made again from a dump. Elsewhere from a copy, because a dump leaves out an index that is not valid.
    """
    names, before = [name for name in current() if name in databases()], roles()
    dumps = {name: dump(name) for name in names} if before - {os.environ["PGUSER"]} else {}
    for name in names if not dumps else ():
        postgres.create_database(KEPT + name, template=name)
    try:
        yield
    finally:
        for name in names:
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

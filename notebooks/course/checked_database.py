"""Copies of an exercise's database for a check, on a server of their own.

On that server the database and the roles have the names that they have on the learner's, so that whatever a check does,
down to dropping a role, goes as it would go there and changes nothing of the learner's.
"""

import os
import signal
from contextlib import contextmanager
from itertools import count

import sqlalchemy as sa

from .database import quoted
from .database_files import (
    END_OF_ROLES,
    drop_role,
    dump,
    empty,
    on_server,
    quoted_literal,
    restore,
    roles,
    roles_in,
    run,
    text_of,
)
from .guard import Watch, our_own
from .postgres import Server, begin_server, create_database, drop_database, lead_to, variables_of
from .postgres_database import PostgresDatabase, close_connections
from .words import CourseError


class CheckServer:
    """The server on which checks work: its guardian process, and the variables that lead to it."""

    process = None
    coming = None  # the same while it starts
    variables = {}
    free = []  # names of empty databases on it that stand for none


@contextmanager
def copied_database(name):
    """A copy of an exercise's database, on the server of the checks, to which its name leads.

    Gives its CheckedDatabase; None where the exercise has none.

    Raises:
        CourseError: the server, or the database, cannot be had.
    """
    if not name:
        yield None
        return
    text = text_of(name)
    server = tuple(os.environ.get(variable, "") for variable in ("PGHOST", "PGPORT", "PGUSER"))
    with server_of_checks():
        place = name if CheckServer.process else f"{name}_check"
        restore(place, text)
        lead_to(name)
        if not hasattr(signal, "setitimer"):  # nothing else would end a statement there
            os.environ["PGOPTIONS"] = "-c statement_timeout=10s"
        Watch.server, Watch.copies = server, {name: place}
        try:
            yield CheckedDatabase(name)
        finally:
            Watch.server, Watch.copies = None, {}
            close_connections()
            if not CheckServer.process:
                put_back(text, place)


@contextmanager
def server_of_checks():
    """Let PGHOST and its like lead to the server of the checks, on which there is nothing at first.

    Where none can be started, as where there is no wheel of the server, it is the reader's own.
    """
    kept = variables()
    learners, base = Server.process, Server.maintenance
    try:
        if CheckServer.process is None or CheckServer.process.poll() is not None:
            start_server_of_checks()
        replace_variables(CheckServer.variables or kept)
        if CheckServer.process:
            Server.process, Server.maintenance = CheckServer.process, "postgres"
            wipe()
            work_as(kept.get("PGUSER"))
        yield
    finally:
        Server.process, Server.maintenance = learners, base
        replace_variables(kept)


def begin_server_of_checks():
    """Begin to start the server of the checks: while the learner works there is time."""
    if CheckServer.process is None and CheckServer.coming is None:
        CheckServer.coming = begin_server()


def start_server_of_checks():
    CheckServer.process, CheckServer.variables, CheckServer.free = None, {}, []
    try:
        begin_server_of_checks()
        process, CheckServer.coming = CheckServer.coming, None
        CheckServer.variables = variables_of(process)
        CheckServer.process = process
    except CourseError:
        if Server.process:
            raise


def variables():
    """What leads psql and a lesson's commands to a server and a database."""
    return {name: value for name, value in os.environ.items() if name.startswith("PG") or name == "DATABASE_URL"}


def replace_variables(values):
    for name in variables():
        del os.environ[name]
    os.environ.update(values)


def put_back(text, place):
    """Take away what a check has made on the reader's own server, and give back a role that it has dropped."""
    for name in [place, *CheckServer.free]:
        drop_database(name)
    CheckServer.free = []
    for name in set(roles()) - roles_in(text):
        drop_role(name)
    if roles_in(text) - set(roles()):
        PostgresDatabase(Server.maintenance).run(text.partition(END_OF_ROLES)[0])


def wipe():
    """Empty each database and drop each role that a check has left on its server."""
    for name in set(on_server("SELECT datname FROM pg_database WHERE oid >= 16384")) - set(CheckServer.free):
        empty(name)
    for name in roles():
        drop_role(name)


def work_as(user):
    """Take the name that the learner has on the reader's own server: what he made belongs to it."""
    if user and user != os.environ["PGUSER"]:
        password = quoted_literal(os.environ.get("PGPASSWORD", ""))
        PostgresDatabase(Server.maintenance).run(f"CREATE ROLE {quoted(user)} SUPERUSER LOGIN PASSWORD {password}")
        os.environ["PGUSER"] = user


NUMBERS = count(1)


class CheckedDatabase(PostgresDatabase):
    """A database of the learner's while a check runs, in whose place another may be put."""

    def __init__(self, name):
        super().__init__(name)
        self.before = KeptDatabase(name)

    @contextmanager
    def replaced_by(self, source):
        """Put another database into its place for the code inside.

        Args:
            source: this one itself for a copy of it; one as it was when the exercise was opened, with the roles of
                then; None for an empty one, with the same roles.
        """
        if isinstance(source, PostgresDatabase):
            text = as_it_is(Watch.copies[source.name])
        else:
            text = text_of((source or self).name, opened=True)
            text = text if source else text.partition(END_OF_ROLES)[0]
        with other_roles(), standing_in(self.name, text):
            yield

    def was_made(self):
        """For parity with a file, which migrations that go elsewhere do not make."""

    def schema_of(self, models):
        """The schema that models (a list of MetaData) alone would make."""
        with standing_in(self.name, ""), our_own():
            engine = sa.create_engine(self.url, poolclass=sa.NullPool)
            with engine.begin() as connection:
                for metadata in models:
                    for schema in {table.schema for table in metadata.tables.values() if table.schema}:
                        connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
                    metadata.create_all(connection)
            return self.schema()


@contextmanager
def standing_in(name, script):
    """Let another database stand for `name`: an empty one changed by a script."""
    place = Watch.copies[name]
    with our_own():
        if not CheckServer.free:
            CheckServer.free.append(f"check_{next(NUMBERS)}")
            create_database(CheckServer.free[0])
        scratch = CheckServer.free.pop()
    Watch.copies[name] = scratch
    try:
        run(name, script)
        yield
    finally:
        Watch.copies[name] = place
        with our_own():
            empty(scratch)
            CheckServer.free.append(scratch)


def as_it_is(name):
    """A database of the check as dump() writes it; what the learner's code has left open in it is ended."""
    with our_own():
        on_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {quoted_literal(name)}")
        return dump(name)


@contextmanager
def other_roles():
    """Let the server have no roles but its own for the code inside, as before the learner's were made."""
    if not CheckServer.process:
        yield
        return
    with our_own():
        aside = {name: f"{name}_kept_by_check" for name in roles()}
        rename_roles(aside)
    try:
        yield
    finally:
        with our_own():
            for name in set(roles()) - set(aside.values()):
                drop_role(name)
            rename_roles({kept: name for name, kept in aside.items()})


def rename_roles(names):
    if names:
        changes = [f"ALTER ROLE {quoted(old)} RENAME TO {quoted(new)}" for old, new in names.items()]
        PostgresDatabase(Server.maintenance).run("; ".join(changes))


class KeptDatabase:
    """A database as it was when the exercise was opened; what it holds is read once and remembered."""

    read = {}  # {what a file says: (schema, rows, position)}

    def __init__(self, name):
        self.name = name

    def schema(self):
        return self.contents()[0]

    def all_rows(self):
        return self.contents()[1]

    def position(self):
        return self.contents()[2]

    def rows(self, query):
        with CheckedDatabase(self.name).replaced_by(self):
            return PostgresDatabase(self.name).rows(query)

    def contents(self):
        key = text_of(self.name, opened=True)
        if key not in self.read:
            with CheckedDatabase(self.name).replaced_by(self):
                database = PostgresDatabase(self.name)
                self.read[key] = database.schema(), database.all_rows(), database.position()
        return self.read[key]

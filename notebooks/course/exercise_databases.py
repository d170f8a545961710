"""The PostgreSQL databases of an exercise: made, kept in files that outlive the server, and copied for a check.

The server goes with the kernel, so the databases of the open exercise are written to files beside the work folders
after each cell that changed something. A check works on a server of its own, on which roles and databases of the same
names stand for the learner's: what it does there changes nothing of his.
"""

import os
import re
import shutil
import subprocess
from contextlib import contextmanager, suppress
from itertools import count

import sqlalchemy as sa
from IPython import get_ipython

from . import session
from .database import quoted
from .exercises import load_exercise
from .guard import Watch, our_own
from .places import work_folder
from .postgres import (
    OURS,
    Server,
    create_database,
    drop_database,
    ensure_server,
    lead_to,
    start_server,
    stop_server,
)
from .postgres_database import PostgresDatabase, close_connections
from .words import CourseError, problem

END_OF_ROLES = "-- end of roles\n"
DUMP = ("pg_dump", "--inserts", "--rows-per-insert=500", "--lock-wait-timeout=2s", "--encoding=UTF8")
ROLES = """
    SELECT format('DO $$BEGIN CREATE ROLE %I; EXCEPTION WHEN duplicate_object THEN NULL; END$$;', rolname)
        || format(E'\\nALTER ROLE %I WITH %s %s %s %s %s %s;', rolname,
            CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
            CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
            CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
            CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
            CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END)
    FROM pg_roles WHERE oid >= 16384 AND rolname <> current_user
    UNION ALL
    SELECT format('GRANT %I TO %I;', g.rolname, m.rolname) FROM pg_auth_members a
    JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid >= 16384 AND m.oid >= 16384 AND m.rolname <> current_user"""
OF_DATABASE = """
    SELECT format('GRANT %s ON DATABASE %%I TO %I', string_agg(a.privilege_type, ', '), g.rolname)
    FROM pg_database d, aclexplode(d.datacl) a JOIN pg_roles g ON g.oid = a.grantee
    WHERE d.datname = current_database() AND a.grantee <> d.datdba GROUP BY g.rolname
    UNION ALL
    SELECT CASE WHEN s.setrole = 0 THEN 'ALTER DATABASE %I'
                ELSE format('ALTER ROLE %I IN DATABASE %%I', pg_get_userbyid(s.setrole)) END
        || ' SET ' || split_part(c, '=', 1) || ' TO ' || CASE WHEN split_part(c, '=', 1) = 'search_path'
           THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
    WHERE d.datname = current_database()"""
INVALID_INDEXES = """
    SELECT n.nspname, c.relname, i.indisunique, pg_get_indexdef(c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND n.nspname !~ '^pg_'"""
UNUSUAL = """
    SELECT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND (datacl IS NOT NULL
                   OR shobj_description(oid, 'pg_database') IS DISTINCT FROM %s))
        OR EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database())
        OR EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql') OR EXISTS (SELECT FROM pg_event_trigger)
        OR EXISTS (SELECT FROM pg_publication) OR EXISTS (SELECT FROM pg_largeobject_metadata)
        OR EXISTS (SELECT FROM pg_default_acl) OR EXISTS (SELECT FROM pg_foreign_data_wrapper)
        OR EXISTS (SELECT FROM pg_cast WHERE oid >= 16384)
        OR NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"""
CLEAN = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET client_min_messages = warning;
    DO $$ DECLARE found record; BEGIN
        FOR found IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', found.nspname);
        END LOOP;
    END $$;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    COMMENT ON SCHEMA public IS 'standard public schema';
    GRANT USAGE ON SCHEMA public TO PUBLIC"""
UNFINISHED = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND state LIKE 'idle in transaction%' AND backend_xid IS NOT NULL)
        OR EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database()
                   AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid())"""


class Kept:
    """What is known of the files: where in its log the server was when the databases were last written."""

    position = None
    repeated = set()  # exercises that were opened again: what is written of them now is written the same again


class CheckServer:
    """The server on which checks work: its guardian process and the variables that lead to it."""

    process = None
    variables = {}
    free = []  # names of empty databases on it that stand for none


def file_of(name, opened=False):
    """Where a database is kept as it is, or as it was when the exercise was opened."""
    return work_folder(".databases") / f"{name}{'_opened' if opened else ''}.sql"


# The learner's own


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
    """Write the databases into the folder that holds the rest of the learner's former work."""
    for name in found.databases.values():
        if folder and file_of(name).is_file():
            shutil.copyfile(file_of(name), folder / f"{name}.sql")


@contextmanager
def elsewhere(found):
    """Let an exercise be laid out again where the learner's databases are not touched, and keep how they are opened."""
    if not found.databases:
        yield
        return
    with server_of_checks():
        for name in found.databases.values():
            create_database(name)
        yield
        for name in found.databases.values():
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


def make_empty(found):
    """Make the databases of an exercise anew, and take away the roles that came since it was opened before."""
    server_for_exercises()
    for name in found.databases.values():
        empty(name)
    if Server.process:  # on the reader's own server roles may be somebody else's
        for name in roles_in(file_of(found.database)) - roles_in(file_of(found.database, opened=True)):
            drop_role(name)
    lead_to(found.database)


def empty(name):
    """Make a database anew. One with nothing but schemas is cleaned, a tenth of the work of making one."""
    import psycopg

    with suppress(psycopg.OperationalError), PostgresDatabase(name).connected() as connection:
        if not connection.execute(UNUSUAL, [OURS]).fetchone()[0]:
            connection.execute(CLEAN)
            return
    create_database(name)


def bring_back(found):
    """Let each database of an exercise be on the server, from its file where the server is a new one.

    Returns:
        "there", "brought back", or "" where one is lost.
    """
    if not found.databases:
        return "there"
    server_for_exercises()
    missing = [name for name in found.databases.values() if not exists(name)]
    if not all(file_of(name).is_file() for name in missing):
        return ""
    same = unchanged(found)
    for name in missing:
        restore(name, file_of(name).read_text(encoding="utf-8"))
    if missing and same:  # the server writes some conditions otherwise when it has read what it wrote
        save(found, opened=True)
    return "brought back" if missing else "there"


def open_again(found):
    """Make the databases what they were when the exercise was opened."""
    make_empty(found)
    for name in found.databases.values():
        restore(name, file_of(name, opened=True).read_text(encoding="utf-8"))
    if found.key in Kept.repeated:
        for name in found.databases.values():
            shutil.copyfile(file_of(name, opened=True), file_of(name))
        Kept.position = found.key, log_position(PostgresDatabase(found.database))
        return
    save(found, opened=True)
    Kept.repeated.add(found.key)


def save(found, opened=False):
    """Write the databases of an exercise to their files if anything has changed on the server.

    Args:
        opened: also as they were when the exercise was opened.
    """
    main = PostgresDatabase(found.database)
    if not opened and (found.key, log_position(main)) == Kept.position:
        return
    for name in found.databases.values():
        text = dump(name)
        for path in [file_of(name), *([file_of(name, opened=True)] if opened else [])]:
            write(path, text)
    Kept.position = found.key, log_position(main)


def log_position(database):
    return database.rows("SELECT pg_current_wal_insert_lsn()")[0][0]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)  # in one step, so that the file is whole at any moment


def save_after_cell(result=None):
    """For IPython: after each cell keep the databases of the open exercise. Whatever stops it is told by check()."""
    with suppress(Exception):
        found = load_exercise(session.exercise)
        if found.databases and Server.process and not unfinished(found):
            save(found)


def save_after_each_cell():
    events = get_ipython().events
    if save_after_cell not in events.callbacks["post_run_cell"]:
        events.register("post_run_cell", save_after_cell)


def unfinished(found):
    """Whether a transaction that somebody has begun holds changes in a database of the exercise."""
    return any(PostgresDatabase(name).rows(UNFINISHED)[0][0] for name in found.databases.values())


def unchanged(found):
    """Whether the databases are as they were when the exercise was opened."""
    files = [(file_of(name), file_of(name, opened=True)) for name in found.databases.values()]
    return all(now.is_file() and was.is_file() and now.read_bytes() == was.read_bytes() for now, was in files)


def on_server(query):
    """The first column of a query's rows, asked of the database from which others are made."""
    return [row[0] for row in PostgresDatabase(Server.maintenance).rows(query)]


def exists(name):
    return name in on_server("SELECT datname FROM pg_database")


# Files


def dump(name):
    """A database as SQL that psycopg runs at once: the roles of the server, then all that pg_dump writes.

    Raises:
        CourseError: pg_dump is missing or refuses.
    """
    if not shutil.which("pg_dump"):
        raise problem("no_pg_dump")
    hidden = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    done = subprocess.run([*DUMP, name], capture_output=True, text=True, encoding="utf-8", **hidden)
    if done.returncode:
        raise problem("database_not_kept", database=name, reason=done.stderr.strip().splitlines()[-1])
    database = PostgresDatabase(name)
    roles = "".join(f"{text}\n" for (text,) in database.rows(ROLES))
    settings = "".join(
        f"DO $do$BEGIN EXECUTE format({quoted_literal(text)}, current_database()); END$do$;\n"
        for (text,) in database.rows(OF_DATABASE)
    )
    text = re.sub(r"(?m)^\\(?:un)?restrict \w+\n", "", done.stdout)
    return f"{roles}{END_OF_ROLES}{text}{settings}{''.join(map(invalid_index, database.rows(INVALID_INDEXES)))}"


def quoted_literal(text):
    return "'" + text.replace("'", "''") + "'"


def invalid_index(row):
    """SQL that makes an index that is INVALID, which pg_dump leaves out."""
    schema, name, unique, text = row
    index = f"{quoted_literal(f'{quoted(schema)}.{quoted(name)}')}::regclass"
    mark = f"UPDATE pg_catalog.pg_index SET indisvalid = false, indisunique = {unique} WHERE indexrelid = {index}"
    text = text.replace("CREATE UNIQUE INDEX", "CREATE INDEX", 1)
    return f"{text};\nDO $do$BEGIN {mark}; EXCEPTION WHEN insufficient_privilege THEN NULL; END$do$;\n"


def restore(name, text):
    """Make a database from what dump() has written."""
    empty(name)
    run(name, text)


def run(name, text):
    """Run what dump() has written on an empty database, without the roles where the server is the reader's own."""
    import psycopg

    try:
        PostgresDatabase(name).run(text if Server.process else text.partition(END_OF_ROLES)[2])
    except psycopg.Error as error:
        raise problem("database_not_restored", database=name, reason=str(error).splitlines()[0]) from None


def roles_in(path):
    """The names of the roles in a file that dump() has written."""
    if not path.is_file():
        return set()
    return names_of_roles(path.read_text(encoding="utf-8").partition(END_OF_ROLES)[0])


def names_of_roles(roles):
    return {name.replace('""', '"').strip('"') for name in re.findall(r"(?m)^DO .* CREATE ROLE (.*?); EXC", roles)}


def drop_role(name):
    """Drop a role, unless something in another database depends on it."""
    with suppress(Exception):  # psycopg's; nobody else's work is done here
        PostgresDatabase(Server.maintenance).run(f"DROP OWNED BY {quoted(name)}; DROP ROLE {quoted(name)}")


# Copies for a check


@contextmanager
def copied_databases(found):
    """Copies of an exercise's databases, on the server of the checks, to which their names lead.

    Gives {what the exercise calls it: its PostgresDatabase}; nothing where an exercise has none.

    Raises:
        CourseError: the server, or a database, cannot be had.
    """
    if not found.databases:
        yield {}
        return
    texts = {name: file_of(name).read_text(encoding="utf-8") for name in found.databases.values()}
    server = tuple(os.environ.get(name, "") for name in ("PGHOST", "PGPORT", "PGUSER"))
    with server_of_checks():
        places = {name: name if CheckServer.process else f"{name}_check" for name in texts}
        for name, text in texts.items():
            restore(places[name], text)
        lead_to(found.database)
        Watch.server, Watch.copies = server, places
        try:
            yield {key: CheckedDatabase(name) for key, name in found.databases.items()}
        finally:
            Watch.server, Watch.copies = None, {}
            close_connections()
            if not CheckServer.process:
                put_back(texts[found.database], places.values())


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


def start_server_of_checks():
    learners, Server.process, CheckServer.process = Server.process, None, None
    CheckServer.variables, CheckServer.free = {}, []
    try:
        start_server()
        CheckServer.process, CheckServer.variables = Server.process, variables()
    except CourseError:
        if learners:
            raise
    finally:
        Server.process = learners


def variables():
    """What leads psql and a lesson's commands to a server and a database."""
    return {name: value for name, value in os.environ.items() if name.startswith("PG") or name == "DATABASE_URL"}


def replace_variables(values):
    for name in variables():
        del os.environ[name]
    os.environ.update(values)


def put_back(text, places):
    """Take away what a check has made on the reader's own server, and give back a role that it has dropped."""
    for name in [*places, *CheckServer.free]:
        drop_database(name)
    CheckServer.free = []
    roles_then = text.partition(END_OF_ROLES)[0]
    for name in set(roles()) - names_of_roles(roles_then):
        drop_role(name)
    missing = names_of_roles(roles_then) - set(roles())
    if missing:
        PostgresDatabase(Server.maintenance).run(roles_then)


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


def roles():
    return on_server("SELECT rolname FROM pg_roles WHERE oid >= 16384 AND rolname <> current_user")


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
            text = file_of((source or self).name, opened=True).read_text(encoding="utf-8")
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
        key = file_of(self.name, opened=True).read_text(encoding="utf-8")
        if key not in self.read:
            with CheckedDatabase(self.name).replaced_by(self):
                database = PostgresDatabase(self.name)
                self.read[key] = database.schema(), database.all_rows(), database.position()
        return self.read[key]

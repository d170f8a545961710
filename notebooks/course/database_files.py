"""Databases of the server as files: all that dump() writes, restore() makes again."""

import os
import re
import shutil
import subprocess
from contextlib import suppress

from .database import quoted
from .places import work_folder
from .postgres import OURS, Server, create_database
from .postgres_database import PostgresDatabase
from .words import problem

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
FOREIGN_KEY = re.compile(r"(?m)^ALTER TABLE ONLY (.+)\n    ADD CONSTRAINT (\S+) (FOREIGN KEY .*)(?<! NOT VALID);$")
UNCHECKED = r"""ALTER TABLE ONLY \1 ADD CONSTRAINT \2 \3 NOT VALID;
UPDATE pg_catalog.pg_constraint SET convalidated = true
    WHERE conrelid = $n$\1$n$::regclass AND quote_ident(conname) = $n$\2$n$;"""  # rows that replication lets in
UNUSUAL = """
    SELECT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND (datacl IS NOT NULL
                   OR shobj_description(oid, 'pg_database') IS DISTINCT FROM %s))
        OR EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database())
        OR EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql') OR EXISTS (SELECT FROM pg_event_trigger)
        OR EXISTS (SELECT FROM pg_publication) OR EXISTS (SELECT FROM pg_largeobject_metadata)
        OR EXISTS (SELECT FROM pg_foreign_data_wrapper)
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
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    DELETE FROM pg_depend WHERE classid = 'pg_default_acl'::regclass;
    DELETE FROM pg_shdepend WHERE classid = 'pg_default_acl'::regclass
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
    DELETE FROM pg_default_acl"""


def file_of(name, opened=False):
    """Where a database is kept as it is, or as it was when its exercise was opened."""
    return work_folder(".databases") / f"{name}{'_opened' if opened else ''}.sql"


def text_of(name, opened=False):
    return file_of(name, opened).read_text(encoding="utf-8")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)  # in one step, so that the file is whole at any moment


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


def empty(name):
    """Make a database anew. One with nothing but schemas is cleaned, a tenth of the work of making one."""
    import psycopg

    with suppress(psycopg.OperationalError), PostgresDatabase(name).connected() as connection:
        if not connection.execute(UNUSUAL, [OURS]).fetchone()[0]:
            connection.execute(CLEAN)
            return
    create_database(name)


def restore(name, text):
    """Make a database from what dump() has written."""
    empty(name)
    run(name, text)


def run(name, text):
    """Run what dump() has written on an empty database, without the roles where the server is the reader's own."""
    import psycopg

    text, database = text if Server.process else text.partition(END_OF_ROLES)[2], PostgresDatabase(name)
    try:
        try:
            database.run(text)
        except psycopg.errors.ForeignKeyViolation:
            database.run(FOREIGN_KEY.sub(UNCHECKED, text))
    except psycopg.Error as error:
        raise problem("database_not_restored", database=name, reason=str(error).splitlines()[0]) from None


def roles_in(text):
    """The names of the roles in what dump() has written."""
    made = re.findall(r"(?m)^DO .* CREATE ROLE (.*?); EXC", text.partition(END_OF_ROLES)[0])
    return {name.replace('""', '"').strip('"') for name in made}


def roles():
    return on_server("SELECT rolname FROM pg_roles WHERE oid >= 16384 AND rolname <> current_user")


def drop_role(name):
    """Drop a role, unless something in another database depends on it."""
    with suppress(Exception):  # psycopg's; nobody else's work is done here
        PostgresDatabase(Server.maintenance).run(f"DROP OWNED BY {quoted(name)}; DROP ROLE {quoted(name)}")


def on_server(query):
    """The first column of a query's rows, asked of the database from which others are made."""
    return [row[0] for row in PostgresDatabase(Server.maintenance).rows(query)]


def exists(name):
    return name in on_server("SELECT datname FROM pg_database")

"""Reading a database: is it there, at which revision, with which tables and rows."""

import os
import re
import sqlite3
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from . import session
from .terminal import kept_logging
from .words import CourseError, problem, say, word

VERSION_TABLE = "alembic_version"
STRING = re.compile(r"('(?:[^']|'')*')")


def as_url(address):
    """An address as SQLAlchemy's URL.

    Raises:
        CourseError: it is none.
    """
    try:
        return sa.make_url(address)
    except sa.exc.ArgumentError as error:
        raise problem("no_connection", reason=error) from None


def learners_database():
    """The URL of the database that the learner works with: that of DATABASE_URL, or data.db.

    Says so if it is another, unless it is on the server that postgres() or exercise() has led to.

    Raises:
        CourseError: there is no such database (connecting would create an empty file), or its address is wrong.
    """
    url = as_url(os.environ.get("DATABASE_URL") or "sqlite:///data.db")
    if not is_file(url, "data.db") and not on_our_server(url):
        say(word("other_database", database=name_of(url)))
    if not database_exists(url):
        raise problem("no_database", path=name_of(url))
    return url


def other_database():
    """The name of the database that DATABASE_URL leads to; "" if that is data.db or nowhere."""
    with suppress(CourseError):
        url = as_url(os.environ.get("DATABASE_URL") or "sqlite:///data.db")
        return "" if is_file(url, "data.db") else name_of(url)
    return ""


def on_our_server(url):
    """Tell whether a database is on the server that postgres() or exercise() has led to."""
    same = url.get_backend_name() == "postgresql" and url.host in (None, os.environ.get("PGHOST"))
    return session.on_postgresql and same


def is_file(url, path):
    return url.get_backend_name() == "sqlite" and os.path.abspath(url.database or "") == os.path.abspath(path)


def name_of(url):
    """A database as the learner knows it: the path of a SQLite file, the address of any other without the password."""
    is_path = url.get_backend_name() == "sqlite" and url.database
    return url.database if is_path else url.render_as_string(hide_password=True)


def database_exists(url):
    """Tell whether connecting would find a database rather than create an empty file."""
    return url.get_backend_name() != "sqlite" or os.path.exists(url.database or "")


@contextmanager
def connected(url):
    """Give a connection that leaves no open file behind.

    Raises:
        CourseError: the database cannot be reached.
    """
    try:
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise why_not(url, error) from None


def why_not(url, error):
    """CourseError with what kept a database from being reached."""
    reason = server_says(getattr(error, "orig", None) or error)
    if isinstance(error, sa.exc.NoSuchModuleError) and url.drivername == "postgres":
        return problem("postgres_address", reason=reason)
    if isinstance(error, ImportError) and url.get_driver_name() == "psycopg":
        return problem("no_driver", reason=reason)
    if url.get_backend_name() == "postgresql" and reason.startswith("connection to server"):
        return problem("no_server", reason=reason)
    return problem("no_connection", reason=reason)


def server_says(error):
    """What the server answered: its own line as psql shows it, and its DETAIL and HINT lines, if it sent any.

    Where a connection fails, the driver puts addresses before the server's line, and advice after its own.
    """
    told = getattr(error, "diag", None)
    if told and told.message_primary:
        lines = {told.severity: told.message_primary, "DETAIL": told.message_detail, "HINT": told.message_hint}
        return "\n".join(f"{name}:  {text}" for name, text in lines.items() if text)
    text = str(error).strip().rstrip(".") or type(error).__name__
    answer = re.search(r"\b(?:FATAL|ERROR):  .*", text)
    return answer[0] if answer else re.sub(r"^connection (?:failed|is bad): ", "", text.splitlines()[0].rstrip("."))


def database_positions(url):
    """The revisions a database is at: one or several, ["base"] before the first, none if there is no database.

    Raises:
        CourseError: the database cannot be reached.
    """
    if not database_exists(url):
        return []
    with kept_logging(), connected(url) as connection:
        return sorted(MigrationContext.configure(connection).get_current_heads()) or ["base"]


def describe(path):
    """Describe the whole schema of an SQLite file, its alembic_version left out.

    Names of constraints and the order in which they stand are no part of it: batch mode takes that order from a set.

    Returns:
        {table or view: {part: description}}, where a part is a column's name or says what it is, as
        "UNIQUE email" or "FOREIGN KEY author_id → users"; nothing if there is no such file.
    Raises:
        sqlite3.Error: the file cannot be read, or is no database.
    """
    if not Path(path).is_file():
        return {}
    with closing(read_only(path)) as connection:
        query = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        objects = connection.execute(query).fetchall()
        schema = {n: parts(connection, n, s) for t, n, _, s in objects if t == "table" and n != VERSION_TABLE}
        schema |= {name: {"VIEW": plain_sql(sql)} for kind, name, _, sql in objects if kind == "view"}
        for kind, name, table, sql in objects:
            if kind == "trigger" and table in schema:
                schema[table][f"TRIGGER {name}"] = plain_sql(sql)
        return schema


def read_rows(path):
    """{table: [{column: value}]} of an SQLite file, its alembic_version left out; nothing if there is no such file.

    Raises:
        sqlite3.Error: the file cannot be read, or is no database.
    """
    if not Path(path).is_file():
        return {}
    with closing(read_only(path)) as connection:
        tables = [name for name, parts_ in describe(path).items() if "VIEW" not in parts_]
        found = {}
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM {quoted(table)}")
            names = [column[0] for column in cursor.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
        return found


def read_only(path):
    return sqlite3.connect(Path(path).resolve().as_uri() + "?mode=ro", uri=True, timeout=0.2)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def parts(connection, table, sql):
    """{part: description} of one table."""

    def pragma(name, argument=table):
        cursor = connection.execute(f"PRAGMA {name}({quoted(argument)})")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    columns = pragma("table_xinfo")
    primary = [c["name"] for c in sorted(columns, key=lambda c: c["pk"]) if c["pk"]]
    found = {c["name"]: column_text(c, primary) for c in columns}
    found["PRIMARY KEY"] = ", ".join(primary) or "—"
    found |= dict(foreign_keys(pragma))
    for index in pragma("index_list"):
        found |= index_part(connection, index, pragma("index_xinfo", index["name"]))
    found |= {f"CHECK ({plain_sql(text)})": "CHECK" for text in checks(sql)}
    for option in re.findall(r"\b(AUTOINCREMENT|WITHOUT\s+ROWID|STRICT)\b", STRING.sub("", sql), re.IGNORECASE):
        found[" ".join(option.upper().split())] = "yes"
    for column, collation in re.findall(r'["`\[]?(\w+)["`\]]?\s[^,]*?\bCOLLATE\s+(\w+)', sql, re.IGNORECASE):
        found[f"COLLATE {column}"] = collation.upper()
    return found


def column_text(column, primary):
    kind = re.sub(r"\s*([(),])\s*", r"\1", " ".join(column["type"].upper().split()))
    given = column["dflt_value"] or "NULL"
    default = "" if given.strip("() ").upper() == "NULL" else f" DEFAULT {plain_default(given)}"
    required = column["notnull"] or column["name"] in primary
    generated = " GENERATED" if column["hidden"] else ""
    return f"{kind}{' NOT NULL' if required else ''}{default}{generated}"


def plain_default(text):
    """A default without the brackets and quotes that may or may not stand around it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        return text[1:-1] or "''"
    return text.upper()


def foreign_keys(pragma):
    keys = {}
    for row in pragma("foreign_key_list"):
        keys.setdefault(row["id"], []).append(row)
    for rows in keys.values():
        rows.sort(key=lambda row: row["seq"])
        columns, target = ", ".join(row["from"] for row in rows), rows[0]["table"]
        primary = [c["name"] for c in sorted(pragma("table_info", target), key=lambda c: c["pk"]) if c["pk"]]
        referred = ", ".join(row["to"] for row in rows) if rows[0]["to"] else ", ".join(primary)
        actions = [f" {on} {rows[0][key]}" for on, key in (("ON DELETE", "on_delete"), ("ON UPDATE", "on_update"))]
        more = "".join(action for action in actions if not action.endswith("NO ACTION"))
        yield f"FOREIGN KEY {columns} → {target}", f"{referred}{more}"


def index_part(connection, index, columns):
    """A unique constraint and a unique index of the same columns are the same; the primary key's index is no part."""
    if index["origin"] == "pk":
        return {}
    keys = [column for column in columns if column["key"]]
    names = [column["name"] for column in keys]
    if index["unique"] and not index["partial"] and None not in names:
        return {f"UNIQUE {', '.join(sorted(names))}": "UNIQUE"}
    if None in names or index["partial"]:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [index["name"]]).fetchone()
        names = [plain_sql(sql).partition(" on ")[2].partition("(")[2]]
    return {f"{'UNIQUE ' if index['unique'] else ''}INDEX {', '.join(names)}": "INDEX"}


def checks(sql):
    """The conditions of the CHECK constraints in a CREATE TABLE statement."""
    for match in re.finditer(r"\bCHECK\s*\(", STRING.sub(lambda m: "'" + "x" * (len(m[0]) - 2) + "'", sql), re.I):
        depth, at, inside = 1, match.end(), False
        while depth and at < len(sql):
            inside ^= sql[at] == "'"
            depth += 0 if inside else {"(": 1, ")": -1}.get(sql[at], 0)
            at += 1
        yield sql[match.end() : at - 1]


def plain_sql(sql):
    """SQL as one line without quotes around names, spaces beside signs, or capital letters, but for its strings."""

    def plain(text):
        text = re.sub(r'["`\[\]]', "", " ".join(text.split()) if text.strip() else " ")
        return re.sub(r"\s*([(),=<>!+*/-])\s*", r"\1", text).lower()

    pieces = STRING.split(re.sub(r"\s+", " ", sql.strip()))
    return "".join(piece if number % 2 else plain_piece(piece, plain) for number, piece in enumerate(pieces))


def plain_piece(piece, plain):
    """A piece between two strings; the spaces at its ends matter only beside a word."""
    text = plain(piece)
    before = " " if piece[:1] == " " and re.match(r"\w", text) else ""
    after = " " if piece[-1:] == " " and re.search(r"\w$", text) else ""
    return before + text.strip() + after

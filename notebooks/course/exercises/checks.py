"""What the checks of the exercises share: each function looks at one thing, or raises NotYet with its sentence's key.

The sentences stand in checks.toml. A function takes the `work` (see course.checking.Work): the copy of the learner's
project, in the current folder; it may change the copy.
"""

import configparser
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Collection
from contextlib import chdir, closing, contextmanager, suppress
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ..database import describe, quoted, server_says
from ..faults import Broken, NotYet, cause
from ..frame import lost_rows
from ..guard import DatabaseOpened, Outside, learners_name, no_database
from ..postgres_database import PostgresDatabase
from ..sqlite_file import SqliteFile
from ..terminal import Screen, forget_project_modules, project_settings, run, split_line

__all__ = ["Broken", "NotYet", "cause"]

TWICE = re.compile(r"(?:table|relation) \"?(\w+)\"? already exists")
OF_NO_MODEL = re.compile(r"TRIGGER |GRANT |OWNER")


# Where the database is in the history


def at(work, revision, database=None):
    """The database is at `revision`."""
    position = work.position(database)
    if position != [revision]:
        leads_to(work, work.at(database))
        name = work.at(database).name
        raise NotYet("at_another_revision", database=name, position=listed(position), wanted=revision)


def leads_to(work, database):
    """The address leads to the exercise's database, if that is in question: commands may have gone elsewhere."""
    if database is work.database:
        with suppress(Broken):
            opens(work, database.name)


def one_head(work):
    """The history has one head, which is returned."""
    heads = work.heads()
    if not heads:
        raise NotYet("no_revisions")
    if len(heads) > 1:
        raise NotYet("several_heads", heads=listed(heads), count=len(heads))
    return heads[0]


def at_head(work):
    """The history has one head, which is returned, and the database has that mark and no other."""
    head, position = one_head(work), work.position()
    if len(position) > 1 and head in position:
        raise NotYet("several_marks", head=head, marks=listed(position))
    for revision in position:
        if revision != "base" and revision not in work.history():
            raise NotYet("revision_lost", revision=revision, database=work.database.name)
    if position != [head]:
        leads_to(work, work.database)
        not_applied(work, position=listed(position), head=head)
    return head


def not_applied(work, **places):
    """Raise NotYet with what stops `upgrade head`, if anything does; else that it is still to be run."""
    places["database"] = work.database.name
    try:
        work.alembic("upgrade head")
    except Broken as error:
        reason = cause(error)
        table = (TWICE.findall(reason) or [None])[0]
        if work.before and table in work.schema() and table not in work.schema(work.before):
            raise NotYet("table_in_the_way", table=table, reason=reason, **places) from None
        raise NotYet("upgrade_stops", reason=reason, **places) from None
    raise NotYet("not_applied", **places)


def not_by_hand(work):
    """If the database is where it was when the exercise was opened, it has the schema of then, too."""
    position = work.position()
    if position == work.position(work.before):
        places = {"database": work.database.name, "position": listed(position)}
        same_schema(work.schema(work.before), work.schema(), "changed_beside_history", **places)


def new_head(work, after):
    """Revisions that follow `after` are applied to the database, by Alembic and not by hand; the head is returned."""
    new_revisions(work, after)
    not_by_hand(work)
    return at_head(work)


def no_other_revisions(work):
    """The history has no revision but those of the finished project."""
    for revision in work.history():
        if revision not in ("0001", "0002", "0003", "0004", "0005", "0006"):
            raise NotYet("revision_not_asked", revision=revision)


def new_revisions(work, after, known=()):
    """The revisions that follow `after` and are not `known`, the oldest first; there is at least one."""
    history = work.history()
    found = [revision for revision in reversed(history) if after in ancestors(history, revision)]
    found = [revision for revision in found if revision not in known]
    if not found:
        raise NotYet("no_new_revision", after=after)
    return found


def ancestors(history, revision):
    """All revisions below `revision` in {revision: its parents}."""
    found, ahead = set(), list(history.get(revision, ()))
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            ahead.extend(history.get(one, ()))
    return found


# What is in the database


def has_effect(work, revision, table, column):
    """The database is at `revision`, so it has the column that this is to add."""
    if column not in work.schema().get(table, {}):
        places = {"database": work.database.name, "table": table, "column": column}
        raise NotYet("applied_without_effect", revision=revision, **places)


def columns_are(table, wanted, found):
    """A table has just the wanted columns; keys and constraints beyond those wanted are free.

    Args:
        wanted: {part: description, or a tuple of those that will do}, the parts as database.describe() names them.
        found: the table's description.
    """
    for part, description in wanted.items():
        if part not in found:
            raise NotYet("part_missing", table=table, part=part)
        if found[part] not in ((description,) if isinstance(description, str) else description):
            needed = description if isinstance(description, str) else description[0]
            raise NotYet("part_differs", table=table, part=part, wanted=needed, found=found[part])
    for part in found:
        if is_column(part) and part not in wanted:
            raise NotYet("column_not_asked", table=table, column=part)


def is_column(part):
    """Whether a part of a description is a column: those of other kinds begin with a word in capital letters."""
    other = r"PRIMARY KEY|FOREIGN KEY .*|UNIQUE .*|(UNIQUE )?INDEX .*|CHECK \(.*|TRIGGER .*|COLLATE .*|AUTOINCREMENT"
    of_postgresql = r"GRANT .*|OWNER|EXCLUDE .*|VALUES|DOMAIN|FUNCTION|SEQUENCE|SCHEMA|EXTENSION"
    views = r"(MATERIALIZED )?VIEW"
    return not re.fullmatch(rf"{other}|WITHOUT ROWID|STRICT|{views}|{of_postgresql}", part, re.DOTALL)


def same_schema(wanted, found, key, **places):
    """Two schemas are equal; else NotYet(key) with the first difference."""
    for table in [*wanted, *(table for table in found if table not in wanted)]:
        want, got = wanted.get(table), found.get(table)
        if want is None or got is None:
            raise NotYet(key, table=table, part="", wanted=seen(want), found=seen(got), **places)
        for part in [*want, *(part for part in got if part not in want)]:
            if want.get(part) != got.get(part):
                parts = {"wanted": want.get(part, "—"), "found": got.get(part, "—")}
                raise NotYet(key, table=table, part=f".{part}" if is_column(part) else f" {part}", **parts, **places)


def seen(table):
    return "—" if table is None else "TABLE"


def same_rows(wanted, found, key, free=(), **places):
    """Each row of `wanted` is in `found`, but for the columns in `free`; else NotYet(key).

    Args:
        wanted, found: {table: [{column: value}]}.
        free: "table" or "table.column", not compared.
    """
    for table, rows in wanted.items():
        if table in free:
            continue
        skip = {item.removeprefix(f"{table}.") for item in free if item.startswith(f"{table}.")}
        if lost := lost_rows(rows, found.get(table, []), skip):
            extra = lost_rows(found.get(table, []), rows, skip)
            raise NotYet(key, table=table, row=row_in_short(lost[0], extra), **places)


def row_in_short(row, others):
    """A row's first two columns, and those in which it differs from the likest of the others."""
    likest = max(others, key=lambda other: sum(other.get(c) == v for c, v in row.items()), default={})
    first = list(row)[:2]
    differing = [c for c, v in row.items() if c not in first and (c not in likest or likest[c] != v)]
    values = {column: row[column] for column in [*first, *differing][:4]}
    return ", ".join(f"{c} = {str(v) if isinstance(v, datetime) else repr(v)}" for c, v in values.items())


def column_filled(work, column, value, revision):
    """The column "table.name", which `revision` adds, is there and has its values in the rows of old.

    Args:
        value: what the revision writes, as SQL.
    """
    table, _, name = column.rpartition(".")
    if name not in work.schema().get(table, {}):
        raise NotYet("column_not_added", column=column, revision=revision)
    ids = ", ".join(str(row["id"]) for row in work.all_rows(work.before)[table])
    query = f"SELECT count(*) FROM {table} WHERE id IN ({ids}) AND ({name} = {value}) IS NOT TRUE"
    if work.rows(query) != [(0,)]:
        raise NotYet("column_not_filled", column=column, revision=revision)


# What the migrations do


def database_of(work, source):
    """Put another database (a path, or None for none) into the place of the exercise's for the code inside."""
    return work.database.replaced_by(work.at(source) if source else None)


def empty_database(work):
    """Let the code inside find an empty database in the place of the exercise's, as on a new machine."""
    return database_of(work, None)


def another_copy(work):
    """Throw away, at its end, what the code inside does to the exercise's database."""
    return work.database.replaced_by(work.database)


def made_by_migrations(work, free=(), renames=None, fills=None, values=None, begin_at=None):
    """From the database as it was at first, with rows that nobody could foresee, `upgrade head` makes what it is now.

    Args:
        free: "table" or "table.column" whose rows the migrations may change.
        renames: {"table.column": "table.other"}, columns whose values must be found under the other name.
        fills: {"table.column": the value that a new column must have in every row}.
        values: {"table.column": values that the unforeseen rows may have}, where not any will do.
        begin_at: the revision that the database is taken for; by default what it says itself.
    """
    learners = work.schema()
    with database_of(work, work.before):
        if begin_at:
            work.database.run(f"UPDATE alembic_version SET version_num = '{begin_at}'")
        work.database.add_strangers(values)
        before = filled(renamed(work.all_rows(), renames), fills)
        upgrade_to_head(work)
        same_schema(work.schema(), learners, "not_made_by_migrations")
        same_rows(before, work.all_rows(), "upgrade_loses_rows", free)


def each_way(work, commands, look, more="SELECT"):
    """Run commands on the database as it was at first, with rows that nobody could foresee, and look after each.

    Args:
        look: look(work, command, schema, rows), which gets those before the first command.
        more: SQL that adds rows of a kind that must not be missing.
    """
    with database_of(work, work.before):
        work.database.add_strangers()
        work.database.run(more)
        schema, rows = work.schema(), work.all_rows()
        for command in commands:
            work.alembic(command)
            look(work, command, schema, rows)


def upgrade_to_head(work):
    """`upgrade head` brings the database to the head, and creates no table a second time."""
    try:
        work.alembic("upgrade head")
    except Broken as error:
        if found := TWICE.search(str(error)):
            raise NotYet("created_twice", table=found[1]) from None
        raise
    if (position := work.position()) != work.heads():
        if isinstance(work.database, SqliteFile):
            raise NotYet("another_database")
        leads_to(work, work.database)
        raise NotYet("upgrade_leaves_nothing", database=work.database.name, position=listed(position))


def made_to_the_letter(work, table):
    """The table's SQL is that of the migrations, run from 0001 or from where the database was at first."""
    learners = clauses_of(work, table)
    for revision in ("0001", *work.position(work.before)):
        with database_of(work, work.before), suppress(Broken, NotYet):  # from 0002 the way may be closed
            work.database.run(f"UPDATE alembic_version SET version_num = '{revision}'")
            upgrade_to_head(work)
            if clauses_of(work, table) == learners:
                return
    raise NotYet("made_by_hand", table=table)


def clauses_of(work, table):
    """What stands between the brackets of a table's CREATE TABLE, in no order: batch mode takes it from a set.

    The spaces inside the brackets count: Alembic begins and ends with a new line, whoever types SQL seldom does.
    """
    ((sql,),) = work.rows(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'") or [("",)]
    inside = re.sub(r"\s+", " ", sql).partition("(")[2].rpartition(")")[0]
    pieces, depth = [""], 0
    for sign in inside:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [inside[:1], inside[-1:], *sorted(piece.strip() for piece in pieces)]


def worked_example(work, *commands, then="upgrade head"):
    """What the project as it was opened does to a database like the learner's: its paths before and after `then`.

    Args:
        commands: run first on the database as it was opened; then its rows get texts, and it gets rows, that nobody
            could foresee.
    """
    with chdir(work.opened):
        shutil.copyfile("data.db", "as_opened.kept_by_check")
        for command in commands:
            work.alembic(command)
        give_other_texts("data.db")
        work.database.add_strangers()
        shutil.copyfile("data.db", "before.kept_by_check")
        work.alembic(then)
        Path("data.db").replace("after.kept_by_check")
        Path("as_opened.kept_by_check").replace("data.db")
    return work.opened / "before.kept_by_check", work.opened / "after.kept_by_check"


def give_other_texts(database):
    """Put random values where texts stand, so that the rows that the learner knows are no help either.

    A text that a constraint forbids to replace stays.
    """
    with closing(sqlite3.connect(database)) as connection:
        for table, parts in describe(database).items():
            for column in (part for part in parts if is_column(part) and re.match("VARCHAR|TEXT", parts[part])):
                name = quoted(column)
                change = f"UPDATE OR IGNORE {quoted(table)} SET {name} = lower(hex(randomblob(6)))"
                connection.execute(f"{change} WHERE {name} IS NOT NULL")
        connection.commit()


def same_database(work, wanted, schema_key, rows_key, database=None, free=(), **places):
    """A database has the schema and the rows of another, no less and no more; else NotYet with one of the two keys."""
    same_schema(work.schema(wanted), work.schema(database), schema_key, **places)
    same_schema(constraint_names(work, wanted), constraint_names(work, database), schema_key, **places)
    same_rows(work.all_rows(wanted), work.all_rows(database), rows_key, free, **places)
    same_rows(work.all_rows(database), work.all_rows(wanted), rows_key, free, **places)


def constraint_names(work, database):
    """{table: {name: kind}} of the foreign keys and CHECKs that have a name, which a description does not tell."""
    return work.at(database).constraint_names()


def joined_as_before(work, before, after):
    """The joined history makes of a database what both branches made of it; see worked_example()."""
    same_schema(work.schema(after), work.schema(), "joined_otherwise")
    with database_of(work, before):
        work.alembic("upgrade head")
        same_database(work, after, "joined_otherwise", "joined_spoils_rows")


def renamed(rows, renames):
    """Rows, as work.all_rows() gives them, with the columns of `renames` under their other names."""
    names = {old: new.rpartition(".")[2] for old, new in (renames or {}).items()}
    return {t: [{names.get(f"{t}.{c}", c): v for c, v in row.items()} for row in found] for t, found in rows.items()}


def add_strangers(path=None, values=None):
    """Put rows that nobody could foresee into a file, or by default into the database that a command works with."""
    url = sa.make_url(os.environ.get("DATABASE_URL") or "sqlite:///data.db")
    is_file = path or url.get_backend_name() == "sqlite"
    (SqliteFile(path or "data.db") if is_file else PostgresDatabase(url.database)).add_strangers(values)


def filled(rows, fills):
    """Rows, as work.all_rows() gives them, with the columns and values of `fills` added."""
    more = {table: {} for table in rows}
    for name, value in (fills or {}).items():
        table, _, column = name.rpartition(".")
        more[table][column] = value
    return {table: [row | more[table] for row in found] for table, found in rows.items()}


def made_from_nothing(work, key="not_made_by_migrations"):
    """On an empty database `upgrade head` makes the schema that the exercise's has; else NotYet(key)."""
    learners = work.schema()
    with empty_database(work):
        work.alembic("upgrade head")
        work.database.was_made()
        same_schema(work.schema(), learners, key)


def way_back(work, revision, free=(), wanted=None, renames=None):
    """`downgrade REVISION` gives the schema of old and keeps the rows, and `upgrade head` leads forth again.

    Args:
        free: "table" or "table.column" whose values the way back may lose.
        wanted: the schema at `revision`; by default that of the database as the exercise was opened.
        renames: {"table.column": "table.other"}, the column's name at `revision` and its name now.
    """
    work.database.add_strangers()
    schema, before = work.schema(), work.all_rows()
    work.alembic(f"downgrade {revision}")
    wanted, now = wanted or work.schema(work.before), work.schema()
    if left := [table for table in now if table not in wanted]:
        raise NotYet("table_left_behind", table=left[0], revision=revision)
    if gone := [table for table in wanted if table not in now]:
        raise NotYet("table_not_back", table=gone[0], revision=revision)
    same_schema(wanted, now, "way_back_differs", revision=revision)
    due = renamed(before, {new: old for old, new in (renames or {}).items()})
    same_rows(due, work.all_rows(), "downgrade_loses_rows", free, revision=revision)
    work.alembic("upgrade head")
    same_schema(schema, work.schema(), "way_forth_differs", revision=revision)
    same_rows(before, work.all_rows(), "way_forth_loses_rows", free, revision=revision)


def table_added(work, table, columns, begin_at=None):
    """Migrations after 0001, and nobody's hands, have added the table, take it away again, and leave users alone.

    Args:
        columns: what is wanted, as in columns_are().
        begin_at: as in made_by_migrations().
    """
    head = at_head(work)
    if table not in work.schema():
        raise NotYet("applied_empty", table=table, head=f"`{head}`")
    columns_are(table, columns, work.schema()[table])
    made_by_migrations(work, begin_at=begin_at)
    made_to_the_letter(work, table)
    way_back(work, "0001", free=[table])
    no_row_more(work, "users", "0001")
    models_have(work, "users", work.schema()["users"])


def no_row_more(work, table, revision):
    """Neither the way back to `revision` nor the way forth adds a row to a table that is none of their business."""
    before = work.all_rows()
    for command in (f"downgrade {revision}", "upgrade head"):
        work.alembic(command)
        same_rows({table: work.all_rows()[table]}, before, "row_not_asked", command=command)


def models_agree(work, defaults=True, others=()):
    """`alembic check` finds nothing, and the models make the very tables that the database has.

    Args:
        defaults: False where a default may stand in the database alone.
        others: tables that are somebody else's, and in no model.
    """
    if found := operations_found(work):
        key, difference = first_operation(found)
        raise NotYet(key, difference=difference)
    by_models = schema_of_models(work)
    by_models, in_database = only_tables(by_models), only_tables(work.schema())
    in_database = {table: parts for table, parts in in_database.items() if table not in others}
    if not defaults:
        by_models, in_database = without_defaults(by_models), without_defaults(in_database)
    same_schema(by_models, in_database, "models_differ_unseen")


def only_tables(schema):
    """What models make of a schema: its tables, without triggers, grants and owners."""
    tables = {name: parts for name, parts in schema.items() if "PRIMARY KEY" in parts}
    return {t: {p: d for p, d in parts.items() if not OF_NO_MODEL.match(p)} for t, parts in tables.items()}


def operations_found(work):
    """What `alembic check` says of the operations that it finds; "" if there are none."""
    try:
        work.alembic("check")
    except Broken as error:
        if "New upgrade operations detected" in str(error):
            return str(error)
        raise
    return ""


def models_have(work, table, wanted, absent=(), defaults=True):
    """The models' table has these columns, and not those `absent`; all else in it is free.

    Args:
        defaults: False where a column may have any default of the database.
    """
    models = schema_of_models(work)
    found = (models if defaults else without_defaults(models)).get(table)
    if found is None:
        raise NotYet("model_missing", table=table)
    for column, description in wanted.items():
        if column not in found:
            raise NotYet("model_column_missing", table=table, column=column)
        choices = (description,) if isinstance(description, str) else description
        if found[column] not in choices:
            raise NotYet("model_column_differs", table=table, column=column, wanted=choices[0], found=found[column])
    for column in absent:
        if column in found:
            raise NotYet("model_column_left", table=table, column=column)


def convention_kept(work):
    """The models still name their constraints by a naming convention."""
    for metadata in work.models():
        if not {"ck", "fk", "pk", "uq"} <= set(metadata.naming_convention):
            raise NotYet("convention_lost")


def schema_of_models(work):
    """The schema that the models alone would make."""
    metadata = work.models()
    if not metadata:
        raise NotYet("no_metadata")
    return work.database.schema_of(metadata)


def without_defaults(schema):
    return {t: {p: re.sub(r" DEFAULT .*", "", text) for p, text in parts.items()} for t, parts in schema.items()}


def without_checks(schema):
    return {t: {part: d for part, d in parts.items() if d != "CHECK"} for t, parts in schema.items()}


def without_queries(schema):
    """A schema whose views do not tell their SQL, which may be written in many ways, but whether they are filled."""
    return {t: {p: filled_or_not(p, text) for p, text in parts.items()} for t, parts in schema.items()}


def filled_or_not(part, text):
    return ("WITH NO DATA" if text.endswith("WITH NO DATA") else "SELECT") if part.endswith("VIEW") else text


def first_operation(text):
    """(key of its sentence, what it is about) of the first difference that `alembic check` names."""
    found = re.search(r"\('(add|remove|modify)_(\w+)', (.*)", text, re.DOTALL)
    if not found:
        return "models_differ", text.splitlines()[-1][:200]
    kind, what, rest = found.groups()
    key = {"add": "only_in_models", "remove": "only_in_database"}.get(kind, "models_differ")
    if (kind == "modify" or what == "column") and (column := re.search(r"'(\w+)', (?:Column\()?'(\w+)'", rest)):
        return key, ".".join(column.groups())
    named = re.search(r"name='(\w+)'", rest) if what in ("fk", "constraint") else None
    named = named or re.search(r"(?:Table|Index)\('(\w+)'", rest)
    return key, named[1] if named else what


# Other machines


@contextmanager
def without_drivers():
    """Let the code inside find no driver for PostgreSQL or MySQL, whatever is installed."""
    names = ("psycopg", "psycopg2", "asyncpg", "pg8000", "MySQLdb")
    kept = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(kept)


def like_postgresql():
    """Let migrations of SQLite lose, as on PostgreSQL, what no transaction of env.py commits."""
    return patch.object(SQLiteImpl, "transactional_ddl", True)


class Server(SQLiteDialect_pysqlite):
    """A database server that is none: it keeps its data in server.db."""

    supports_statement_cache = True

    def create_connect_args(self, url):
        return super().create_connect_args(sa.make_url("sqlite:///server.db"))


@contextmanager
def variable(address, dialect):
    """Set DATABASE_URL; gives the addresses that reach SQLAlchemy, which takes each of them for `dialect`."""
    found = []

    def note(url):
        found.append(url)
        return dialect

    with patch.dict(os.environ, DATABASE_URL=address), patch.object(sa.URL, "_get_entrypoint", note):
        yield found


def production_refuses(**variables):
    """Whether `alembic current`, with APP_ENV=production and these variables, fails before it opens a database."""
    with patch.dict(os.environ, variables, APP_ENV="production"), databases_opened() as opened:
        return run(["current"], Screen(), Screen()) and not opened


def offline_sql(work, value):
    """What `upgrade head --sql` prints of a migration that puts a value into a new table tags; it needs no database."""
    try:
        with without_drivers():
            sql = printed_sql(work, "upgrade head --sql")
    except DatabaseOpened:
        raise NotYet("offline_needs_database") from None
    except Broken as error:
        if re.search("psycopg|MySQLdb", str(error)):
            raise NotYet("offline_needs_database") from None
        raise
    if not all(part in sql for part in ("CREATE TABLE tags", "INSERT INTO tags", "INTO alembic_version")):
        raise NotYet("offline_not_whole")
    if f"'{value}'" not in sql:
        raise NotYet("offline_without_value")
    return sql


# Where the settings lead


def use_address(work, address):
    """Put another address of a database into alembic.ini."""
    text = re.sub(r"(?m)^sqlalchemy\.url *[=:].*$", f"sqlalchemy.url = {address}", work.text("alembic.ini"))
    Path("alembic.ini").write_text(text, encoding="utf-8")


def settings_found():
    """alembic.ini is in the current folder."""
    if not Path("alembic.ini").is_file():
        others = sorted(path.as_posix() for path in Path().rglob("alembic.ini"))
        raise NotYet("settings_elsewhere", file=others[0]) if others else NotYet("settings_missing")


def environment_in(folder):
    """alembic.ini in the current folder leads to a whole migration environment in `folder`."""
    settings_found()
    place = script_location()
    for name in ("env.py", "script.py.mako"):
        if not Path(folder, name).is_file():
            raise NotYet("environment_missing", folder=folder, file=name)
    if place is None:
        raise NotYet("location_missing")
    if os.path.realpath(place) != os.path.realpath(folder):
        raise NotYet("environment_elsewhere", folder=folder, found=as_in_project(place))


def script_location():
    """Where the settings say that the environment is; None if they do not say."""
    settings = project_settings()
    try:
        settings.file_config.items("alembic")
        return settings.get_alembic_option("script_location")
    except configparser.InterpolationError as error:
        value = settings.file_config.get(error.section, error.option, raw=True)
        raise NotYet("percent_sign", setting=f"{error.option} = {value}") from None
    except Exception as error:  # a learner's settings may fail in any way
        raise Broken(f"{type(error).__name__}: {error}") from None


def settings_kept(before):
    """alembic.ini still has the settings of `before`, the file of old, but for the two that say where things are."""
    if project_settings().toml_alembic_config:
        return  # they are divided between two files now
    was, now = configparser.RawConfigParser(), configparser.RawConfigParser()
    was.read(before, encoding="utf-8")
    now.read("alembic.ini", encoding="utf-8")
    for section in was.sections():
        for key, value in was.items(section):
            same = {value, "%(here)s"} if key == "prepend_sys_path" else {value}
            if key not in ("script_location", "sqlalchemy.url") and now.get(section, key, fallback=None) not in same:
                raise NotYet("setting_changed", section=section, setting=f"{key} = {value}")
    for section in now.sections():
        for key in now.options(section):
            of_paths = key.startswith("version_") or f"%({key})s" in str(now.items(section))
            if not was.has_option(section, key) and not of_paths:
                raise NotYet("setting_added", section=section, setting=key)


def opens(work, database, start="."):
    """`alembic current`, run in the folder `start`, opens `database` and nothing else."""
    is_file = database != work.database.name or isinstance(work.database, SqliteFile)
    wanted, command = os.path.realpath(database) if is_file else database, current_from(start)
    try:
        with databases_opened() as opened, chdir(start):
            work.alembic(command)
    except Broken as error:
        if "sqlalchemy.dialects:driver" in str(error):
            raise NotYet("address_is_stock") from None
        raise
    if not opened:
        raise NotYet("opens_nothing", database=database)
    for path in opened:
        if path != wanted and os.path.realpath(path) != wanted:
            key = "opens_another" if is_file else "not_this_database"
            raise NotYet(key, database=database, found=as_in_project(path) or ":memory:")


def current_from(start):
    """`current`, as it is run in the folder `start`: elsewhere than at home it needs every file of settings."""
    files = [file for file in ("alembic.ini", "pyproject.toml") if start != "." and os.path.isfile(file)]
    return "".join(f"-c {os.path.relpath(file, start)} " for file in files).replace(os.sep, "/") + "current"


def environment_folder():
    """The folder of the environment, as seen from here."""
    return os.path.relpath(script_location()).replace(os.sep, "/")


def opens_from_folders(work, database, folder):
    """The same holds for a command run in `folder`, and in one outside the project."""
    outside = Path("../elsewhere")
    outside.mkdir(exist_ok=True)
    for start in (folder, outside.as_posix()):
        places = {"folder": start, "command": f"alembic {current_from(start)}"}
        try:
            opens(work, database, start)
        except NotYet as fault:
            if "found" not in fault.places:
                raise
            raise NotYet("depends_on_folder", found=fault.places["found"], **places) from None
        except Broken as error:
            if (module := module_missing(error)) and has_module(module):
                raise NotYet("module_not_found_there", module=module, **places) from None
            raise NotYet("fails_in_folder", reason=cause(error), **places) from None
        finally:
            forget_project_modules()  # those of the project, loaded while another folder was the current one


def module_missing(error):
    """The module that an error says there is none of, "" if it says something else."""
    found = re.search(r"ModuleNotFoundError: No module named '(\w+)", str(error))
    return found[1] if found else ""


def has_module(name):
    """Whether the project has a module or a package of that name."""
    return any(path.stem == name for path in Path().rglob("*") if path.suffix == ".py" or path.is_dir())


def opens_from_anywhere(work, database, folder):
    """The same holds for a command run in `folder` or outside the project, and for the project moved elsewhere."""
    home, moved = Path.cwd(), Path("../moved project")
    opens_from_folders(work, database, folder)
    shutil.copytree(home, moved)
    forget_project_modules()
    try:
        with chdir(moved):
            environment_in(folder)
            opens(work, database)
    except (NotYet, Broken) as error:
        found = getattr(error, "places", {}).get("found", cause(error))
        raise NotYet("depends_on_place", found=found.replace(str(home.parent), "…").replace("../", "…/")) from None
    finally:
        shutil.rmtree(moved, ignore_errors=True)


@contextmanager
def databases_opened():
    """Give what engines connect to inside: the paths of SQLite files, "" for one in memory, the names of databases."""
    found = []

    def note(connection, record):
        is_file = hasattr(connection, "executescript")
        found.append(
            connection.execute("PRAGMA database_list").fetchone()[2]
            if is_file
            else learners_name(connection.info.dbname)
        )

    sa.event.listen(sa.Engine, "connect", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "connect", note)


def as_in_project(path):
    """A path from the project's root, if it lies there or beside it; "" for a database in memory."""
    found, root = os.path.realpath(path), os.path.realpath(".")
    near = path and f"{found}{os.sep}".startswith(os.path.dirname(root) + os.sep)
    return os.path.relpath(found, root).replace(os.sep, "/") if near else path


def works_with_data_db(work):
    """An ordinary command, run with the learner's own variables, goes to data.db and speaks SQLite's SQL."""
    left = [name for name, value in work.environment.items() if value]
    elsewhere = NotYet("variable_left", name=left[0]) if left else NotYet("project_elsewhere")
    work.history()
    try:
        with patch.dict(os.environ, work.environment):
            work.alembic("stamp 0005")
            offline = printed_sql(work, "upgrade 0001:0002 --sql")
    except Outside:
        raise elsewhere from None
    except Broken as error:
        if re.search(r"No module named '(?:psycopg|asyncpg|pg8000|MySQLdb|pymysql)", str(error)):
            raise elsewhere from None
        raise
    if work.position() != ["0005"] or " id INTEGER NOT NULL," not in offline or work.environment.get("ALEMBIC_CONFIG"):
        raise elsewhere


# SQL that was saved


def saved_script(work, name):
    """The text of a saved SQL script, without what does not belong there."""
    if not Path(name).is_file():
        files = [path.as_posix() for path in Path().rglob("*") if path.is_file()]
        others = get_close_matches(name, files, n=1, cutoff=0.55)  # back.sql is not meant to be forward.sql
        raise NotYet("script_misnamed", file=name, other=others[0]) if others else NotYet("script_missing", file=name)
    if b"\0" in Path(name).read_bytes()[:200] or "\ufffd" in work.text(name):
        raise NotYet("script_not_utf8", file=name)
    script = work.text(name)
    if not script.strip():
        raise NotYet("script_empty", file=name)
    if failed := re.search(r"^FAILED: .*", script, re.MULTILINE):
        raise NotYet("script_failed", file=name, message=failed[0])
    if re.search(r"^(?:INFO|WARNI|ERROR|Traceback)\b", script, re.MULTILINE):
        raise NotYet("script_has_log", file=name)
    return script


def printed_sql(work, command):
    """The SQL that an Alembic command with --sql prints, without the log; raises Broken if it fails.

    Raises:
        DatabaseOpened: it opens a database.
    """
    printed = Screen()
    with no_database():
        if run(split_line(command)[0], printed, Screen()):
            work.alembic(command)
    return printed.getvalue()


def goes_the_way(script, name, start, end):
    """A script takes a database from `start` to `end`, as far as marks that Alembic has written tell."""
    steps = re.findall(r"SET version_num='(\w+)' WHERE alembic_version.version_num = '(\w+)'", script)
    way = [before for _, before in steps] + [after for after, _ in steps[-1:]]
    if "CREATE TABLE alembic_version" in script:
        way.insert(0, "base")
    if "DELETE FROM alembic_version WHERE alembic_version.version_num" in script:
        way.append("base")
    if way and (way[0], way[-1]) != (start, end):
        raise NotYet("wrong_range", file=name, found_start=way[0], found_end=way[-1], start=start, end=end)


def run_script(work, name, database=None):
    """Run a saved script on a database, as an administrator would."""
    run_sql(saved_script(work, name), name, work.at(database))


def leaves_as_it_was(work, name, source, change, key):
    """A saved script changes nothing in a database that it does not fit: `source` after the SQL of `change`."""
    database = "unfit.kept_by_check"
    shutil.copyfile(source, database)
    run_sql(change, name, work.at(database))
    schema = work.schema(database)
    with suppress(NotYet):
        run_script(work, name, database)
    same_schema(schema, work.schema(database), key, file=name)


def run_sql(script, name, database):
    """Run SQL that learners know by this name on a database."""
    try:
        finished = database.run(script)
    except (sqlite3.Error, ValueError) as error:
        raise NotYet("script_stops", file=name, reason=error) from None
    except Exception as error:
        if not type(error).__module__.startswith("psycopg"):
            raise
        raise NotYet("script_stops", file=name, reason=server_says(error)) from None
    if not finished:
        raise NotYet("script_uncommitted", file=name)


# Answers


def as_names(answer):
    """An answer as a set of words: from a list, a tuple, a set, or a text with commas; a path is its name."""
    if isinstance(answer, (str, Path)):
        return set(re.findall(r"[^\s,;\[\](){}'\"]+", str(answer)))
    if isinstance(answer, Collection):
        return set().union(*map(as_names, answer))
    raise NotYet("answer_is_no_names")


def as_number(answer):
    """An answer as a whole number: 4, 4.0, "4", [4]."""
    if isinstance(answer, (list, tuple, set, frozenset)) and len(answer) == 1:
        return as_number(next(iter(answer)))
    text = ""
    with suppress(Exception):  # something odd, or a number of thousands of digits
        text = "" if isinstance(answer, bool) else str(answer).strip()
    if not re.fullmatch(r"\d{1,99}(?:\.0*)?", text):
        raise NotYet("answer_is_no_number")
    return int(text.partition(".")[0])


def as_numbers(answer, count):
    """An answer as a list of `count` whole numbers: a list, a tuple, or a text with commas or spaces."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    while isinstance(answer, (list, tuple)) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, str):
        answer = re.findall(r"[^\s,;\[\](){}'\"]+", answer)
    if not isinstance(answer, (list, tuple)) or len(answer) != count:
        raise NotYet("answer_is_not_that_many", count=count)
    try:
        return [as_number(value) for value in answer]
    except NotYet:
        raise NotYet("answer_is_not_that_many", count=count) from None


def as_revision(answer, revisions):
    """An answer as one of the revisions: an id, four signs of it or more, the name of its file, a list of one."""
    names = {re.sub(r".*[\\/]|[_.].*", "", name).lower() for name in as_names(str(answer))}
    if len(names) > 1:
        names = {name for name in names if any(revision.startswith(name) for revision in revisions)}
    if len(names) != 1:
        raise NotYet("answer_is_no_revision")
    (name,) = names
    found = [revision for revision in revisions if revision.startswith(name)]
    if not found:
        raise NotYet("answer_unknown_revision", answer=name)
    if len(found) > 1 and name not in found:
        raise NotYet("answer_too_short", answer=name, revisions=listed(found))
    if len(name) < 2:
        raise NotYet("answer_is_no_revision")
    return name if name in found else found[0]


def listed(names):
    """Names for a sentence: `a`, `b`. A database that is not there is where an empty one would be."""
    return ", ".join(f"`{name}`" for name in names) or "`base`"

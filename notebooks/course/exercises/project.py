"""What the stages of the final project share: the customer's list, his rows, and how far a project has come."""

import re
import sqlite3
from contextlib import chdir, closing, contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata

from ..checking import Work, copied
from ..frame import in_short, lines
from ..guard import Outside, TooLong, nothing_outside
from .checks import (
    Broken,
    NotYet,
    add_strangers,
    ancestors,
    database_of,
    filled,
    is_column,
    renamed,
    same_rows,
    same_schema,
    schema_of_models,
)

# The customer's list: int and date are kinds of columns, a number is the length of a text.
FIRST = {
    "owners": {"id": int, "name": 100, "phone": 20},
    "flats": {"id": int, "owner_id": int, "address": 200, "price": int},
    "bookings": {"id": int, "flat_id": int, "guest": 100, "arrival": date, "departure": date},
}
LINKS = {"owner_id": "owners", "flat_id": "flats"}
MAY_BE_EMPTY = {"price", "price_per_night", "email"}
# The rows that stage 4 puts into the database, in the order of the columns in FIRST.
ROWS = {
    "owners": [(101, "Оксана", "555-0101"), (102, "Тимур", "555-0102")],
    "flats": [(201, 101, "Sadova, 5", 900), (202, 102, "Marina, 12", 750), (203, 102, "Lake Street, 3", None)],
    "bookings": [
        (301, 201, "Марта", "2026-07-01", "2026-07-08"),
        (302, 201, "Роман", "2026-07-08", "2026-07-10"),
        (303, 202, "Emma", "2026-07-03", "2026-07-04"),
        (304, 203, "Роман", "2026-08-15", "2026-08-29"),
    ],
}
RENAMED, BACK = {"flats.price": "flats.price_per_night"}, {"flats.price_per_night": "flats.price"}
NOT_BELOW = ["bookings.people", "owners.email"]  # what the tables of stage 3 cannot keep
SCRIPTS = ("upgrade.sql", "rollback.sql")
THEIRS = "7b2e4c91d0a3"


def due(stage):
    """{table: {column: its kind}} after a stage."""
    tables = {table: dict(columns) for table, columns in FIRST.items()}
    if stage >= 4:
        tables["flats"]["price_per_night"] = tables["flats"].pop("price")
        tables["bookings"]["people"] = int
    if stage >= 5:
        tables["owners"]["email"] = 200
    return tables


def project_found():
    """alembic.ini is in the folder of the project."""
    if Path("alembic.ini").is_file():
        return
    elsewhere = [path.as_posix() for path in sorted(Path().rglob("alembic.ini"))]
    raise NotYet("ini_elsewhere", path=elsewhere[0]) if elsewhere else NotYet("no_ini")


# The history


def walked(work):
    """{revision: the schema there} of an empty database on its way up, the oldest first, until stage 3 is over."""
    if not hasattr(work, "walked"):
        work.walked = {}
        with another_database(work):
            for revision in reversed(work.history()):
                try:
                    work.alembic(f"upgrade {revision}")
                except Broken:
                    if not end_of_stage_3(work.walked)[0]:
                        raise
                    break  # what a later stage does wrong is its own check's business
                work.walked[revision] = work.schema()
                if end_of_stage_3(work.walked)[0] not in (None, revision):
                    break
    return work.walked


@contextmanager
def another_database(work):
    """Let the code inside have an empty data.db."""
    Path("data.db").touch()
    with database_of(work, None):
        yield


def has_columns(schema, stage):
    """Whether the tables have just the columns that they have after a stage."""
    return all(
        set(columns) == {part for part in schema.get(table, {}) if is_column(part)}
        for table, columns in due(stage).items()
    )


def end_of_stage_3(way):
    """(revision, schema) of the last revision at which the tables are those of stage 3, or (None, None).

    Args:
        way: what walked() found.
    """
    found = [(revision, schema) for revision, schema in way.items() if has_columns(schema, 3)]
    return found[-1] if found else (None, None)


def applied_files_kept(work):
    """The revisions that were applied when the stage was opened are as they were; their files may have other names.

    Once SQL is being written they may be mended for it, and the last stage looks at what they do.
    """
    if work.opened and not any(Path(name).exists() for name in SCRIPTS):
        now = [lines(Path(script.path)) for script in work.scripts()]
        for path in applied_files(work):
            if lines(path) not in now:
                raise NotYet("revision_file_changed", file=path.name)


def applied_files(work):
    """The files of the revisions that data.db was at, and below, when the stage was opened."""
    with chdir(work.opened):
        try:
            history, position = work.history(), work.position()
            applied = set(position).union(*(ancestors(history, revision) for revision in position))
            return [Path(script.path) for script in work.scripts() if script.revision in applied]
        except (Broken, NotYet):  # it could not be read then
            return []


# The models


def models_as_ordered(work, stage):
    """What env.py hands to autogenerate are the customer's tables, no more and no less."""
    made, seen = made_by_models(work), seen_by_autogenerate(work)
    wanted = due(reached(work, made, stage))
    for table in [*wanted, *made]:
        if table not in seen:
            raise NotYet("model_not_seen", table=table)
        if table not in wanted:
            raise NotYet("model_not_asked", table=table)
    for table, columns in wanted.items():
        columns_as_ordered(table, columns, made[table])
        keys_as_ordered(table, columns, made[table])
    rows_fit(wanted)


def reached(work, made, stage):
    """The stage, or the later one that the project is at when an earlier one is checked again."""
    if "price_per_night" not in made.get("flats", {}) or not end_of_stage_3(walked(work))[0]:
        return stage
    return max(stage, 5 if THEIRS in work.history() else 4)


def seen_by_autogenerate(work):
    """The names of the tables that autogenerate would add to an empty database."""
    seen = set()

    def compare(context):
        found = compare_metadata(context, context.opts["target_metadata"])
        seen.update(difference[1].name for difference in found if difference[0] == "add_table")

    with another_database(work):
        work.run_env(compare)
    return seen


def made_by_models(work):
    try:
        return schema_of_models(work)
    except sa.exc.SQLAlchemyError as error:
        raise NotYet("models_do_not_fit", reason=error) from None


def columns_as_ordered(table, columns, found):
    for column, kind in columns.items():
        if column not in found:
            raise NotYet("model_column_missing", table=table, column=column)
        wanted, pattern = description(column, kind)
        if not re.fullmatch(pattern, found[column]):
            places = {"wanted": wanted, "found": found[column]}
            raise NotYet("model_column_differs", table=table, column=column, **places)
    for part in found:
        if is_column(part) and part not in columns:
            raise NotYet("model_column_left", table=table, column=part)


def description(column, kind):
    """How the customer's column looks in a database, and a pattern for all that will do."""
    empty, default = ("", "") if column in MAY_BE_EMPTY else (" NOT NULL", "( DEFAULT .*)?")
    if kind is int:
        return f"INTEGER{empty}", rf"(BIG|SMALL)?INT(EGER)?{empty}{default}"
    if kind is date:
        return f"DATE{empty}", rf"DATE{empty}{default}"
    return f"VARCHAR({kind}){empty}", rf"N?(VAR)?CHAR\({kind}\){empty}{default}"


def keys_as_ordered(table, columns, found):
    if found["PRIMARY KEY"] != "id":
        raise NotYet("model_primary_key", table=table, found=found["PRIMARY KEY"])
    wanted = {f"FOREIGN KEY {column} → {LINKS[column]}" for column in columns if column in LINKS}
    for part in [part for part in found if part.startswith("FOREIGN KEY ")]:
        if part not in wanted or found[part].split()[0] != "id":
            raise NotYet("model_link_not_asked", table=table, link=f"{part} ({found[part]})")
        wanted.remove(part)
    for part in wanted:
        raise NotYet("model_lacks_link", table=table, link=part.removeprefix("FOREIGN KEY "))


def rows_fit(columns):
    """The customer's rows, and rows as long as he may write them, fit into the tables that the models make."""
    longest = {kind: "5" * kind for kind in (20, 100, 200)} | {int: 1, date: "2027-01-01"}
    links = {"owner_id": 101, "flat_id": 201}
    with closing(sqlite3.connect("made_by_models.db")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for table, row in rows_for(columns):
            insert(connection, table, row)
        for table, kinds in columns.items():
            row = {column: longest[kind] for column, kind in kinds.items()}
            insert(connection, table, row | {name: value for name, value in links.items() if name in row})


# The customer's rows


def rows_for(columns):
    """(table, row) of the customer's rows for {table: its columns}; one guest in each booking."""
    for table, rows in ROWS.items():
        for values in rows:
            row = dict(zip(FIRST[table], values, strict=True))
            if "price_per_night" in columns[table]:
                row["price_per_night"] = row.pop("price")
            yield table, row | ({"people": 1} if "people" in columns[table] else {})


def insert(connection, table, row):
    marks, anew = ", ".join("?" * len(row)), ", ".join(f"{name} = excluded.{name}" for name in row)
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {anew}"
    try:
        connection.execute(statement, list(row.values()))
    except sqlite3.Error as error:
        raise NotYet("row_refused", table=table, row=in_short(row), reason=error) from None


def put_rows(path, columns):
    """Put the customer's rows into a database whose tables have these columns, or put them right."""
    with closing(sqlite3.connect(path, timeout=1)) as connection, connection:
        for table, row in rows_for(columns):
            insert(connection, table, row)


def rows_kept(rows, opened=None):
    """The customer's rows stand as he wrote them in `rows`, all rows of a database after stage 4.

    Args:
        opened: all rows as the stage was opened; if the customer's were not among them, they need not be there now.
    """
    if opened is not None and not any(row["id"] in ids(opened, table) for table, row in rows_for(FIRST)):
        return
    for table, row in rows_for(due(4)):
        now = next((found for found in rows.get(table, ()) if found.get("id") == row["id"]), None)
        if now is None:
            raise NotYet("customers_row_gone", table=table, row=in_short(row))
        for column, value in row.items():
            if now.get(column) != value:
                places = {"column": column, "was": value, "now": now.get(column)}
                raise NotYet("customers_row_differs", table=table, row=in_short(row), **places)


def rows_as_opened(work):
    """All rows of data.db as the stage was opened; none where that is not known."""
    return work.all_rows(work.opened / "data.db") if work.opened else {}


def ids(rows, table):
    return {row.get("id") for row in rows.get(table, ())}


def comes_to_head(work, start, learners):
    """Rows that nobody could foresee come safely from `start` to the head of another_database(), as `learners`."""
    work.alembic(f"upgrade {start}")
    schema = work.schema()
    put_rows("data.db", schema)
    add_strangers("data.db")
    before = renamed(work.all_rows(), RENAMED)
    work.alembic("upgrade head")
    same_schema(work.schema(), learners, "not_made_by_migrations")
    same_rows(before, work.all_rows(), "upgrade_loses_rows")
    if "people" not in schema["bookings"]:
        same_rows(filled(before, {"bookings.people": 1}), work.all_rows(), "people_not_one")


def serves_other_databases(work, start, bottom, schema_below):
    """Rows that nobody could foresee come safely from `start` to the head, down to `bottom` and up again.

    Args:
        bottom, schema_below: the last revision of stage 3 and the schema there.
    """
    learners = work.schema()
    with another_database(work):
        comes_to_head(work, start, learners)
        add_strangers("data.db")
        rows = work.all_rows()
        work.alembic(f"downgrade {bottom}")
        same_schema(schema_below, work.schema(), "way_back_differs", revision=bottom)
        same_rows(renamed(rows, BACK), work.all_rows(), "downgrade_loses_rows", free=NOT_BELOW, revision=bottom)
        work.alembic("upgrade head")
        same_schema(learners, work.schema(), "way_forth_differs", revision=bottom)
        same_rows(rows, work.all_rows(), "way_forth_loses_rows", free=NOT_BELOW, revision=bottom)


def looked_at(look):
    """What `look(work)` finds in a copy of the current folder; for set_up(), which works in the learner's own."""
    folder = Path.cwd()
    try:
        with copied(folder, None), nothing_outside(Path.cwd().parent, folder, 10):
            return look(Work())
    except (Broken, Outside, TooLong) as error:
        said = [line for line in str(error).splitlines() if line.strip() and not line.startswith("File ")]
        raise NotYet("project_stops", reason=said[0] if said else type(error).__name__) from None

"""What the stages of the final project share: the customer's list, his rows, and how far a project has come."""

import re
import sqlite3
import tempfile
from contextlib import chdir, closing, contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata

from ..checking import Work, copied
from ..database import describe, read_rows
from ..frame import in_short, lines
from ..guard import Outside, TooLong, nothing_outside
from .checks import (
    Broken,
    NotYet,
    add_strangers,
    ancestors,
    at_head,
    cause,
    database_of,
    filled,
    is_column,
    models_agree,
    renamed,
    same_rows,
    same_schema,
    schema_of_models,
    way_back,
)

CUSTOMER = Path(__file__).with_name("customer.sql")
LATER = {  # what changes after stage 3, by stage
    4: "ALTER TABLE flats RENAME price TO price_per_night; ALTER TABLE bookings ADD people INTEGER NOT NULL DEFAULT 1",
    5: "ALTER TABLE owners ADD email VARCHAR(200)",
}
RENAMED = {"flats.price": "flats.price_per_night"}
NOT_BELOW = ["bookings.people", "owners.email"]  # what the tables of stage 3 cannot keep
THEIRS = "7b2e4c91d0a3"


@cache
def customer(stage):
    """(schema, rows) that the customer wants after a stage."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "customer.db")
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(CUSTOMER.read_text(encoding="utf-8"))
            connection.executescript(";".join(change for begins, change in LATER.items() if begins <= stage))
        return describe(path), read_rows(path)


def as_ordered(work, stage):
    """The models are as ordered, data.db is at the head and agrees with them, and the customer's rows are in it.

    Returns the head.
    """
    head = at_head(work)
    models_as_ordered(work, stage)
    models_agree(work, defaults=False)
    rows_before = work.all_rows(work.opened / "data.db") if work.opened else {}
    if any(row.get("id") == 101 for row in rows_before.get("owners", ())):  # else the customer's rows never came
        _, wanted = customer(4 if stage > 3 else 3)
        same_rows(wanted, work.all_rows(), "customers_row_gone")
    return head


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


def columns_of(table):
    return {part for part in table if is_column(part)}


def has_columns(schema, stage):
    """Whether the tables have just the columns that they have after a stage."""
    wanted, _ = customer(stage)
    return all(columns_of(schema.get(table, ())) == columns_of(wanted[table]) for table in wanted)


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
    if work.opened and not any(Path(name).exists() for name in ("upgrade.sql", "rollback.sql")):
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
    try:
        made, seen = schema_of_models(work), seen_by_autogenerate(work)
    except sa.exc.SQLAlchemyError as error:
        raise NotYet("models_do_not_fit", reason=cause(error)) from None
    wanted, rows = customer(reached(work, made, stage))
    for table in [*wanted, *made]:
        if table not in seen:
            raise NotYet("model_not_seen", table=table)
        if table not in wanted:
            raise NotYet("model_not_asked", table=table)
    for table in wanted:
        columns_as_ordered(table, wanted[table], made[table])
        keys_as_ordered(table, wanted[table], made[table])
    put_rows("made_by_models.db", rows)
    put_rows("made_by_models.db", {table: [as_long_as_may_be(rows[table][0], wanted[table])] for table in wanted})


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


def columns_as_ordered(table, wanted, found):
    for column in sorted(columns_of(wanted)):
        if column not in found:
            raise NotYet("model_column_missing", table=table, column=column)
        if roughly(found[column]) != roughly(wanted[column]):
            places = {"wanted": roughly(wanted[column]), "found": found[column]}
            raise NotYet("model_column_differs", table=table, column=column, **places)
    for column in columns_of(found) - columns_of(wanted):
        raise NotYet("model_column_left", table=table, column=column)


def roughly(text):
    """A column's description without what the customer leaves open: how big a number is, and a default."""
    text = re.sub(r"^(BIG|SMALL)?INT(EGER)?\b", "INTEGER", text)
    return re.sub(r" NOT NULL DEFAULT .*", " NOT NULL", re.sub(r"^N?(VAR)?CHAR\b", "VARCHAR", text))


def keys_as_ordered(table, wanted, found):
    if found["PRIMARY KEY"] != "id":
        raise NotYet("model_primary_key", table=table, found=found["PRIMARY KEY"])
    for part in found:
        if part.startswith("FOREIGN KEY ") and (part not in wanted or found[part].split()[0] != "id"):
            raise NotYet("model_link_not_asked", table=table, link=f"{part} ({found[part]})")
    for part in wanted:
        if part.startswith("FOREIGN KEY ") and part not in found:
            raise NotYet("model_lacks_link", table=table, link=part.removeprefix("FOREIGN KEY "))


# The customer's rows


def as_long_as_may_be(row, table):
    """The row with texts as long as the customer may write them."""
    lengths = {column: re.search(r"\((\d+)\)", table[column]) for column in row}
    return {column: "5" * int(lengths[column][1]) if lengths[column] else value for column, value in row.items()}


def put_rows(path, rows):
    """Put rows into a database, or put them right, where its tables let them in."""
    with closing(sqlite3.connect(path, timeout=1)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for table, row in ((table, row) for table, found in rows.items() for row in found):
            marks, anew = ", ".join("?" * len(row)), ", ".join(f"{name} = excluded.{name}" for name in row)
            statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {anew}"
            try:
                connection.execute(statement, list(row.values()))
            except sqlite3.Error as error:
                raise NotYet("row_refused", table=table, row=in_short(row), reason=error) from None


def comes_to_head(work, start, learners):
    """Rows that nobody could foresee come safely from `start` to the head of another_database(), as `learners`."""
    work.alembic(f"upgrade {start}")
    schema = work.schema()
    put_rows("data.db", customer(4 if "people" in schema["bookings"] else 3)[1])
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
        way_back(work, bottom, NOT_BELOW, schema_below, RENAMED)


def looked_at(look):
    """What `look(work)` finds in a copy of the current folder; for set_up(), which works in the learner's own."""
    folder = Path.cwd()
    try:
        with copied(folder, None), nothing_outside(Path.cwd().parent, folder, 10):
            return look(Work())
    except (Broken, Outside, TooLong) as error:
        said = [line for line in str(error).splitlines() if line.strip() and not line.startswith("File ")]
        raise NotYet("project_stops", reason=said[0].rstrip(". ") if said else type(error).__name__) from None

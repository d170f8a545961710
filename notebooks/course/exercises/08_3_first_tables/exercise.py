"""Do it: the tables made by migrations, with a way back."""

import ast
import re
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ..checks import NotYet, add_strangers, made_from_nothing, same_schema, settings_found
from ..project import another_database, as_ordered, customer, end_of_stage_3, put_rows, walked

STAGE = True
NOT_BEGUN = ("no_revisions",)
OF_MODELS = {"create_all", "drop_all", "metadata", "target_metadata", "__table__"}
REFERRING = 'SELECT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE k."table" = ? AND m.name <> ?'


def check(work):
    settings_found()
    as_ordered(work, 3)
    tables_described(work)
    made_from_nothing(work)
    revision, _ = end_of_stage_3(walked(work))
    way_to_base(work, revision)


def tables_described(work):
    """The migrations do not leave it to the models what the tables are: those will change."""
    for script in work.scripts():
        words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(work.text(script.path)))}
        if words & OF_MODELS:
            raise NotYet("left_to_models", file=Path(script.path).name)


def way_to_base(work, revision):
    """`downgrade base` removes every table, those first that refer to others, and `upgrade` makes them again."""
    with another_database(work):
        work.alembic(f"upgrade {revision}")
        put_rows("data.db", customer(3)[1])
        add_strangers("data.db")
        schema = work.schema()
        with drops_too_early() as found:
            work.alembic("downgrade base")
        for table in work.schema():
            raise NotYet("table_left", table=table)
        for table, other in found.items():
            raise NotYet("dropped_too_early", table=table, other=other)
        work.alembic(f"upgrade {revision}")
        same_schema(schema, work.schema(), "way_forth_differs", revision="base")


@contextmanager
def drops_too_early():
    """Gives {table: one that still refers to it when it is dropped}; a table that batch mode replaces comes back."""
    found = {}

    def look(connection, cursor, statement, *more):
        if dropped := re.match(r'\s*DROP TABLE (?:IF EXISTS )?(?:\w+\.)?["`\[]?(\w+)', statement, re.IGNORECASE):
            for (other,) in cursor.connection.execute(REFERRING, [dropped[1]] * 2).fetchall():
                found[dropped[1]] = other
        elif renamed := re.search(r'RENAME TO ["`\[]?(\w+)', statement, re.IGNORECASE):
            found.pop(renamed[1], None)

    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", look)

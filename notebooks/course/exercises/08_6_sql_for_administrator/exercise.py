"""Do it: SQL of the whole history, and of the way back."""

import shutil
from pathlib import Path

from .. import project
from ..checks import (
    NotYet,
    add_strangers,
    leaves_as_it_was,
    listed,
    renamed,
    run_script,
    same_rows,
    same_schema,
    settings_found,
)

STAGE = True
NOT_BEGUN = ("script_missing",)
SERVER, EMPTY, UPGRADED = "server_of_check.db", "empty_of_check.db", "upgraded_of_check.db"
CHANGED_BY_HAND = "ALTER TABLE owners RENAME email TO mail", "ALTER TABLE flats RENAME price_per_night TO price"


def check(work):
    settings_found()
    head = project.as_ordered(work, 5)
    ends = {revision: schema for revision, schema in project.walked(work).items() if project.has_columns(schema, 3)}
    upgrade_makes_the_same(work, head)
    project.put_rows(SERVER, project.customer(5)[1])
    add_strangers(SERVER)
    shutil.copyfile(SERVER, UPGRADED)
    rollback_takes_back(work, ends)
    change_all_or_nothing(work)
    revision, schema = list(ends.items())[-1]
    project.serves_other_databases(work, revision, revision, schema)  # the migrations may have been changed for --sql


def upgrade_makes_the_same(work, head):
    run_script(work, "upgrade.sql", SERVER)
    same_schema(work.schema(), work.schema(SERVER), "server_differs")
    for table, rows in work.all_rows(SERVER).items():
        if rows:
            raise NotYet("rows_carried_over", table=table)
    if work.position(SERVER) != [head]:
        raise NotYet("server_position", file="upgrade.sql", position=listed(work.position(SERVER)), wanted=head)


def rollback_takes_back(work, ends):
    rows = work.all_rows(SERVER)
    run_script(work, "rollback.sql", SERVER)
    revision, wanted = list(ends.items())[-1]
    same_schema(wanted, work.schema(SERVER), "rollback_differs")
    same_rows(rows, renamed(work.all_rows(SERVER), project.RENAMED), "rollback_loses_rows", free=project.NOT_BELOW)
    position = work.position(SERVER)
    if len(position) != 1 or position[0] not in ends:
        raise NotYet("server_position", file="rollback.sql", position=listed(position), wanted=revision)


def change_all_or_nothing(work):
    """Each script leaves a database alone that somebody has changed by hand, and the way back one at another mark."""
    Path(EMPTY).touch()
    leaves_as_it_was(work, "upgrade.sql", EMPTY, "CREATE TABLE bookings (id INTEGER)", "not_one_transaction")
    for change in CHANGED_BY_HAND:
        leaves_as_it_was(work, "rollback.sql", UPGRADED, change, "not_one_transaction")
    leaves_as_it_was(work, "rollback.sql", UPGRADED, "UPDATE alembic_version SET version_num = 'x'", "no_guard")

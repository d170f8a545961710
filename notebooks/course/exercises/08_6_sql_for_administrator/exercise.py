"""Do it: SQL of the whole history, and of the way back."""

from pathlib import Path

from ..checks import (
    NotYet,
    add_strangers,
    at_head,
    listed,
    renamed,
    run_script,
    same_rows,
    same_schema,
    saved_script,
)
from ..project import (
    BACK,
    NOT_BELOW,
    SCRIPTS,
    due,
    has_columns,
    project_found,
    put_rows,
    rows_as_opened,
    rows_kept,
    serves_other_databases,
    walked,
)

STAGE = True
NOT_BEGUN = ("script_missing",)
MAY_CHANGE = {"files": ["*"], "data.db": ["*"]}
SERVER = "server_of_check.db"


def check(work):
    project_found()
    head = at_head(work)
    all_is_built(work)
    rows_kept(work.all_rows(), opened=rows_as_opened(work))
    both_scripts()
    ends = {revision: schema for revision, schema in walked(work).items() if has_columns(schema, 3)}
    upgrade_makes_the_same(work, head)
    put_rows(SERVER, due(5))
    add_strangers(SERVER)
    rollback_takes_back(work, ends)
    revision, schema = list(ends.items())[-1]
    serves_other_databases(work, revision, revision, schema)  # the migrations may have been changed for --sql


def all_is_built(work):
    """data.db has the tables of the stages before."""
    schema = work.schema()
    for table, columns in due(5).items():
        if table not in schema:
            raise NotYet("no_table", database="data.db", table=table)
        for column in columns:
            if column not in schema[table]:
                raise NotYet("part_missing", table=table, part=column)


def both_scripts():
    """The two scripts are there; one under another name is named."""
    others = [path.name for path in sorted(Path().glob("*.sql")) if path.name not in SCRIPTS]
    for name in SCRIPTS:
        if not Path(name).is_file():
            raise (
                NotYet("script_misnamed", file=name, other=others[0]) if others else NotYet("script_missing", file=name)
            )


def upgrade_makes_the_same(work, head):
    if "SERIAL" in saved_script(work, "upgrade.sql"):
        raise NotYet("for_postgresql", file="upgrade.sql")
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
    ((revision, wanted),) = list(ends.items())[-1:]
    same_schema(wanted, work.schema(SERVER), "rollback_differs")
    same_rows(renamed(rows, BACK), work.all_rows(SERVER), "rollback_loses_rows", free=NOT_BELOW)
    position = work.position(SERVER)
    if len(position) != 1 or position[0] not in ends:
        raise NotYet("server_position", file="rollback.sql", position=listed(position), wanted=revision)

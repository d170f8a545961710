"""Do it: SQL of the whole history, and of the way back."""

from .. import project
from ..checks import NotYet, add_strangers, listed, renamed, run_script, same_rows, same_schema, settings_found

STAGE = True
NOT_BEGUN = ("script_missing",)
MAY_CHANGE = {"files": ["*"], "data.db": ["*"]}
SERVER = "server_of_check.db"


def check(work):
    settings_found()
    head = project.as_ordered(work, 5)
    ends = {revision: schema for revision, schema in project.walked(work).items() if project.has_columns(schema, 3)}
    upgrade_makes_the_same(work, head)
    project.put_rows(SERVER, project.customer(5)[1])
    add_strangers(SERVER)
    rollback_takes_back(work, ends)
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

"""Do it: save the SQL that takes a database from 0003 to head."""

import shutil

from ..checks import (
    NotYet,
    at,
    goes_the_way,
    run_script,
    same_database,
    saved_script,
    worked_example,
    works_with_data_db,
)

MAY_CHANGE = {"files": ["models.py", "alembic.ini"]}
SCRIPT, PRODUCTION = "change.sql", "production.db"


def check(work):
    at(work, "0006")
    goes_the_way(saved_script(work, SCRIPT), SCRIPT, "0003", "0006")
    before, after = worked_example(work, "downgrade 0003")
    shutil.copyfile(before, PRODUCTION)
    run_script(work, SCRIPT, PRODUCTION)
    if work.position(PRODUCTION) != ["0006"]:
        raise NotYet("ends_elsewhere", position=", ".join(work.position(PRODUCTION)))
    same_database(work, after, "production_differs", "production_rows", PRODUCTION)
    works_with_data_db(work)

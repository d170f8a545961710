"""Do it: save the SQL that takes a database from 0003 to head, or leaves it as it was."""

import re
import shutil

from ..checks import (
    NotYet,
    at,
    goes_the_way,
    leaves_as_it_was,
    run_script,
    same_database,
    saved_script,
    worked_example,
    works_with_data_db,
)

MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"]}
SCRIPT, PRODUCTION = "change.sql", "production.db"
CHANGED_BY_HAND = "ALTER TABLE posts ADD status VARCHAR(20)"
AT_0002 = "ALTER TABLE users DROP COLUMN avatar_url; UPDATE alembic_version SET version_num = '0002'"


def check(work):
    at(work, "0006")
    script = saved_script(work, SCRIPT)
    goes_the_way(script, SCRIPT, "0003", "0006")
    if re.search("SERIAL|AUTO_INCREMENT", script):
        raise NotYet("another_dialect")
    before, after = worked_example(work, "downgrade 0003")
    shutil.copyfile(before, PRODUCTION)
    run_script(work, SCRIPT, PRODUCTION)
    if work.position(PRODUCTION) != ["0006"]:
        raise NotYet("ends_elsewhere", position=", ".join(work.position(PRODUCTION)))
    same_database(work, after, "production_differs", "production_rows", PRODUCTION)
    leaves_as_it_was(work, SCRIPT, before, CHANGED_BY_HAND, "not_one_transaction")
    leaves_as_it_was(work, SCRIPT, before, AT_0002, "no_guard")
    works_with_data_db(work)

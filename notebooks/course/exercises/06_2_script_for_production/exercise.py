"""Do it: save the SQL that takes a database from 0003 to head."""

import re
import shutil

from ..checks import NotYet, at, run_script, same_database, saved_script, worked_example, works_with_data_db

MAY_CHANGE = {"files": ["models.py", "alembic.ini"]}
SIGNS = {
    "for_another_dialect": r"\bSERIAL\b|\bAUTO_INCREMENT\b|\bIDENTITY\b",
    "goes_back": r"-- Running downgrade",
    "whole_history": r"CREATE TABLE\W+(?:alembic_version|users)\b",
}


def check(work):
    at(work, "0006")
    script = saved_script(work, "change.sql")
    before, after = worked_example(work, "downgrade 0003")
    shutil.copyfile(before, "production.db")
    try:
        run_script(work, "change.sql", "production.db")
        ends_at_head(work, script)
        same_database(work, after, "production_differs", "production_rows", "production.db")
    except NotYet as fault:
        explain(script, fault)
        raise
    works_with_data_db(work)


def ends_at_head(work, script):
    """The script has brought the server's database to the head."""
    if re.search(r"-- Running upgrade", script) and "comments" not in work.schema("production.db"):
        raise NotYet("starts_too_late")
    position = work.position("production.db")
    if position != ["0006"]:
        raise NotYet("ends_elsewhere", position=", ".join(position))


def explain(script, fault):
    """Say what the script was made for, where its text shows why it does not fit."""
    for key, sign in SIGNS.items():
        if re.search(sign, script, re.IGNORECASE):
            raise NotYet(key) from None
    if fault.key == "script_stops" and re.search("duplicate column|already exists", str(fault.places["reason"])):
        raise NotYet("passed_already", reason=fault.places["reason"]) from None

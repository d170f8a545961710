"""Do it: the way forward and the way back as SQL for PostgreSQL."""

import os
import re
from contextlib import chdir
from itertools import zip_longest
from unittest.mock import patch

from ..checks import NotYet, at, goes_the_way, printed_sql, saved_script, works_with_data_db

MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py", "models.py"]}
GUARD = re.compile(r"insert into alembic_version select|(create temp(orary)? table|insert into|drop table) start\b")
POSTGRESQL = {"DATABASE_URL": "postgresql+psycopg://blog@localhost/blog"}


def check(work):
    at(work, "0006")
    is_script(work, "forward.sql", "upgrade", "0001", "0004")
    is_script(work, "back.sql", "downgrade", "0004", "0001")
    works_with_data_db(work)


def is_script(work, name, command, start, end):
    """A saved script is what the project as it was opened prints for PostgreSQL."""
    script = saved_script(work, name)
    goes_the_way(script, name, start, end)
    with chdir(work.opened), patch.dict(os.environ, POSTGRESQL):
        wanted = statements(printed_sql(work, f"{command} {start}:{end} --sql"))
    if not re.search(r"\bBEGIN\b", script, re.IGNORECASE):
        raise NotYet("not_postgresql", file=name)
    for line, want in zip_longest(statements(script), wanted, fillvalue="—"):
        if line != want:
            raise NotYet("another_statement", file=name, wanted=want, found=line)


def statements(script):
    """The SQL of a script in small letters, as one transaction, without a guard, comments and needless spaces."""
    lines = re.sub(r"--.*|(?is:\bDO\s+\$\$.*?\$\$)|^\\.*", "", script, flags=re.MULTILINE).split(";")
    clean = [re.sub(r"\s+", " ", re.sub(r"\s*([(),=])\s*", r"\1", line)).strip().lower() for line in lines]
    return ";".join(line for line in clean if line and not GUARD.match(line)).replace("commit;begin;", "").split(";")

"""Do it: the way forward and the way back as SQL for PostgreSQL."""

import os
import re
from contextlib import chdir
from itertools import zip_longest

from ..checks import NotYet, at, printed_sql, saved_script, works_with_data_db

MAY_CHANGE = {"files": ["alembic.ini", "migrations/env.py", "models.py"]}
POSTGRESQL = "postgresql+psycopg://blog@localhost/blog"


def check(work):
    at(work, "0006")
    forward, back = wanted_scripts(work)
    is_script(work, "forward.sql", forward)
    is_script(work, "back.sql", back)
    for name, value in work.environment.items():
        if value:
            raise NotYet("variable_left", name=name)
    works_with_data_db(work)


def wanted_scripts(work):
    """What the project as it was opened prints for PostgreSQL."""
    with chdir(work.opened):
        os.environ["DATABASE_URL"] = POSTGRESQL
        try:
            return printed_sql(work, "upgrade 0001:0004 --sql"), printed_sql(work, "downgrade 0004:0001 --sql")
        finally:
            del os.environ["DATABASE_URL"]


def is_script(work, name, wanted):
    """A saved script goes the wanted way, and does it in PostgreSQL's SQL."""
    script = saved_script(work, name)
    if re.search(r"CREATE TABLE\W+(?:alembic_version|users)\b", script, re.IGNORECASE):
        raise NotYet("whole_history", file=name)
    goes_the_way(way(script), way(wanted), name)
    found = statements(script)
    if not re.fullmatch(r"(?:Bs*C)+", "".join({"begin": "B", "commit": "C"}.get(one, "s") for one in found)):
        raise NotYet("not_postgresql", file=name)
    without = [[one for one in some if one not in ("begin", "commit")] for some in (found, statements(wanted))]
    for line, want in zip_longest(*without, fillvalue="—"):
        if line != want:
            raise NotYet("another_statement", file=name, wanted=want, found=line)


def goes_the_way(got, want, name):
    """A script passes the wanted revisions in the wanted direction."""
    places = {"file": name, "start": want[0], "end": want[-1]}
    if got and (got[0] < got[-1]) != (want[0] < want[-1]):
        raise NotYet("wrong_direction", **places)
    if got and got != want:
        raise NotYet("wrong_range", found_start=got[0], found_end=got[-1], **places)


def way(script):
    """The revisions that a script passes, first to last."""
    steps = re.findall(r"SET version_num='(\w+)' WHERE alembic_version.version_num = '(\w+)'", script)
    return [before for _, before in steps] + [after for after, _ in steps[-1:]]


def statements(script):
    """The SQL of a script in small letters, without comments and spaces that mean nothing."""
    lines = re.sub(r"--.*", "", script).split(";")
    clean = [re.sub(r"\s+", " ", re.sub(r"\s*([(),=])\s*", r"\1", line)).strip().lower() for line in lines]
    return [line for line in clean if line]

"""What the exercises about several servers share: where a command goes, and what an administrator's script does."""

import os
import re
import subprocess
from contextlib import suppress
from unittest.mock import patch

from ..guard import Outside, our_own, real_name
from .checks import Broken, NotYet, another_copy, cause, databases_opened, run_sql, same_rows, same_schema

BEGINS = re.compile(r"(\s|--.*\n)*(BEGIN|START TRANSACTION)\b", re.IGNORECASE)
OF_PSQL = re.compile(  # what psql may not do here, as to start a program; or text, in which it does nothing
    r"""(?s)(?P<text>(\$\w*\$).*?\2|'[^']*'|--[^\n]*)
    |`|\\(?!(?:set|unset|if|elif|else|endif|gset|gexec|echo|qecho|warn|q|quit|timing)\b)[^\n]*""",
    re.VERBOSE,
)


def databases_of(work, command):
    """The databases that a command opens, refused or not; "elsewhere" stands for one that nobody may open here."""
    with databases_opened() as found:
        try:
            work.alembic(command)
        except Outside:
            found.append("elsewhere")
        except Broken:
            pass
    return found


def refuses(work, command, key, **variables):
    """Without an address, but for these variables, a command fails with a sentence that names DATABASE_URL."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "APP_ENV")}
    try:
        with patch.dict(os.environ, kept | variables, clear=True):
            work.alembic(command)
    except Outside:
        raise NotYet(key, command=command) from None
    except Broken as error:
        if 'File "' in str(error) or "DATABASE_URL" not in str(error):
            raise NotYet("unclear_refusal", command=command, reason=cause(error)) from None
        return
    raise NotYet(key, command=command)


def leaves_alone(work, script, name, change, undoing, key):
    """A script changes nothing in a database that it does not fit: this one after `change`, which `undoing` undoes."""
    work.database.run(change)
    before = work.schema(), work.position()
    with suppress(NotYet):
        as_psql(work, script, name)
    if (work.schema(), work.position()) != before:
        raise NotYet(key, file=name)
    work.database.run(undoing)


def does_the_same(work, script, name, command):
    """A script makes of the database what Alembic's command makes of it."""
    with another_copy(work):
        as_psql(work, script, name)
        schema, rows, position = work.schema(), work.all_rows(), work.position()
    work.alembic(command)
    same_schema(work.schema(), schema, "server_differs", file=name)
    same_rows(work.all_rows(), rows, "server_rows", file=name)
    if position != work.position():
        raise NotYet("mark_elsewhere", file=name, position=position[0], wanted=work.position()[0])


def as_psql(work, script, name):
    r"""Run a script as `psql -v ON_ERROR_STOP=1 -f` does.

    psql itself is slower. It is needed for its own commands, as `\if`, and for what stands before BEGIN, which is none
    of the transaction. Those of its commands that reach for files or programs are left out.
    """
    if BEGINS.match(script) and "\\" not in script:
        run_sql(script, name, work.database)
        return
    command = ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", real_name(work.database.name), "-f", "-"]
    with our_own():
        script = OF_PSQL.sub(lambda found: found["text"] or "", script)
        done = subprocess.run(command, input=script.encode(), capture_output=True)
    if done.returncode:
        lines = re.sub(r"(?m)^psql:\S*: ", "", done.stderr.decode("utf-8", "replace")).strip().splitlines()
        raise NotYet("script_stops", file=name, reason=next((line for line in lines if "ERROR" in line), lines[-1]))

"""Do it: env.py takes the address from DATABASE_URL, a percent sign and all."""

import os
import re
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import make_url

from ...guard import DatabaseOpened
from ..checks import Broken, NotYet, last_line, like_postgresql, printed_sql, without_drivers
from . import server

MAY_CHANGE = {"files": ["migrations/env.py", "alembic.ini"]}
PROBE = """probe = op.create_table(
        "probe", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("word", sa.String(9))
    )
    op.execute(probe.insert().values(word="value"))"""
POSTGRESQL = "postgresql+psycopg://blog:p%40ss%25@localhost/blog"


def check(work):
    write_revision(work)
    with like_postgresql(), without_drivers():
        from_variable(work)
        every_sign_arrives(work)
        from_variable_offline(work)
        without_variable(work)


def variable(address):
    return patch.dict(os.environ, DATABASE_URL=address)


def write_revision(work):
    """Give the copy a migration whose SQL shows for which database it is, and has a value in it."""
    work.alembic("revision -m probe --rev-id probe")
    path = Path(work.scripts()[0].path)
    path.write_text(work.text(path).replace("pass", PROBE, 1), encoding="utf-8")


def from_variable(work):
    try:
        with variable("sqlite:///plain.db"):
            work.alembic("upgrade head")
    except Broken as error:
        if "DATABASE_URL" in work.text("alembic.ini") and re.search("parse SQLAlchemy URL|nterpolation", str(error)):
            raise NotYet("in_ini") from None
        if "psycopg" not in str(error):
            raise
    if not Path("plain.db").is_file():
        raise NotYet("another_address" if "DATABASE_URL" in work.text("migrations/env.py") else "not_read")
    if work.position("plain.db") != ["probe"]:
        raise NotYet("migrations_not_run")


def every_sign_arrives(work):
    """The address of a server, password and all, reaches SQLAlchemy as it is."""
    server.Server.asked.clear()
    try:
        with variable(server.ADDRESS):
            work.alembic("upgrade head")
    except Broken as error:
        if "interpolation" in str(error):
            raise NotYet("percent_stops") from None
        raise
    if server.Server.asked[-1:] != [make_url(server.ADDRESS)]:
        raise NotYet("address_changed")


def from_variable_offline(work):
    try:
        with variable(POSTGRESQL):
            sql = printed_sql(work, "upgrade head --sql")
    except DatabaseOpened:
        raise NotYet("only_online") from None
    except Broken as error:
        if "psycopg" in str(error):
            raise NotYet("offline_connects") from None
        raise
    if "id INTEGER" in sql:
        raise NotYet("only_online")
    if "SERIAL" not in sql or "'value'" not in sql:
        raise NotYet("offline_differs")


def without_variable(work):
    """The address of alembic.ini holds, whatever it is."""
    Path("data.db").unlink(missing_ok=True)
    try:
        work.alembic("upgrade head")
        work.alembic("upgrade head --sql")
    except Broken as error:
        raise NotYet("stops_without", reason=last_line(error)) from None
    if work.position() != ["probe"]:
        raise NotYet("no_data_db")
    ini = re.sub(r"(?m)^sqlalchemy\.url *=.*$", "sqlalchemy.url = sqlite:///moved.db", work.text("alembic.ini"))
    Path("alembic.ini").write_text(ini, encoding="utf-8")
    work.alembic("current")
    if not Path("moved.db").is_file():
        raise NotYet("address_in_code")

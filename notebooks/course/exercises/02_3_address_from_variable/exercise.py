"""Do it: env.py takes the address from DATABASE_URL, a percent sign and all, and asks for it in production."""

import os
import re
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from ...opening import edit
from .. import checks
from ..checks import Broken, NotYet

MAY_CHANGE = {"files": ["migrations/env.py", "alembic.ini"]}
PROBE = """tags = op.create_table(
        "tags", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(9))
    )
    op.execute(tags.insert().values(name="value"))


def downgrade"""
ONLINE = "mysql://Blog:p%40ss%25Word@db.example.com:3307/Blog?charset=utf8mb4"
OFFLINE = "postgresql://Blog:p%40ss%25Word@localhost/Blog"


def check(work):
    work.alembic("revision -m probe --rev-id probe")
    edit(work.scripts()[0].path, "pass\n\n\ndef downgrade", PROBE)
    with patch.dict(os.environ, APP_ENV="test"), checks.like_postgresql(), checks.without_drivers():
        online(work)
        offline(work)
        without_variable(work)
        if not checks.production_refuses():
            raise NotYet("production_goes_on")
        if checks.production_refuses(DATABASE_URL="sqlite:///server.db"):
            raise NotYet("production_stops")


def online(work):
    try:
        with checks.variable(ONLINE, checks.Server) as found:
            work.alembic("upgrade head")
    except Broken as error:
        if "DATABASE_URL" in work.text("alembic.ini") and re.search("parse SQLAlchemy URL|nterpolation", str(error)):
            raise NotYet("in_ini") from None
        if "interpolation" in str(error):
            raise NotYet("percent_stops") from None
        raise
    if not found or found[-1].get_backend_name() != "mysql":
        asked = re.search(r"(environ|getenv).*DATABASE_URL|DATABASE_URL.*environ", work.text("migrations/env.py"))
        raise NotYet("another_address" if asked else "not_read")
    same_address(ONLINE, found[-1])
    if work.position("server.db") != ["probe"]:
        raise NotYet("migrations_not_run")


def offline(work):
    with checks.variable(OFFLINE, PGDialect_psycopg) as found:
        checks.offline_sql(work, "value")
    if found[-1].get_backend_name() != "postgresql":
        raise NotYet("only_online")
    if found[-1] != make_url("postgresql://"):  # offline the name of the dialect is enough
        same_address(OFFLINE, found[-1])


def same_address(wanted, found):
    if found != make_url(wanted):
        raise NotYet("address_changed", wanted=wanted, found=found.render_as_string(hide_password=False))


def without_variable(work):
    """The address of alembic.ini holds, whatever it is."""
    try:
        work.alembic("upgrade head")
        work.alembic("upgrade head --sql")
    except (Broken, NotYet) as error:  # NotYet if env.py ends the program, as it may in production only
        reason = checks.cause(error) if isinstance(error, Broken) else "SystemExit"
        raise NotYet("stops_without", reason=reason) from None
    if work.position() != ["probe"]:
        raise NotYet("no_data_db")
    checks.use_address(work, "postgresql://blog@localhost/blog")
    if "SERIAL" not in checks.offline_sql(work, "value"):
        raise NotYet("address_in_code")
    checks.use_address(work, "sqlite:///moved.db")
    work.alembic("current")
    if not Path("moved.db").is_file():
        raise NotYet("address_in_code")

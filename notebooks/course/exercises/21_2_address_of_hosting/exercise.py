"""Do it: env.py understands the address that a hosting gives, postgres://…, and hands on the rest of it unchanged."""

import os
from unittest.mock import patch

from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from .. import checks
from ..checks import NotYet

MAY_CHANGE = {"files": ["migrations/env.py"], "database": ["*"]}
REST = "://postgres:postgres%40%25@db.example.com:5433/postgres?application_name=postgres"
ADDRESSES = [f"{dialect}{REST}" for dialect in ("postgres", "postgresql", "postgresql+psycopg")]


def check(work):
    with patch.dict(os.environ, APP_ENV="test"):
        for address in (*ADDRESSES, "sqlite:///postgres.db"):
            reaches(work, address, "current", checks.Server, "not_understood")
        reaches(work, ADDRESSES[0], "upgrade 0001:head --sql", PGDialect_psycopg, "not_understood_offline")
        with patch.dict(os.environ):
            del os.environ["DATABASE_URL"]
            if "0006" not in work.alembic("current", step="current (DATABASE_URL: None)"):
                raise NotYet("no_data_db")
        if not checks.production_refuses(DATABASE_URL=""):
            raise NotYet("production_goes_on")


def reaches(work, address, command, dialect, key):
    """The address reaches SQLAlchemy with a dialect that it knows, and otherwise as it is."""
    with checks.variable(address, dialect) as seen:
        work.alembic(command, step=f"{command} (DATABASE_URL: {address})")
    wanted, found = make_url(address), seen[-1] if seen else make_url("sqlite:///data.db")
    if found.drivername in ("postgres", "postgres+psycopg"):
        raise NotYet(key, found=found.drivername)
    if wanted.drivername.startswith("postgres"):
        wanted = wanted.set(drivername="postgresql+psycopg")
    if wanted not in (found, found.set(drivername=f"{found.drivername}+psycopg")):
        raise NotYet("address_changed", wanted=address, found=found.render_as_string(hide_password=False))

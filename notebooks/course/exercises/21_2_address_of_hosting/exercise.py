"""Do it: env.py understands the address that a hosting gives, postgres://…, and hands on the rest of it unchanged."""

import os
from unittest.mock import patch

from sqlalchemy import URL, exc, make_url
from sqlalchemy.dialects import registry

from .. import checks
from ..checks import NotYet

MAY_CHANGE = {"files": ["migrations/env.py"], "database": ["*"]}
HOSTING = "postgres://postgres:postgres%40%25@db.example.com:5433/postgres?application_name=postgres"
OTHERS = [HOSTING.replace("postgres", name, 1) for name in ("postgresql", "postgresql+psycopg")]
dialect_of = URL._get_entrypoint  # as it is when no check stands in its way


def check(work):
    with patch.dict(os.environ, APP_ENV="test"), patch.dict(registry.impls):
        registry.impls.pop("postgres", None)  # what an env.py of before may have taught SQLAlchemy
        reaches(work, HOSTING, "current", "not_understood")
        reaches(work, HOSTING, "upgrade 0001:0002 --sql", "not_understood_offline")
        for address in (*OTHERS, "sqlite:///postgres.db"):
            reaches(work, address, "current", "address_changed")
        del os.environ["DATABASE_URL"]
        if "0006" not in work.alembic("current", step="current (DATABASE_URL: None)"):
            raise NotYet("no_data_db")
        if not checks.production_refuses():
            raise NotYet("production_goes_on")
        if checks.production_refuses(DATABASE_URL="sqlite:///server.db"):
            raise NotYet("production_stops")


def reaches(work, address, command, key):
    """The address reaches SQLAlchemy with a dialect that it knows, and otherwise as it is."""
    with checks.variable(address, checks.Server) as seen:
        work.alembic(command, step=f"{command} (DATABASE_URL: {address})")
    found, driver = seen[-1] if seen else make_url("sqlite://"), "pysqlite" if address[0] == "s" else "psycopg"
    places = {"wanted": address, "found": found.render_as_string(hide_password=False)}
    try:
        right = dialect_of(found).driver == driver
    except exc.NoSuchModuleError:
        raise NotYet(key, **places) from None
    if not right or found.set(drivername="any") != make_url(address).set(drivername="any"):
        raise NotYet("address_changed", **places)

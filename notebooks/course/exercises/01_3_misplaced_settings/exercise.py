"""Repair it: alembic.ini lies in migrations/ and was bent to work there."""

import shutil
from pathlib import Path

from ...opening import edit
from ..checks import NotYet, environment_in, opens, settings_kept

OPENS_ON = "02"
MAY_CHANGE = {"files": ["migrations/alembic.ini"]}


def set_up():
    edit("alembic.ini", "script_location = %(here)s/migrations", "script_location = %(here)s")
    shutil.move("alembic.ini", "migrations/alembic.ini")


def check(work):
    environment_in("migrations")
    opens(work, "data.db")
    for path in sorted(Path().rglob("alembic.ini")):
        if path != Path("alembic.ini"):
            raise NotYet("second_settings", file=path.as_posix())
    settings_kept(work.opened / "migrations/alembic.ini")

"""Do it: an environment of migrations whose database is data.db beside alembic.ini."""

import re
import sys
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

from ...terminal import forget_project_modules, project_settings
from ..checks import Broken, NotYet
from ..project import project_found

STAGE = True
NOT_BEGUN = ("no_ini",)
MAY_CHANGE = {"files": ["*"], "data.db": ["*"]}


def check(work):
    project_found()
    if project_settings().get_main_option("databases"):
        raise NotYet("template_for_several")
    database_beside(work)
    revisions_can_be_made(work)
    home, moved, elsewhere = Path.cwd(), Path("../moved").resolve(), Path("../elsewhere").resolve()
    elsewhere.mkdir()
    with chdir(elsewhere):
        current_from_here(work, home, "database_elsewhere")
        home.rename(moved)
        try:
            current_from_here(work, moved, "path_of_this_computer")
        finally:
            moved.rename(home)
    forget_project_modules()


def database_beside(work):
    Path("data.db").unlink(missing_ok=True)
    others = {path.name for path in Path().glob("*.db")}
    try:
        work.alembic("current")
    except Broken as error:
        if re.search(r"^sqlalchemy\.url = driver:", work.text("alembic.ini"), re.MULTILINE):
            raise NotYet("address_is_stub") from None
        if missing := re.search(r"KeyError: '([A-Z0-9_]+)'", str(error)):
            raise NotYet("wants_variable", variable=missing[1]) from None
        raise
    if not Path("data.db").is_file():
        new = sorted({path.name for path in Path().glob("*.db")} - others)
        raise NotYet("database_misnamed", file=new[0]) if new else NotYet("no_database_beside")


def revisions_can_be_made(work):
    """A new revision can be created and applied; it follows nothing, since there may be several heads."""
    before = work.history()
    work.alembic("revision -m probe --head base --rev-id probe_of_check", step="revision -m probe")
    (new,) = set(work.history()) - set(before)
    work.alembic(f"upgrade {new}", step="upgrade head")
    if new not in work.position():
        raise NotYet("environment_does_nothing")


def current_from_here(work, home, key):
    """`alembic current`, run in the current folder, which is another, makes data.db in `home`; else NotYet(key)."""
    (home / "data.db").unlink(missing_ok=True)
    settings = [name for name in ("alembic.ini", "pyproject.toml") if (home / name).is_file()]
    options = " ".join(f"-c ../{home.name}/{name}" for name in settings)
    try:
        with patch.object(sys, "path", [str(home), *sys.path]):  # where the models are is no question here
            work.alembic(f"{options} current")
    except Broken:
        raise NotYet(key) from None
    if not (home / "data.db").is_file():
        raise NotYet(key)

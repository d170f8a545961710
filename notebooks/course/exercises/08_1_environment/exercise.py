"""Do it: an environment of migrations whose database is data.db beside alembic.ini."""

import re
from pathlib import Path

from ...terminal import project_settings
from ..checks import Broken, NotYet, environment_folder, opens, opens_from_anywhere, settings_found

STAGE = True
NOT_BEGUN = ("settings_missing",)


def check(work):
    settings_found()
    if project_settings().get_main_option("databases"):
        raise NotYet("template_for_several")
    Path("data.db").unlink(missing_ok=True)
    try:
        opens(work, "data.db")
    except Broken as error:
        if missing := re.search(r"KeyError: '([A-Z0-9_]+)'", str(error)):
            raise NotYet("wants_variable", variable=missing[1]) from None
        raise
    revisions_can_be_made(work)
    opens_from_anywhere(work, "data.db", environment_folder())


def revisions_can_be_made(work):
    """A new revision can be created and applied; it follows nothing, since there may be several heads."""
    before = work.history()
    work.alembic("revision -m probe --head base --rev-id probe_of_check", step="revision -m probe")
    (new,) = set(work.history()) - set(before)
    work.alembic(f"upgrade {new}", step="upgrade head")
    if new not in work.position():
        raise NotYet("environment_does_nothing")

"""Predict it: which tables remain after downgrade -1, when downgrade() forgets one."""

from ...opening import alembic
from ..checks import NotYet, as_names

OPENS_ON = "04"
ASKS = 1


def set_up():
    alembic("upgrade head")


def check(answer):
    names = {name.lower() for name in as_names(answer)}
    for name in sorted(names - {"alembic_version", "users", "notes", "links"}):
        raise NotYet("no_such_table", table=name)
    if "links" in names:
        raise NotYet("links_dropped")
    for table, key in (("users", "users_stay"), ("notes", "notes_stay"), ("alembic_version", "version_stays")):
        if table not in names:
            raise NotYet(key)

"""Predict it: which revisions alembic_version names after a downgrade to one side below a merge."""

from ...opening import alembic
from ..checks import NotYet, as_names

ASKS = 1
HISTORY = {*(f"000{number}" for number in range(1, 7)), "0007a", "0007b", "0008a", "0009"}


def set_up():
    alembic("upgrade head")


def check(answer):
    named = {name.lower().removesuffix(".py").partition("_")[0] for name in as_names(answer)}
    if named - HISTORY:
        raise NotYet("not_of_this_history")
    if "0009" in named:
        raise NotYet("merge_named")
    if "0008a" in named:
        raise NotYet("above_named")
    if "0007a" not in named:
        raise NotYet("goal_left_out")
    if "0007b" not in named:
        raise NotYet("other_branch_left_out")
    if len(named) > 2:
        raise NotYet("all_applied_named")

"""Predict it: how many revisions a range gives, though the database is elsewhere."""

from ...opening import alembic
from ..checks import NotYet, as_number

ASKS = 1
FAULTS = {6: "without_range", 2: "by_database", 0: "by_database", 5: "start_counted", 3: "end_left_out"}


def set_up():
    alembic("downgrade 0004")


def check(answer):
    number = as_number(answer)
    if number != 4:
        raise NotYet(FAULTS.get(number, "another_number"))

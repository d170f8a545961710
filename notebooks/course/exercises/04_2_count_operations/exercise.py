"""Predict it: how many operations `alembic check` finds for five changes of the models."""

from ..checks import NotYet, as_number

OPENS_ON = "05"
ASKS = 1
OPERATIONS = 4


def check(answer):
    number = as_number(answer)
    if number < OPERATIONS:
        raise NotYet("too_few")
    if number > OPERATIONS:
        raise NotYet("too_many")

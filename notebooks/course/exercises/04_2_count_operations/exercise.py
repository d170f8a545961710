"""Predict it: how many operations `alembic check` finds for six changes of the models."""

from ...opening import edit
from ..checks import NotYet, as_number

OPENS_ON = "05"
ASKS = 1
OPERATIONS = 5
CHANGES = {
    "    name: Mapped": "    full_name: Mapped",
    "String(300)": 'String(300), default="nobody.png"',
    "mapped_column(Text": 'mapped_column(Text, CheckConstraint("length(body) > 0", name="not_empty")',
    'server_default="draft")': 'server_default="published")',
    "func.now())\n\n\nclass Comment": "func.now(), index=True)\n\n\nclass Comment",
    "String(1000)": "String(2000)",
}


def set_up():
    for old, new in CHANGES.items():
        edit("models.py", old, new)


def check(answer):
    number = as_number(answer)
    if number != OPERATIONS:
        raise NotYet("too_few" if number < OPERATIONS else "too_many")

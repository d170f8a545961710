"""Predict it: how many operations `alembic check` finds for five changes of the models."""

from ...opening import edit
from ..checks import NotYet, as_number

OPENS_ON = "05"
ASKS = 1
OPERATIONS = 4


def set_up():
    edit("models.py", "import ForeignKey", "import CheckConstraint, ForeignKey")
    edit("models.py", "    name: Mapped[str]", "    full_name: Mapped[str]")
    not_empty = 'CheckConstraint("length(body) > 0", name="not_empty")'
    edit("models.py", "mapped_column(Text)", f"mapped_column(Text, {not_empty})")
    edit("models.py", 'server_default="published"', 'server_default="draft"')
    edit("models.py", 'ForeignKey("posts.id")', 'ForeignKey("posts.id"), index=True')
    edit("models.py", "String(1000)", "String(2000)")


def check(answer):
    number = as_number(answer)
    if number < OPERATIONS:
        raise NotYet("too_few")
    if number > OPERATIONS:
        raise NotYet("too_many")

"""Find it out: which of five revisions with random ids will upgrade head apply first?"""

from ...opening import alembic
from ..checks import NotYet, as_revision

OPENS_ON = "03"
ASKS = 1
APPLIED = ["c41f7a90be52", "5d09e3b7641a"]
NEXT = "e8b26c15f07d"
LATER = ["1a7c4d8092ef", "93f0b65ad21c"]


def set_up():
    alembic(f"upgrade {APPLIED[-1]}")


def check(answer):
    revision = as_revision(answer, [*APPLIED, NEXT, *LATER])
    if revision != NEXT:
        raise NotYet("applied" if revision in APPLIED else "later", revision=revision)

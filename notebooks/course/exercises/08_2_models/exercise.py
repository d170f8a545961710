"""Do it: models of the three tables, seen by autogenerate."""

from ..checks import settings_found
from ..project import models_as_ordered

STAGE = True
NOT_BEGUN = ("no_metadata",)


def check(work):
    settings_found()
    models_as_ordered(work, 2)

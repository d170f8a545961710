"""Do it: models of the three tables, seen by autogenerate."""

from ..project import models_as_ordered, project_found

STAGE = True
NOT_BEGUN = ("no_metadata",)
MAY_CHANGE = {"files": ["*"], "data.db": ["*"]}


def check(work):
    project_found()
    models_as_ordered(work, 2)

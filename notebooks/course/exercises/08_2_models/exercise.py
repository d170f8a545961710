"""Do it: models of the three tables, seen by autogenerate."""

from ..checks import environment_folder, opens_from_folders, settings_found
from ..project import models_as_ordered

STAGE = True
NOT_BEGUN = ("no_metadata",)


def check(work):
    settings_found()
    models_as_ordered(work, 2)
    opens_from_folders(work, "data.db", environment_folder())

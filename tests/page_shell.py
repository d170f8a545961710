"""A page's cells run in this process: what a kernel would do, without the second that a kernel takes to start."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course import postgres

ROOT = str(Path(__file__).resolve().parents[1])


@contextmanager
def page_shell(page, work):
    """Give a function that runs one cell; afterwards this process is as it was.

    Args:
        page: the path of the page.
        work: the folder for the lessons' work folders.
    """
    folder, path, environment, modules = os.getcwd(), sys.path[:], dict(os.environ), set(sys.modules)
    shell = InteractiveShell.instance()
    shell.reset(new_session=False)
    os.chdir(page.parent)
    os.environ["COURSE_WORK"] = str(work)
    # A kernel finds modules in its current folder; it must not find the finished project's models.py at the root.
    sys.path[:] = ["", *(entry for entry in path if entry not in ("", folder, ROOT))]
    try:
        yield lambda cell: run(shell, cell)
    finally:
        postgres.stop_server()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None)).startswith((str(page.parent), str(work))):
                del sys.modules[name]


def run(shell, cell):
    """Run one cell and return what it showed.

    Raises:
        Exception: what the cell raised, unless the cell is tagged as failing on purpose.
    """
    with capture_output() as shown:
        result = shell.run_cell(cell.source)
    if not result.success and "raises-exception" not in cell.metadata.get("tags", []):
        raise result.error_before_exec or result.error_in_exec
    return shown

"""In a browser's kernel (Pyodide): keeps the reader's folder of work in the browser's storage after each cell."""

import sys

from IPython import get_ipython

HERE = sys.platform == "emscripten"


def keep_work_after_each_cell():
    """Save the work after each cell from now on."""
    shell = get_ipython()
    if shell and save not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", save)


def save(result=None):
    """Hand what has changed to the storage; the cell does not wait for it."""
    from js import courseDisk

    courseDisk.save()

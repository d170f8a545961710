"""How fast commands and lessons are: python notebooks/author measure (not a test: it judges nothing).

Prints the median time of `%alembic current` and of a real `alembic current` on the same project, in one run, and the
time of each lesson's cells from start to end.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from author import refresh
from course import contents, opening, terminal


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command():
    """Print how long `alembic current` and `%alembic current` take."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        opening.open_lesson("05")
        process = [str(Path(sys.executable).parent / "alembic"), "current"]
        real = [seconds(lambda: subprocess.run(process, check=True, capture_output=True)) for _ in range(15)]
        ours = [seconds(lambda: terminal.run(["current"], terminal.Screen(), terminal.Screen())) for _ in range(15)]
        os.chdir(refresh.ROOT)
    real, ours = statistics.median(real), statistics.median(ours)
    print(f"alembic current {real * 1000:.0f} ms, %alembic current {ours * 1000:.0f} ms, ratio {ours / real:.3f}")


def lessons():
    """Print how long each lesson's cells take from start to end."""
    for path in refresh.lessons(contents.LANGUAGES[0]):
        notebook = refresh.read(path)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            client = NotebookClient(
                notebook,
                extra_arguments=["--log-level=ERROR"],
                resources={"metadata": {"path": str(path.parent)}},
            )
            client.execute(env=os.environ | {"COURSE_WORK": work})
        runs = [cell.metadata.execution.values() for cell in notebook.cells if cell.cell_type == "code"]
        moments = [sorted(map(datetime.fromisoformat, run)) for run in runs]
        total = sum((moment[-1] - moment[0]).total_seconds() for moment in moments)
        print(f"{path.stem}: {total:.1f} s in {len(moments)} cells")


def main():
    """Print the figures; return what went wrong, None if nothing did."""
    try:
        command()
        lessons()
    except CellExecutionError as error:
        return f"A cell failed that is not tagged raises-exception:\n{error}"

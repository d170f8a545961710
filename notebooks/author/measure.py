"""Figures for DESIGN's numbers: python notebooks/author measure (not a test: it judges nothing).

Prints the median time of `%alembic current` and of a real `alembic current` on the same project, in one run, and the time of
each lesson's cells from start to end.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from author import refresh
from nbclient import NotebookClient

from course import lesson_folder, terminal


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        lesson_folder.open_lesson("05")
        process = [str(Path(sys.executable).parent / "alembic"), "current"]
        real = [seconds(lambda: subprocess.run(process, check=True, capture_output=True)) for _ in range(15)]
        ours = [seconds(lambda: terminal.run(["current"], terminal.Screen(), terminal.Screen())) for _ in range(15)]
        os.chdir(refresh.ROOT)
    real, ours = statistics.median(real), statistics.median(ours)
    print(f"alembic current {real * 1000:.0f} ms, %alembic current {ours * 1000:.0f} ms, ratio {ours / real:.3f}")


def lessons():
    for path in refresh.lessons("ru"):
        notebook = refresh.read(path)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            client = NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}})
            client.execute(env=os.environ | {"COURSE_WORK": work})
        moments = [sorted(map(datetime.fromisoformat, c.metadata.execution.values())) for c in notebook.cells if c.cell_type == "code"]
        total = sum((moment[-1] - moment[0]).total_seconds() for moment in moments)
        print(f"{path.stem}: {total:.1f} s in {len(moments)} cells")


def main():
    command()
    lessons()

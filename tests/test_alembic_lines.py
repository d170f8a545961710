"""%alembic is the terminal's `alembic`: every line of the course, word for word."""

import os
from pathlib import Path

import author
import nbformat
import pytest
from nbclient import NotebookClient

TESTS = Path(__file__).resolve().parent
WATCH = f"""
import sys
sys.path += [{str(TESTS)!r}, {str(TESTS.parent / "notebooks")!r}]
import real_process
real_process.watch()
"""


@pytest.mark.parametrize("path", author.pages("ru"), ids=lambda path: path.stem)
def test_every_line_of_a_lesson(path, tmp_path):
    """Parity makes the Ukrainian lines equal to these."""
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    lines = sum(line.startswith("%alembic") for line in code.splitlines())
    notebook.cells.insert(0, nbformat.v4.new_code_cell(WATCH))
    notebook.cells.append(nbformat.v4.new_code_cell(f"assert len(real_process.compared) == {lines}"))
    environment = os.environ | {"COURSE_WORK": str(tmp_path), "PYTHONHASHSEED": "0"}
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute(env=environment)

"""%alembic is the terminal's `alembic`: every line of the course, word for word."""

import os
import re
from pathlib import Path

from author import refresh
import nbformat
import pytest
from nbclient import NotebookClient
from author.twins import tags

TESTS = Path(__file__).resolve().parent
PAGES = [path for path in refresh.pages("ru") if '"%alembic ' in path.read_text(encoding="utf-8")]
WATCH = f"""
import sys
sys.path += [{str(TESTS)!r}, {str(TESTS.parent / "notebooks")!r}]
import real_process
real_process.watch()
"""


def prepares_only(cell):
    """Whether a cell of the cheat sheet is neither on paper nor shows a failure: what it runs, the lessons run too."""
    return "paper" not in tags(cell) and "Код завершения" not in str(cell.get("outputs"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_line_of_a_page(path, tmp_path):
    """Parity makes the Ukrainian lines equal to these. Of the cheat sheet: each printed command and each that fails."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells if path.stem == refresh.CHEAT_SHEET else []:
        if prepares_only(cell):
            cell.source = re.sub("^%alembic ", "%alembic_alone ", cell.source, flags=re.MULTILINE)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    lines = sum(line.startswith("%alembic ") for line in code.splitlines())
    notebook.cells.insert(0, nbformat.v4.new_code_cell(WATCH))
    notebook.cells.append(nbformat.v4.new_code_cell(f"assert len(real_process.compared) == {lines}"))
    environment = os.environ | {"COURSE_WORK": str(tmp_path), "PYTHONHASHSEED": "0"}
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute(env=environment)

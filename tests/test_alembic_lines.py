"""%alembic is the terminal's `alembic`: every line of the course, word for word."""

import os
import re
import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from author import refresh
from author.projects import project
from author.twins import tags
from course.terminal import alembic_magic
from fork_server import warm_alembic
from nbclient import NotebookClient
from real_process import WARM, compare, environment, process

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
PAGES = [path for path in refresh.pages("ru") if '"%alembic ' in path.read_text(encoding="utf-8")]
REGISTER = f"""
import sys
sys.path += [{str(TESTS)!r}, {str(TESTS.parent / "notebooks")!r}]
import real_process
real_process.register()
"""


@pytest.fixture(scope="module")
def processes():
    """The environment in which a page's kernel runs: its processes are forked from a warm one where the system can fork."""
    if not hasattr(os, "fork"):
        yield {"PYTHONHASHSEED": "0"}
        return
    with TemporaryDirectory() as folder, closing(warm_alembic(Path(folder), environment())) as server:
        yield {"PYTHONHASHSEED": "0", WARM: str(next(server))}


def prepares_only(cell):
    """Whether a cell of the cheat sheet is neither on paper nor shows a failure: what it runs, the lessons run too."""
    return "paper" not in tags(cell) and "Код завершения" not in str(cell.get("outputs"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_line_of_a_page(path, processes, tmp_path):
    """Parity makes the Ukrainian lines equal to these. Of the cheat sheet: each printed command and each that fails."""
    notebook, count = refresh.read(path), 0
    for cell in notebook.cells:
        if cell.cell_type == "code" and not (path.stem == refresh.CHEAT_SHEET and prepares_only(cell)):
            cell.source, lines = re.subn(r"^(\s*)%alembic\b", r"\1%alembic_compared", cell.source, flags=re.MULTILINE)
            count += lines
    notebook.cells.insert(0, nbformat.v4.new_code_cell(REGISTER))
    notebook.cells.append(nbformat.v4.new_code_cell(f"assert len(real_process.compared) == {count}"))
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env=os.environ | processes | {"COURSE_WORK": str(tmp_path)})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="here every process is a new one")
@pytest.mark.parametrize("line", ["history --verbose", "--raiseerr upgrade nosuch", "upgrade", 'merge -m "a > b" 0005 > x'])
def test_a_forked_process_does_what_a_new_one_does(line, processes, monkeypatch, tmp_path):
    seen = []
    for name, warm in (("new", ""), ("forked", processes[WARM])):
        folder = tmp_path / name / "project"
        shutil.copytree(ROOT / "migrations", folder / "migrations")
        shutil.copy(ROOT / "alembic.ini", folder)
        monkeypatch.setenv(WARM, warm)
        seen.append((process(line, folder), project(folder)))
    assert seen[0] == seen[1]


def test_a_line_that_shows_something_else_is_caught(processes, monkeypatch, tmp_path):
    monkeypatch.setenv(WARM, processes.get(WARM, ""))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="the process\nusage: alembic"):
        compare("--help", lambda line: print("usage: olembic"))
    with pytest.raises(AssertionError, match="files differ"):
        compare("--version", lambda line: (alembic_magic(line), Path("x").touch()))

"""%alembic is the terminal's `alembic`: every line of the course, word for word."""

import os
import re
import shutil
from pathlib import Path

import pytest

from author import refresh
from author.projects import project
from author.twins import tags
from course.contents import CHEAT_SHEETS
from course.terminal import alembic_magic
from page_shell import page_shell
from real_process import WARM, compare, process, register

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"^(\s*)%alembic\b", re.MULTILINE)
# Of part 3 two lessons stand for all: around each line a database is copied, dumped and made again.
NOT_COMPARED = ("22_schemas", "23_no_downtime", "25_server", "cheatsheet_postgresql")
PAGES = [path for path in refresh.pages("ru") if '"%alembic ' in path.read_text(encoding="utf-8")]
PAGES = [path for path in PAGES if path.stem not in NOT_COMPARED]


def prepares_only(cell):
    """Whether a cell of the cheat sheet is neither on paper nor shows a failure: what it runs, the lessons run too."""
    return "paper" not in tags(cell) and "Код завершения" not in str(cell.get("outputs"))


def holds_the_database(cell):
    """Whether a cell runs %alembic while it keeps data.db locked: a process works on a copy, which nobody holds."""
    return "closing(" in cell.source and re.search(r"^    %alembic", cell.source, re.MULTILINE)


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem[:2] == "24")) for path in PAGES],
)
def test_every_line_of_a_page(path, warm, monkeypatch, tmp_path):
    """Parity makes the Ukrainian lines equal to these. Of the cheat sheet: each printed command and each that fails."""
    monkeypatch.setenv(WARM, warm)
    compared, count = [], 0
    with page_shell(path, tmp_path) as run:
        register(compared)
        for cell in refresh.read(path).cells:
            if cell.cell_type == "code":
                if path.stem not in CHEAT_SHEETS or not (prepares_only(cell) or holds_the_database(cell)):
                    cell.source, lines = LINE.subn(r"\1%alembic_compared", cell.source)
                    count += lines
                run(cell)
    assert len(compared) >= count > 0  # a line in a loop runs more than once


@pytest.mark.skipif(not hasattr(os, "fork"), reason="here each process is a new one")
@pytest.mark.parametrize("line", ["history --verbose", "--raiseerr upgrade nosuch", 'merge -m "a > b" 0005 > x'])
def test_a_forked_process_does_what_a_new_one_does(line, warm, monkeypatch, tmp_path):
    seen = []
    for name, folder_of_alembic in (("new", ""), ("forked", warm)):
        folder = tmp_path / name / "project"
        shutil.copytree(ROOT / "migrations", folder / "migrations")
        shutil.copy(ROOT / "alembic.ini", folder)
        monkeypatch.setenv(WARM, folder_of_alembic)
        seen.append((process(line, folder), project(folder)))
    assert seen[0] == seen[1]


def test_a_line_that_shows_or_does_something_else_is_caught(warm, monkeypatch, tmp_path):
    monkeypatch.setenv(WARM, warm)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="the process\nusage: alembic"):
        compare("--help", lambda line: print("usage: olembic"))
    with pytest.raises(AssertionError, match="files differ"):
        compare("--version", lambda line: (alembic_magic(line), Path("x").touch()))

"""Every cell may be run twice: in a row, or once more after the cell that follows it.

Each page runs as it stands and with every cell doubled, those of parts 1 and 2 also with a step back after every cell
(1 2 1 2 3 2 3 …). A second run may say in one sentence that it does nothing, but it ends in no traceback, and it leaves
the same files and databases.
"""

import os
import re
from difflib import unified_diff
from itertools import pairwise
from pathlib import Path
from pprint import pformat

import pytest

from author import refresh
from author.projects import project
from course.contents import CHEAT_SHEETS, on_postgresql
from course.words import CourseError
from page_shell import page_shell
from postgres_twin import at_work, contents, in_use
from postgres_twin import databases as all_databases

# Parity makes the Ukrainian code equal. The sheet of PostgreSQL is left out: test_cheatsheet.py runs its recipes again.
# Of part 3 the first lesson stands for all in the ordinary run: a server and its locks make each of the others slow.
PAGES = [path for path in refresh.pages("ru") if path.stem != "cheatsheet_postgresql"]
SLOW = [path for path in refresh.lessons("ru") if on_postgresql(refresh.name(path))][1:]
# Part 3 is not run a third time: its pages wait for locks, and their cells lean on a database that has moved on.
STEPPED_BACK = [path for path in refresh.lessons("ru") if not on_postgresql(refresh.name(path))]
RANDOM_ID = re.compile(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])")
plain_runs = {}  # {page: what a plain run leaves}, for both tests


def code_cells(path):
    return [cell for cell in refresh.read(path).cells if cell.cell_type == "code"]


def makes_random_id(cell):
    """Tell whether a second run of the cell may make one more revision, as it would in a terminal."""
    lines = re.findall("^%alembic (?:revision|merge) .*$", cell.source, re.MULTILINE)
    return any("--rev-id" not in line for line in lines)


def stops(run, cell):
    """Run a cell; return the error that it ends in, None if it ends in none or in one of the course's sentences."""
    try:
        run(cell)
    except CourseError:
        return None
    except Exception as error:
        return error


def current_state(lesson):
    """What a cell may have changed: the files of the lesson (on the cheat sheet those of the recipe), and the rest."""
    parts = Path.cwd().relative_to(lesson).parts if Path.cwd().is_relative_to(lesson) else ()
    folder = lesson / parts[0] if lesson.name in CHEAT_SHEETS and parts else lesson
    rest = {"current folder": os.path.relpath(os.getcwd(), folder), "DATABASE_URL": os.environ.get("DATABASE_URL")}
    return files(folder) | rest | databases()


def databases():
    """The databases of PostgreSQL, by name, where the page works with it.

    None while a cell keeps a connection open: a dump would wait in the queue that the cell shows.
    """
    names = all_databases() if at_work() else []
    if in_use(names):
        return {}
    return {f"database {name}": found for name, found in contents(names).items()} if names else {}


def files(folder):
    """The files and databases of a folder, without what start() and recipe() have set aside."""
    found = {name: content for name, content in project(folder).items() if "_before_" not in name}
    return {equal_ids(name): content for name, content in found.items()} | {"how many files": len(found)}


def equal_ids(text):
    return RANDOM_ID.sub("1975ea83b712", text)


def changes(wanted, found):
    """The differences of two states, as lines to read; "" if there are none."""
    lines = []
    seen = [any(name.startswith("database ") for name in state) for state in (wanted, found)]
    for name in sorted(wanted | found):
        if wanted.get(name) != found.get(name) and (all(seen) or not name.startswith("database ")):
            one, two = (equal_ids(pformat(state.get(name), width=160)).splitlines() for state in (wanted, found))
            lines += unified_diff(one, two, name, "second run", n=0, lineterm="")
    return "\n".join(lines)


@pytest.fixture
def plain_run(path, tmp_path):
    """The state after each cell of a page that is run once, and the files at its end."""
    if path not in plain_runs:
        lesson, states = tmp_path / "once" / "ru" / refresh.name(path), []
        with page_shell(path, tmp_path / "once") as run:
            for cell in code_cells(path):
                assert stops(run, cell) is None, cell.id
                states.append(current_state(lesson))
            states_at_end = files(lesson) | databases()
        plain_runs[path] = states, states_at_end
    return plain_runs[path]


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path in SLOW)) for path in PAGES]
)
def test_each_cell_twice_in_a_row(path, tmp_path, plain_run):
    """The second run changes nothing that the first has not changed."""
    lesson, faults, known = tmp_path / "twice" / "ru" / refresh.name(path), [], ""
    with page_shell(path, tmp_path / "twice") as run:
        for cell, wanted in zip(code_cells(path), plain_run[0], strict=True):
            for _ in range(2):
                if error := stops(run, cell):
                    faults.append(f"cell {cell.id}, run twice, stops: {error!r}")
            different = changes(wanted, current_state(lesson))
            if different not in ("", known) and not makes_random_id(cell):
                faults.append(f"cell {cell.id}, run twice, leaves something else:\n{different}")
            known = different
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize("path", STEPPED_BACK, ids=lambda path: path.stem)
def test_each_cell_again_after_the_next(path, tmp_path, plain_run):
    """A step back, and on from there: the lesson ends with the same files. Cells that only look are not run again."""
    lesson, faults, cells = tmp_path / "back" / "ru" / refresh.name(path), [], code_cells(path)
    steps = zip(cells, pairwise([{}, *plain_run[0]]), strict=True)
    acts = {cell.id for cell, (before, after) in steps if before != after and not makes_random_id(cell)}
    with page_shell(path, tmp_path / "back") as run:
        run(cells[0])
        for first, second in pairwise(cells):
            for cell in [second, first, second] if first.id in acts else [second]:
                if error := stops(run, cell):
                    faults.append(f"cells {first.id} and {second.id} once more: {cell.id} stops: {error!r}")
        left = files(lesson) | databases()
    if different := changes(plain_run[1], left):
        faults.append(f"the lesson ends otherwise:\n{different}")
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)

"""Lessons leave what the next ones open on, and a page runs a second time in one kernel as it ran the first time.

nbval compares what each page shows when it is run once. test_twice.py runs each cell of each page twice.
test_cheatsheet.py runs the recipes of the cheat sheet in another order.
"""

import pytest

from author import refresh
from author.projects import content, project
from course import opening
from course.contents import lessons
from course.places import PROJECT
from page_shell import page_shell

LANGUAGE = "uk"  # parity makes the code of the other languages equal
FOLLOWED = {lesson.opens_on: lesson.number for lesson in lessons().values() if lesson.opens_on in lessons()}
LAST = [lesson.number for lesson in lessons().values() if lesson.leaves][-1]  # it completes the project at the root


def page(number):
    return refresh.page(LANGUAGE, lessons()[number].file)


def left_by(number, work):
    """Run a lesson, but for its exercises, and return the files that it leaves, as project() sees them."""
    cells = refresh.read(page(number)).cells
    with page_shell(page(number), work) as run:
        for cell in cells[: [cell.id for cell in cells].index("exercises")]:
            if cell.cell_type == "code":
                run(cell)
    return project(work / LANGUAGE / number)


@pytest.mark.parametrize("number", FOLLOWED)
def test_a_lesson_ends_where_the_next_opens(number, tmp_path, monkeypatch):
    left = left_by(number, tmp_path)
    (tmp_path / "opening").mkdir()
    monkeypatch.chdir(tmp_path / "opening")
    opening.open_lesson(FOLLOWED[number])
    assert left == project(tmp_path / "opening")


def test_the_last_lesson_that_builds_leaves_the_project_at_the_root(tmp_path):
    left = left_by(LAST, tmp_path)
    assert left == {name: content(PROJECT / name) for name in left}
    migrations = {f"migrations/{name}" for name in project(PROJECT / "migrations")}
    assert {name for name in left if name.startswith("migrations/")} == migrations
    assert {"data.db", "models.py"} <= set(left)


def of_each_kind():
    """The last lesson of each kind of opening that parts 1 and 2 have; test_twice.py runs part 3 a second time."""
    rows = [row for row in lessons().values() if row.part < 3]
    return list({(row.opens_on in FOLLOWED or row.opens_on, row.keeps_work): row.number for row in rows}.values())


@pytest.mark.parametrize("number", of_each_kind())
def test_a_second_run_shows_the_stored_page(number, tmp_path):
    """Catches "table already exists", and state that leaks from run to run."""
    path = page(number)
    again = refresh.execute(refresh.read(path), path.parent, tmp_path, times=2)
    pairs = zip(again.cells, refresh.read(path).cells, strict=True)
    assert [cell.id for cell, stored in pairs if shown(cell) != shown(stored)] == []


def shown(cell):
    """A cell's outputs but for the helper's own words, which say of a second run that it is one."""
    return [output for output in cell.get("outputs", ()) if output.get("metadata", {}).get("course") != "words"]

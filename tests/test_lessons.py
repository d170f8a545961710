"""Each lesson runs twice in one kernel, gives its stored page again, and leaves what the next one opens on.

The lessons are run from the last to the first, in one work root, while nbval runs them from the first to the last.
"""

import os
from pathlib import Path

from author import refresh
import pytest
from author.projects import content, project

ROOT = Path(__file__).resolve().parents[1]
PAGES = list(reversed(refresh.pages("uk")))  # parity makes the Russian code equal, and nbval runs it


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_second_run_gives_the_stored_page(path, work):
    """Catches "table already exists", state that leaks from run to run, and a page not stored by the author's command."""
    again = refresh.execute(refresh.read(path), path.parent, work, times=2)
    assert refresh.written(again) == path.read_text(encoding="utf-8")
    number, language = refresh.name(path), path.parent.name
    if number in ("01", "02", "03"):
        assert project(work / language / number) == opening(f"0{int(number) + 1}", work)
    if number == "04":
        built = project(work / language / number)
        assert built == {name: content(ROOT / name) for name in built}
        assert {name for name in built if name.startswith("migrations/")} == {
            f"migrations/{name}" for name in project(ROOT / "migrations")
        }


def opening(lesson, work):
    """What a lesson finds in its folder after start()."""
    from course import lesson_folder

    folder, before = work / "opening" / lesson, os.getcwd()
    if not folder.exists():
        folder.mkdir(parents=True)
        os.chdir(folder)
        lesson_folder.forget_other_databases()
        lesson_folder.open_lesson(lesson)
        os.chdir(before)
    return project(folder)

"""What the learner has done in the browser is there again: after a reload, in another window, from an archive.

Part of `python -m pytest tests/browser`, as test_edition.py; most of it with -m "slow or not slow".
"""

import json
import os
import subprocess
import sys
import tomllib
import zipfile

import pytest

from author.refresh import NOTEBOOKS
from course.attempts import attempts_of
from course.contents import lessons
from course.exercises import all_exercises, load_exercise
from edition import Watched

WORDS = tomllib.loads((NOTEBOOKS / "browser" / "page" / "words.toml").read_text(encoding="utf-8"))
SOLVED = "import lesson; from course.progress import stored; print(sorted(stored()))"
# {path: what it holds} of the learner's folder, but for what is made anew each time
WORK = """
import hashlib, json, lesson
from course.places import work_folder
print(json.dumps({
    path.relative_to(work_folder()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in work_folder().rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".lock")
}))
"""

# Before disk.mjs: a storage that takes nothing while `full` is set in the kernel's worker
FULL = """
const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function (...record) {
  if (globalThis.full) throw new DOMException("full", "QuotaExceededError");
  return put.apply(this, record);
};
"""


def solve(lab, key):
    """Solve an exercise as a learner does; when check() has answered, the browser has stored that."""
    solution = attempts_of(all_exercises()[key]).solution
    lab.execute("from lesson import *")
    lab.execute(f"exercise({key!r})")
    if not load_exercise(key).ASKS:
        lab.execute(solution)
    said = lab.execute(f"check({solution})" if load_exercise(key).ASKS else "check()")
    assert f'"{key}"' in (lab.ask("stored", f"{lab.language}/work/progress.json") or ""), said


def work(lab):
    return json.loads(lab.execute(WORK))


@pytest.fixture
def solved(labs):
    """A window in which 05.1 has been solved."""
    lab = labs().open(lessons()["05"].file)
    solve(lab, "05.1")
    return lab


@pytest.fixture
def own_browser(chromium, server, tmp_path):
    """Starts Chromium with the learner's own folder of storage, which outlives it."""
    kind, options = chromium
    opened = []

    def start():
        context = kind.launch_persistent_context(tmp_path / "profile", **options)
        opened.append(Watched(context, server))
        return opened[-1]

    yield start
    assert [fault for lab in opened for fault in lab.faults] == []


def test_work_outlives_a_reload_and_the_browser(own_browser):
    lab = own_browser().open(lessons()["05"].file)
    solve(lab, "05.1")
    lab.execute("start('05')")
    before = work(lab)
    lab.open(lessons()["05"].file)
    assert work(lab) == before
    assert "05.1" in lab.execute(SOLVED)
    lab.context.close()
    lab = own_browser().open(lessons()["06"].file)
    assert work(lab) == before
    assert "05.1" in lab.execute(SOLVED)
    lab.context.close()


@pytest.mark.slow
def test_two_windows_see_each_others_work(labs):
    first = labs().open(lessons()["04"].file)
    second = first.another().open(lessons()["05"].file)
    solve(first, "04.1")
    second.ask("printed", second.path, SOLVED, "04.1")
    solve(second, "05.1")
    first.ask("printed", first.path, SOLVED, "05.1")
    solve(first, "04.2")
    second.ask("printed", second.path, SOLVED, "04.2")
    first.open(lessons()["04"].file)
    assert first.execute(SOLVED).strip() == "['04.1', '04.2', '05.1']"
    assert work(first) == work(second)


@pytest.mark.slow
def test_the_editor_and_the_kernel_share_the_files(labs):
    lab = labs().open(lessons()["05"].file)
    lab.execute("from lesson import *; start('05')")
    path = "ru/work/05/models.py"
    text = lab.ask("kept", path)
    lab.ask("edit", path, text + "# from the editor\n")
    lab.ask("printed", lab.path, "print(open('models.py').read())", "# from the editor")
    lab.execute("replace('models.py', '# from the editor', '# from the kernel')")
    lab.ask("kept", path, "# from the kernel")
    lab.ask("shown", path, "# from the kernel")
    lab.ask("delete", path)
    lab.ask("printed", lab.path, "import os; print(os.path.exists('models.py'))", "False")
    lab.ask("rename", "ru/work/05", "ru/work/Моё")  # Python stands in it
    lab.ask("printed", lab.path, "print(os.listdir('../Моё') if os.path.exists('../Моё') else '')", "data.db")


def taken(lab, button, tmp_path):
    """The archive that a button of the open page gives the learner."""
    with lab.page.expect_download() as download:
        lab.page.click(button)
    download.value.save_as(tmp_path / "work.zip")
    return tmp_path / "work.zip"


def entry(lab):
    lab.page.goto(f"{lab.address}index.html#{lab.language}")


@pytest.mark.slow
def test_work_is_taken_away_and_brought_back(solved, labs, tmp_path):
    before = work(solved)
    entry(solved)
    archive = taken(solved, "#course-ru .take", tmp_path)
    other = labs()
    entry(other)
    other.page.set_input_files("#course-ru input[type=file]", archive)
    other.page.wait_for_function("document.querySelector('#course-ru .answer').textContent")
    other.open(lessons()["05"].file)
    assert work(other) == before
    assert "05.1" in other.execute(SOLVED)


@pytest.mark.slow
def test_the_laptop_goes_on_where_the_browser_ended(solved, tmp_path):
    entry(solved)
    with zipfile.ZipFile(taken(solved, "#course-ru .take", tmp_path)) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "notebooks" / "ru" / "work").rename(tmp_path / "here" / "ru")
    environment = os.environ | {"COURSE_WORK": str(tmp_path / "here"), "PYTHONPATH": str(NOTEBOOKS / "ru")}
    done = subprocess.run(
        [sys.executable, "-c", SOLVED], env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "['05.1']", done.stderr


@pytest.mark.slow
def test_a_full_storage_is_told_and_the_work_can_be_taken(labs, tmp_path):
    lab = labs()
    # Chromium keeps to no quota that a test sets for a plain http address, so its storage is full when we say so.
    disk = (NOTEBOOKS / "browser" / "kernel" / "disk.mjs").read_text(encoding="utf-8")
    lab.context.route("**/disk.mjs", lambda asked: asked.fulfill(body=FULL + disk, content_type="text/javascript"))
    lab.open(lessons()["05"].file)
    solve(lab, "05.1")
    lab.execute("import js; js.full = True; open('new.txt', 'w').write('new' * 100_000)")
    banner = lab.page.locator("#course-storage")
    banner.get_by_text(WORDS["storage_full"]["ru"]).wait_for()
    with zipfile.ZipFile(taken(lab, "#course-storage button", tmp_path)) as archive:
        assert archive.read("notebooks/ru/work/05.1/new.txt") == b"new" * 100_000
    assert lab.ask("stored", "ru/work/05.1/new.txt") is None
    lab.execute("js.full = False")
    assert lab.ask("stored", "ru/work/05.1/new.txt") == "new" * 100_000
    banner.wait_for(state="hidden")


@pytest.mark.slow
def test_what_is_only_looked_at_stays_as_it_is(labs):
    lab = labs().open("04_autogenerate")
    lab.execute("from lesson import *\nstart('04')")
    lab.ask("kept", "ru/work/04/data.db")
    before = work(lab)
    lab.page.evaluate("void jupyterapp.commands.execute('docmanager:open', { path: 'ru/work/04/data.db' })")
    lab.page.get_by_text(WORDS["no_text"]["ru"]).wait_for()
    lab.page.keyboard.press("Escape")
    lab.page.locator("#course-way a").click()  # which saves what was changed
    lab.page.wait_for_url("**/index.html#ru")
    assert work(lab.open("05_upgrade_downgrade")) == before


@pytest.mark.slow
def test_a_page_that_cannot_run_keeps_its_outputs(labs):
    lab = labs().open("21_postgresql")
    assert lab.run(0)["outputs"][-1]["output_type"] == "error"
    lab.page.locator("#course-way a").click()
    lab.page.wait_for_url("**/index.html#ru")
    lab.open("21_postgresql")
    stored = json.loads(lab.ask("stored", "ru/21_postgresql.ipynb"))["cells"]
    outputs = [cell["outputs"] for cell in stored if cell["cell_type"] == "code"]
    assert outputs[0] and all(output["output_type"] != "error" for output in outputs[0])


@pytest.mark.slow
def test_lost_work_is_caught(solved):
    """Of the tests above: they see it when the storage has lost something."""
    before = work(solved)
    solved.ask("delete", "ru/work/progress.json")
    solved.open(lessons()["05"].file)
    assert work(solved) != before
    assert "05.1" not in solved.execute(SOLVED)

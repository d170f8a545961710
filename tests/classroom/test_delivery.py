"""The course comes home, is renewed, and never costs a learner what they wrote, whatever they made of their home."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "notebooks" / "classroom" / "delivery.py"
PAGE = "notebooks/uk/01_init.ipynb"


@pytest.fixture
def tmp_path():
    """A folder that an ordinary account can go through: deliveries are nobody's, where root runs the tests."""
    top = Path(tempfile.mkdtemp(dir="/var/tmp"))
    top.chmod(0o755)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def course(tmp_path):
    """A small course with everything that a delivery tells apart."""
    source = tmp_path / "course"
    for path in (
        PAGE,
        "notebooks/uk/02_env.ipynb",
        "notebooks/uk/lab.py",
        "notebooks/uk/lesson.py",
        "notebooks/uk/.lab/overrides.json",
        "notebooks/uk/teacher.ipynb",
        "notebooks/uk/teacher.pdf",
        "notebooks/course/lessons.py",
        "notebooks/course/exercises/05_1/exercise.py",
        "notebooks/author/refresh.py",
        "notebooks/browser/build.py",
        "notebooks/classroom/hub_config.py",
        "tests/test_pages.py",
        "migrations/versions/0001.py",
        "data.db",
        "README.md",
        "pytest.ini",
    ):
        write(source / path, path)
    write(source / "notebooks/uk/work/05/data.db", "an author's own")
    return source


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def deliver(course, home):
    """Deliver, as the home's owner; returns what is said."""
    owner = {}
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        owner = {"user": 65534, "group": 65534, "extra_groups": []}
    words = ["/usr/bin/python3", "-I", "-", str(course), str(home)]
    with PROGRAM.open() as program:
        done = subprocess.run(words, stdin=program, capture_output=True, text=True, timeout=60, cwd="/", **owner)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_a_learner_gets(course, home):
    assert deliver(course, home) == "new 10"
    assert files(home / "course") == {
        PAGE,
        "notebooks/uk/02_env.ipynb",
        "notebooks/uk/lab.py",
        "notebooks/uk/lesson.py",
        "notebooks/uk/.lab/overrides.json",
        "notebooks/course/lessons.py",
        "notebooks/course/exercises/05_1/exercise.py",
        "migrations/versions/0001.py",
        "data.db",
        "README.md",
    }
    assert deliver(course, home) == "nothing new"


def test_untouched_files_are_renewed_and_changed_ones_stay(course, home):
    deliver(course, home)
    write(home / "course" / PAGE, "mine")
    write(home / "course/notebooks/uk/notes.ipynb", "mine too")
    write(home / "course/notebooks/uk/work/05/data.db", "my work")
    write(course / PAGE, "corrected")
    write(course / "notebooks/uk/02_env.ipynb", "corrected")
    assert deliver(course, home) == "beside 1, renewed 1"
    at_home = home / "course/notebooks/uk"
    assert (at_home / "01_init.ipynb").read_text() == "mine"
    assert (at_home / "01_init.new.ipynb").read_text() == "corrected"
    assert (at_home / "02_env.ipynb").read_text() == "corrected"
    assert (at_home / "notes.ipynb").read_text() == "mine too"
    assert (at_home / "work/05/data.db").read_text() == "my work"
    assert deliver(course, home) == "nothing new"
    write(at_home / "01_init.new.ipynb", "mine as well")
    write(course / PAGE, "corrected again")
    assert deliver(course, home) == "beside 1"
    assert (at_home / "01_init.new.ipynb").read_text() == "mine as well"
    assert (at_home / "01_init.new2.ipynb").read_text() == "corrected again"


def test_a_deleted_lesson_comes_back(course, home):
    deliver(course, home)
    (home / "course" / PAGE).unlink()
    shutil.rmtree(home / "course/migrations")
    assert deliver(course, home) == "new 2"
    assert (home / "course" / PAGE).read_text() == PAGE


def test_the_helper_is_always_the_teachers(course, home):
    deliver(course, home)
    broken = (
        "notebooks/course/lessons.py",
        "notebooks/uk/lab.py",
        "notebooks/uk/lesson.py",
        "notebooks/uk/.lab/overrides.json",
    )
    for path in broken:
        write(home / "course" / path, "1/0")
    assert deliver(course, home) == "mended 4"
    for path in broken:
        assert (home / "course" / path).read_text() == path
    assert (home / "course/notebooks/course/lessons.mine.py").read_text() == "1/0"


def test_what_the_course_has_no_more_goes_unless_it_was_changed(course, home):
    deliver(course, home)
    write(home / "course" / PAGE, "mine")
    (course / PAGE).unlink()
    (course / "notebooks/uk/02_env.ipynb").unlink()
    deliver(course, home)
    assert (home / "course" / PAGE).read_text() == "mine"
    assert not (home / "course/notebooks/uk/02_env.ipynb").exists()


def test_an_empty_course_takes_nothing_away(course, home, tmp_path):
    deliver(course, home)
    (tmp_path / "empty").mkdir()
    words = [sys.executable, str(PROGRAM), str(tmp_path / "empty"), str(home)]
    assert subprocess.run(words, capture_output=True).returncode != 0
    assert (home / "course" / PAGE).exists()


# What a learner may have made of their home


@pytest.mark.parametrize("path", [PAGE, "notebooks/course/lessons.py"])
@pytest.mark.parametrize("what", ["folder", "link", "link to nowhere", "pipe", "read-only", "unreadable", "huge"])
def test_something_odd_in_the_place_of_a_file(course, home, tmp_path, what, path):
    deliver(course, home)
    goal, elsewhere = home / "course" / path, tmp_path / "elsewhere"
    goal.unlink()
    elsewhere.write_text("not to be touched")
    if what == "folder":
        write(goal / "mine.txt", "mine")
    elif what == "link":
        goal.symlink_to(elsewhere)
    elif what == "link to nowhere":
        goal.symlink_to(tmp_path / "nowhere")
    elif what == "pipe":
        os.mkfifo(goal)
    elif what == "huge":
        with goal.open("wb") as file:
            file.truncate(2**30)
    else:
        goal.write_text(path)
        goal.chmod(0o400 if what == "read-only" else 0)
    write(course / path, "corrected")
    began = time.monotonic()
    deliver(course, home)
    assert time.monotonic() - began < 5
    texts = [
        file.read_text()
        for file in goal.parent.iterdir()
        if stat.S_ISREG(file.lstat().st_mode) and file.stat().st_size < 99
    ]
    assert "corrected" in texts
    assert elsewhere.read_text() == "not to be touched" and not (tmp_path / "nowhere").exists()
    if what == "folder":
        assert "mine" in [file.read_text() for file in goal.parent.rglob("mine.txt")]


@pytest.mark.parametrize("name", ["course", "course/notebooks", "course/notebooks/uk"])
@pytest.mark.parametrize("what", ["file", "link", "pipe", "closed"])
def test_something_odd_in_the_place_of_a_folder(course, home, tmp_path, what, name):
    deliver(course, home)
    folder, elsewhere = home / name, tmp_path / "elsewhere"
    elsewhere.mkdir()
    if what == "closed":
        folder.chmod(0)
    else:
        folder.rename(tmp_path / "away")
        folder.write_text("mine") if what == "file" else None
        folder.symlink_to(elsewhere) if what == "link" else None
        os.mkfifo(folder) if what == "pipe" else None
    deliver(course, home)
    assert (home / "course" / PAGE).read_text() == PAGE
    assert list(elsewhere.iterdir()) == []
    if what == "file":
        assert "mine" in [file.read_text() for file in folder.parent.glob("*.mine")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"a": 1}', '{"../../etc/passwd": [1, "x"]}', '{"/etc/hostname": [9, "x"]}', "[" * 99999],
)
def test_a_broken_list_of_what_was_delivered(course, home, text):
    deliver(course, home)
    write(home / "course" / PAGE, "mine")
    write(home / ".course-delivered.json", text)
    deliver(course, home)
    assert (home / "course" / PAGE).read_text() == "mine"
    assert (home / "course/notebooks/uk/01_init.new.ipynb").read_text() == PAGE
    assert json.loads((home / ".course-delivered.json").read_text())[PAGE]
    assert deliver(course, home) == "nothing new"


@pytest.mark.parametrize("name", [".course-delivered.json", ".course-delivered.lock"])
@pytest.mark.parametrize("what", ["folder", "link", "pipe"])
def test_odd_things_in_the_place_of_its_own_files(course, home, tmp_path, name, what):
    path = home / name
    path.mkdir() if what == "folder" else None
    path.symlink_to(tmp_path / "nowhere") if what == "link" else None
    os.mkfifo(path) if what == "pipe" else None
    deliver(course, home)
    assert (home / "course" / PAGE).read_text() == PAGE
    assert not (tmp_path / "nowhere").exists()


def test_two_deliveries_at_once(course, home):
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: deliver(course, home), range(4)))
    assert sorted(said) == ["new 10", *["nothing new"] * 3] or sorted(said)[0] == "new 10"
    assert not [name for name in files(home / "course") if ".new" in name or ".mine" in name]


def test_a_held_lock_delays_and_does_not_prevent(course, home):
    holding = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", holding, str(home / ".course-delivered.lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert deliver(course, home) == "new 10"
        holder.kill()


# Through the hub


def test_a_corrected_page_reaches_a_running_class(class_server):
    from visitor import Visitor

    visitor = Visitor(class_server.url)
    assert visitor.come("Уважний", code=class_server.settings.code) is None
    visitor.open()
    page = class_server.settings.course / "notebooks/uk/03_revision.ipynb"
    before = page.read_bytes()
    try:
        page.write_bytes(before + b"\n")
        at_home = class_server.settings.homes / visitor.place / "course/notebooks/uk/03_revision.ipynb"
        assert at_home.read_bytes() == before
        from classroom import accounts

        said = accounts.deliver(class_server.settings, accounts.of(class_server.settings, visitor.place))
        assert said == "renewed 1" and at_home.read_bytes() == before + b"\n"
        assert at_home.owner() == visitor.place and stat.S_IMODE(at_home.stat().st_mode) == 0o600
    finally:
        page.write_bytes(before)
    assert list(at_home.parent.glob("teacher*")) == []

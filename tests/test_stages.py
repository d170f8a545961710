"""The final project: its stages are judged by what is there, whenever it was made, and opened as often as one likes."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

import course
from course import exercise_verbs, session
from course.attempts import attempts_of
from course.exercises import load_exercise
from course.faults import NotYet
from course.places import work_folder
from course.progress import solved
from learner import shell

STAGES = [f"08.{number}" for number in range(1, 7)]
THEIRS = "migrations/versions/7b2e4c91d0a3_add_owners_email.py"


class Project:
    """The final project in a kernel."""

    def solve(self, *numbers):
        for number in numbers:
            self.run(attempts_of(load_exercise(f"08.{number}").folder).solution)

    def run(self, code):
        """What the helper says to a cell."""
        with capture_output() as shown:
            result = shell.run_cell(code, store_history=True)
        assert result.success, result.error_in_exec or result.error_before_exec
        return "\n".join(output.data["text/plain"] for output in shown.outputs)

    def outcome(self, key=""):
        """The first word of what check() says."""
        return self.run(f'check("{key}")' if key else "check()").split()[0]


@pytest.fixture
def project(tmp_path, monkeypatch):
    before = os.getcwd()
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))
    shell.user_ns.update(course.load("ru"))
    session.faults.clear(), session.opened_at.clear()
    project = Project()
    project.run('start("08")')
    yield project
    os.chdir(before)
    session.exercise = None


def test_stages_are_right_without_being_opened_and_stay_so(project):
    for number in range(1, 5):
        project.solve(number)
        assert project.outcome(f"08.{number}") == "Верно!"
    project.run('exercise("08.5")')
    project.solve(5, 6)
    assert [project.outcome(key) for key in STAGES] == ["Верно!"] * 6


def test_a_stage_opened_after_its_work_is_not_called_not_begun(project):
    project.solve(1, 2, 3)
    project.run('exercise("08.3")')
    assert project.outcome() == "Верно!"
    project.solve(4)
    assert "alembic downgrade 0001" in project.run('exercise("08.4")')
    assert project.outcome() == "Верно!"


def test_a_half_applied_migration_is_mended_as_the_check_says(project):
    project.solve(1, 2, 3)
    project.run('exercise("08.4")')
    solution = attempts_of(load_exercise("08.4").folder).solution
    project.run(solution.replace('server_default="1", nullable', "nullable"))
    assert "на полпути" in project.run("check()")
    assert "alembic upgrade 0001" in project.run("check()") and "alembic upgrade 0001" in project.run("reset()")
    os.rename("data.db", "damaged.db")
    project.run("%alembic upgrade 0001")
    assert project.run("reset()").count("\n") == 0
    project.run(
        'replace("migrations/versions/0002_price_per_night_and_people.py",'
        " 'Integer(), nullable', 'Integer(), server_default=\"1\", nullable')\n%alembic upgrade head"
    )
    assert project.outcome() == "Верно!"
    with closing(sqlite3.connect("data.db")) as connection:
        assert connection.execute("SELECT people FROM bookings").fetchall() == [(1,)] * 4


@pytest.mark.parametrize("gone", ["deleted", "moved", "deleted after the merge"])
def test_the_colleague_s_file_comes_again(project, gone):
    project.solve(1, 2, 3)
    project.run('exercise("08.4")')
    project.solve(4)
    project.run('exercise("08.5")')
    text = Path(THEIRS).read_text(encoding="utf-8")
    if "merge" in gone:
        project.solve(5)
    shutil.move(THEIRS, "theirs.py")
    if gone != "moved":
        os.remove("theirs.py")
    assert "Тимура" in project.run("check()")
    assert THEIRS in project.run('exercise("08.5")') and THEIRS not in project.run('exercise("08.5")')
    assert Path(THEIRS).read_text(encoding="utf-8") == text
    if "merge" not in gone:
        project.solve(5)
    assert project.outcome() == "Верно!"


def test_a_stage_begins_when_the_one_before_passes(project):
    """What it brings would be lost, and what it keeps as applied could not be mended any more."""
    project.solve(1, 2, 3)
    file = Path("migrations/versions/0001_create_tables.py")
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("    op.drop_table('owners')", "    pass"), encoding="utf-8")
    assert 'check("08.3")' in project.run('exercise("08.4")')
    assert exercise_verbs.unready(load_exercise("08.4")).key == "stage_before"
    assert not (work_folder(".opened") / "08.4").exists()
    assert 'check("08.4")' in project.run('exercise("08.5")') and not Path(THEIRS).exists()
    file.write_text(whole, encoding="utf-8")
    assert "check" not in project.run('exercise("08.4")')
    project.solve(4)
    assert project.outcome() == "Верно!"
    assert "check" not in project.run('exercise("08.5")') and Path(THEIRS).exists()


def test_an_opening_says_what_it_brought_again(project):
    project.solve(1, 2, 3)
    assert "вернулось" not in project.run('exercise("08.4")') + project.run('exercise("08.4")')
    project.run("%sql DELETE FROM bookings WHERE id = 304")
    assert "(data.db)" in project.run('exercise("08.4")')
    assert "вернулось" not in project.run('exercise("08.4")')


def test_a_project_begun_anew_is_not_compared_with_the_one_before(project):
    project.solve(1, 2, 3)
    assert project.outcome("08.3") == "Верно!"
    project.run('exercise("08.4")')
    assert len(solved()) == 1
    assert "заново" in project.run('start("08", afresh=True)') and solved() == set()
    assert list(work_folder(".opened").glob("08.*")) == []
    project.solve(1, 2)
    project.run('%alembic revision --autogenerate -m "others" --rev-id 0001\n%alembic upgrade head')
    assert project.outcome("08.3") == "Верно!"


def test_every_check_and_opening_says_something_at_every_state(project):
    for numbers in ([], [1], [2, 3]):
        project.solve(*numbers)
        for key in STAGES:
            assert project.outcome(key) in ("Верно!", "Пока"), (numbers, key)
    project.run("import os; os.remove('migrations/env.py')")
    for key in STAGES:
        assert project.outcome(key) in ("Не", "Пока"), key
        assert project.run(f'exercise("{key}")')


def test_an_opening_says_what_stands_in_its_way(project):
    def opening(key):
        return getattr(exercise_verbs.fill(load_exercise(key)), "key", None)

    project.solve(1, 2)
    assert opening("08.4") == "first_tables_missing"
    project.solve(3)
    assert opening("08.4") is None and opening("08.5") == "wishes_first"
    project.solve(4)
    assert opening("08.4") is None and opening("08.5") is None
    project.run("%sql DELETE FROM bookings")
    assert opening("08.4") == "rows_need_old_tables"
    project.run("%alembic stamp 0001")
    assert opening("08.4") == "tables_half_changed"
    os.remove(THEIRS)
    Path("migrations/versions/broken.py").write_text("down_revision = ", encoding="utf-8")
    assert opening("08.5") == "project_stops"


@pytest.mark.parametrize(("language", "word"), [("ru", "нет"), ("uk", "немає")])
def test_what_is_absent_is_said_in_a_word(project, language, word):
    course.load(language)
    fault = NotYet("way_back_differs", revision="base", table="posts", part=".header", wanted="TABLE", found="—")
    said = exercise_verbs.fault_text(load_exercise("08.3"), fault)
    assert f"`posts.header` {'сейчас' if language == 'ru' else 'зараз'} {word}," in said and "TABLE" not in said
    course.load("ru")


def test_rows_of_the_check_are_no_matter_where_there_are_no_tables(project):
    project.solve(1)
    os.remove("migrations/script.py.mako")
    said = project.run('check("08.1")')
    assert "revision -m probe" in said and "строками" not in said

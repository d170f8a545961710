"""Every exercise: untouched it is not started, its solution is correct, each wrong attempt gets its own message, other right
ways pass, a broken file gets the third outcome, and looking changes nothing."""

import ast
import hashlib
import json
import os
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from author.prose import faults, prose

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "notebooks"))
import course  # noqa: E402
from course import exercise as machinery  # noqa: E402

FILES = sorted((Path(course.__file__).parent / "exercises").glob("lesson_*.py"))


@pytest.fixture
def learner(lesson):
    """A learner in a lesson's folder: do(code) runs a cell; judged(n) is what check says of it."""

    class Learner:
        def __init__(self, number):
            self.shell = InteractiveShell.instance()
            lesson(number)
            self.shell.user_ns.update(course.load(course.words.language))
            self.number = number

        def reach(self, number):
            """Solve the stages before an exercise that goes on where the one before it ended."""
            stages = range(1, number) if machinery.find(number).stage_of_lesson else ()
            with capture_output():
                for earlier in stages:
                    machinery.reset(earlier)
                    self.do(machinery.find(earlier).solution)
                    machinery.check(earlier)
                machinery.reset(number)
            return machinery.find(number)

        def do(self, code):
            with capture_output():
                result = self.shell.run_cell(code)
            assert result.success, result.error_in_exec or result.error_before_exec

        def attempt(self, number, attempt):
            """Judge a cell's code, or an answer."""
            exercise, answer = machinery.find(number), ...
            if exercise.asks:
                answer = attempt
            else:
                self.do(attempt)
            with capture_output():
                exercise, folder = machinery.touch(number)
            return machinery.judge(exercise, folder, number, answer)

    return Learner


# The verdicts do not depend on the language, and each message has both (checked below).
RU = pytest.mark.parametrize("language", ["ru"], indirect=True)


def state(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


class Exercises:
    """The tests of one lesson's exercises; a class for each lesson, so that the lessons run side by side."""

    lesson = None

    def test_untouched_is_not_started(self, number, learner):
        me = learner(self.lesson)
        me.reach(number)
        exercise, folder = machinery.touch(number)
        assert machinery.judge(exercise, folder, number)[0] == "not_started"

    @RU
    def test_solution_is_correct_and_looking_changes_nothing(self, number, learner, language):
        me = learner(self.lesson)
        exercise = me.reach(number)
        assert me.attempt(number, exercise.solution) == ("correct", "")
        before = state(Path.cwd())
        _, folder = machinery.touch(number)
        machinery.judge(exercise, folder, number, exercise.solution if exercise.asks else ...)
        assert state(Path.cwd()) == before

    @RU
    def test_another_right_way_is_correct(self, number, right, learner, language):
        me = learner(self.lesson)
        me.reach(number)
        assert me.attempt(number, right) == ("correct", "")

    @RU
    def test_a_typical_mistake_gets_its_own_message(self, number, wrong, learner, language):
        me = learner(self.lesson)
        me.reach(number)
        attempt, said = wrong
        outcome, text = me.attempt(number, attempt)
        assert outcome == "not_yet" and said in text, (outcome, text)

    def test_words_are_all_there(self, number):
        exercise = machinery.all_exercises()[self.lesson][number - 1]
        assert len(exercise.wrong) >= 2 and len({said for _, said in exercise.wrong}) >= 2
        assert exercise.asks or exercise.right
        for language in ("ru", "uk"):
            weak, strong = exercise.hints[language]
            assert weak and strong and weak != strong and exercise.why[language]
            assert [f for t in (weak, strong, exercise.why[language]) for f in faults(prose(t), language)] == []


for lesson_number in machinery.all_exercises():
    globals()[f"TestLesson{lesson_number}"] = type(f"TestLesson{lesson_number}", (Exercises,), {"lesson": lesson_number})


def pytest_generate_tests(metafunc):
    """Give each test its exercises, and its attempts where it takes one."""
    if not getattr(metafunc.cls, "lesson", None):
        return
    exercises = list(enumerate(machinery.all_exercises()[metafunc.cls.lesson], 1))
    attempts = {"right", "wrong"} & set(metafunc.fixturenames)
    if not attempts:
        metafunc.parametrize("number", [number for number, _ in exercises])
        return
    (kind,) = attempts
    cases = [(number, i, attempt) for number, e in exercises for i, attempt in enumerate(getattr(e, kind))]
    metafunc.parametrize(f"number, {kind}", [(n, a) for n, _, a in cases], ids=[f"{n}.{i}" for n, i, _ in cases])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_fault_is_said_in_both_languages(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotYet":
            words = {k.arg: text_of(k.value) for k in node.keywords}
            assert set(words) == {"ru", "uk"}
            for language, text in words.items():
                assert list(faults(prose(text), language)) == []


def text_of(node):
    """The literal text of a string or an f-string."""
    return "".join(part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


# What a learner's own broken work is answered with, and what the verbs show.


def lock(folder):
    (folder / "note.txt").touch()  # or the exercise would not have been started
    connection = sqlite3.connect(folder / "data.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


BROKEN = {
    "syntax error": (lambda f: (f / "models.py").write_text("class User(Base:\n"), "SyntaxError"),
    "missing import": (lambda f: (f / "models.py").write_text("import nosuch\n"), "No module named 'nosuch'"),
    "broken revision": (lambda f: (f / "migrations/versions/0009_x.py").write_text("1 / 0\n"), "ZeroDivisionError"),
    "unknown parent": (
        lambda f: (f / "migrations/versions/0009_x.py").write_text("revision, down_revision = '0009', 'nope'\n"),
        "nope",
    ),
    "missing database": (lambda f: (f / "data.db").unlink(), "unable to open database file"),
    "locked database": (lock, "database is locked"),
    "a database that is none": (lambda f: (f / "data.db").write_text("text" * 99), "file is not a database"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_learners_broken_work_gets_the_third_outcome(what, learner, language):
    """With the error's own text under one sentence, and no trace of the course's code."""
    me = learner("04")
    me.reach(1)
    _, folder = machinery.touch(1)
    spoil, said = BROKEN[what]
    held = spoil(folder)
    before = {path for path in folder.rglob("*")}
    with capture_output() as shown:
        machinery.check(1)
    if what == "locked database":
        held.close()
    sentence, original = [output.data["text/plain"] for output in shown.outputs[:2]]
    assert {"ru": "останавливается с ошибкой", "uk": "зупиняється з помилкою"}[language] in sentence
    assert said in original and "Traceback" not in original and "course" not in original
    assert before == {path for path in folder.rglob("*")}


def shown(verb, *words):
    with capture_output() as seen:
        verb(*words)
    return [output.data["text/plain"] for output in seen.outputs]


def test_check_says_the_outcome_and_how_far_the_learner_is(learner, language):
    me = learner("03")
    exercise = me.reach(1)
    assert {"ru": "ещё не начато", "uk": "ще не почато"}[language] in shown(machinery.check, 1)[0]
    me.do(exercise.solution)
    outcome, line = shown(machinery.check, 1)
    assert {"ru": "верно", "uk": "правильно"}[language] in outcome and f": 1 {'из' if language == 'ru' else 'із'} " in line


def test_progress_survives_a_new_start_and_a_new_kernel(learner, language, lesson, capsys):
    me = learner("03")
    exercise = me.reach(1)
    me.do(exercise.solution)
    shown(machinery.check, 1)
    capsys.readouterr()
    lesson("05")
    assert f"1 {'из' if language == 'ru' else 'із'} " in capsys.readouterr().out
    (table,) = shown(machinery.progress)
    rows = {row.split(" | ")[0].strip("| "): row for row in table.splitlines()[2:]}
    assert set(rows) == set(machinery.all_exercises()) and "■□" in rows["03"] and "1/" in rows["03"] and "0/" in rows["05"]


def test_the_second_hint_is_stronger(learner, language):
    me = learner("03")
    me.reach(1)
    machinery.hints_given.clear()
    hints = machinery.find(1).hints[language]
    assert [shown(machinery.hint, 1)[0] for _ in range(3)] == [text.replace("`", "") for text in (*hints, hints[1])]


def test_solution_shows_a_cell_and_a_reason(learner, language):
    me = learner("03")
    exercise = me.reach(1)
    why, code = shown(machinery.solution, 1)
    assert why == exercise.why[language].replace("`", "") and code == exercise.solution.strip()


def test_reset_gives_the_exercise_back_fresh_and_keeps_the_work_beside_it(learner, language):
    me = learner("03")
    me.reach(1)
    Path("mine.txt").write_text("x")
    shown(machinery.reset, 1)
    assert not Path("mine.txt").exists() and Path("../exercise_1_before/mine.txt").exists()
    assert machinery.judge(*machinery.touch(1), 1)[0] == "not_started"


def test_an_exercise_makes_its_folder_when_first_touched(lesson, language):
    folder = lesson("03")
    shown(machinery.check, 1)
    assert Path.cwd() == folder / "exercise_1" and Path("alembic.ini").exists()


def test_an_exercise_that_does_not_exist(learner, language):
    from course.words import CourseError

    learner("03")
    for verb in (machinery.check, machinery.hint, machinery.solution, machinery.reset):
        with pytest.raises(CourseError, match={"ru": "Упражнения 99", "uk": "Вправи 99"}[language]):
            verb(99)


def test_an_exercise_before_start(lesson, language, monkeypatch):
    from course import lesson_folder
    from course.words import CourseError

    monkeypatch.setattr(lesson_folder, "current", None)
    with pytest.raises(CourseError, match={"ru": "первую ячейку", "uk": "першу клітинку"}[language]):
        machinery.check(1)


def test_there_are_enough_exercises():
    counts = {lesson: len(exercises) for lesson, exercises in machinery.all_exercises().items()}
    assert sum(counts.values()) >= 22 and counts["00"] >= 1 and all(counts[f"0{n}"] >= 3 for n in range(1, 8))


def test_a_module_imported_in_one_exercise_does_not_hide_its_namesake_in_another(learner, language):
    """Catches a right solution that is rejected because the kernel still holds the models of the exercise before."""
    me = learner("04")
    me.reach(2)
    sys.path.insert(0, "")
    try:
        me.do("import models")
        me.reach(1)
        assert "models" not in sys.modules
        me.do("import models")
        me.do(machinery.find(1).solution)
        assert machinery.judge(*machinery.touch(1), 1) == ("correct", "")
    finally:
        sys.path.remove("")
        sys.modules.pop("models", None)


def test_the_final_project_goes_on_after_a_restart_of_the_kernel(lesson, language, monkeypatch):
    """Hours of work in one folder: start() must not put them aside."""
    from course import lesson_folder

    folder = lesson("08")
    assert list(folder.iterdir()) == []
    Path("models.py").write_text("# мій проєкт", encoding="utf-8")
    assert lesson("08") == folder and Path("models.py").exists()
    with capture_output():
        lesson_folder.start("08", afresh=True)
    assert list(folder.iterdir()) == [] and (folder.parent / "08_before/models.py").exists()

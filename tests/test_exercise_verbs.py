"""exercise, check, hint, solution, reset, progress: work outlives everything, and whatever happens is one sentence."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

from course import session
from course.places import work_folder
from course.words import CourseError, word
from learner import Learner, shell

OUTCOMES = {
    "ru": ("Верно! ", "Пока не получилось: ", "Ещё не начато: ", "Не работает: "),
    "uk": ("Правильно! ", "Ще не все: ", "Ще не почато: ", "Не працює: "),
}


@pytest.fixture
def say(lesson, language):
    """Runs a verb as a cell would and returns the text it shows; a CourseError is its sentence."""
    lesson("05")
    import course

    verbs = course.load(language)
    shell.user_ns.update(verbs)
    for memory in (session.hints, session.faults, session.opened_at):
        memory.clear()

    def run(cell):
        with capture_output() as shown:
            result = shell.run_cell(cell, store_history=True)
        text = shown.stdout + "".join(o.data.get("text/plain", "") + "\n" for o in shown.outputs)
        error = result.error_in_exec or result.error_before_exec
        if error:
            assert isinstance(error, CourseError), repr(error)
            text += str(error)
        assert "Traceback" not in text
        return text.strip()

    return run


def restart_kernel():
    """What a new kernel does not know."""
    session.lesson = session.exercise = None
    for memory in (session.hints, session.faults, session.opened_at, session.started):
        memory.clear()


# Opening


def test_an_exercise_has_a_folder_of_its_own_beside_the_lessons(say):
    assert "work/05.1" in say('exercise("05.1")')
    assert Path.cwd() == work_folder("05.1") and Path("data.db").exists()


@pytest.mark.parametrize("number", ['"05.1"', '"5.1"', "5.1", "1", '"1"', "1.0", '" 05.1 "'])
def test_the_number_may_be_written_in_many_ways(say, number):
    assert "work/05.1" in say(f"exercise({number})")


@pytest.mark.parametrize("number", ["0", "99", '"05.99"', '"nosuch"', "True", "None", "[]", '""', "-1", '"../../x"'])
@pytest.mark.parametrize("verb", ["exercise", "hint", "solution", "reset"])
def test_an_exercise_that_is_not_there_gets_a_sentence_and_no_folder(say, number, verb):
    before = sorted(work_folder().iterdir())
    assert say(f"{verb}({number})")
    assert sorted(work_folder().iterdir()) == before


def test_opened_again_it_goes_on_where_the_learner_was(say):
    say('exercise("05.1")')
    Path("models.py").write_text("# мій труд", encoding="utf-8")
    restart_kernel()
    os.chdir(work_folder())
    first = say('exercise("05.1")')
    assert "work/05.1" in first and Path("models.py").read_text(encoding="utf-8") == "# мій труд"
    assert Path.cwd() == work_folder("05.1")


def test_start_leaves_exercises_alone(say):
    say('exercise("05.1")')
    Path("mine.txt").write_text("mine")
    say('start("05")')
    say('start("05")')
    assert (work_folder("05.1") / "mine.txt").read_text() == "mine"


def test_start_leads_back_without_beginning_anew(say):
    Path("mine.txt").write_text("mine")
    say('exercise("05.1")')
    assert "work/05" in say('start("05", afresh=False)')
    assert Path.cwd() == work_folder("05") and Path("mine.txt").read_text() == "mine"


def test_led_back_in_a_new_kernel_the_learner_is_told_of_the_imports(say):
    assert "NameError" not in say('start("05", afresh=False)')
    restart_kernel()
    say('exercise("05.1")')
    assert "NameError" in say('start("05", afresh=False)')
    assert "NameError" not in say('start("05", afresh=False)')
    restart_kernel()
    assert "NameError" not in say('start("05")')


def test_what_start_and_reset_set_aside_is_numbered(say):
    for number in (1, 2, 3):
        say('reset("05.1")')
        Path("mine.txt").write_text(str(number))
    assert "05.1_before_3" in say("reset()")
    assert [(work_folder(f"05.1_before_{n}") / "mine.txt").read_text() for n in (1, 2, 3)] == ["1", "2", "3"]
    for number in (1, 2):
        Path(work_folder("05"), "mine.txt").write_text(str(number))
        assert f"05_before_{number}" in say('start("05")')
    assert [(work_folder(f"05_before_{n}") / "mine.txt").read_text() for n in (1, 2)] == ["1", "2"]


# Checking


def test_the_outcome_comes_first(say, language):
    right, not_yet, not_begun, broken = OUTCOMES[language]
    say('exercise("03.1")')
    assert say("check()").startswith(not_begun)
    say("%alembic upgrade nowhere")
    assert say("check()").startswith(not_yet)
    say('%alembic revision -m "x" --rev-id 0002')
    Path("migrations/versions/0002_x.py").write_text("1 +")
    assert say("check()").startswith(broken)
    say('exercise("06.1")')
    assert say("check()").startswith(not_begun) and say("check(...)").startswith(not_begun)
    assert say("check(3)").startswith(not_yet)
    said = say("check(4)")
    assert said.startswith(right) and re.search(r": 1 (?:из|із) 4", said)


def test_dots_in_place_of_an_answer_that_was_given_already(say, language):
    say('exercise("06.1")')
    assert say("check(...)").startswith(OUTCOMES[language][2])
    say("check(4)")
    restart_kernel()
    say('exercise("06.1")')
    assert {"ru": "уже решили", "uk": "вже виконали"}[language] in say("check(...)")
    assert say("check(3)").startswith(OUTCOMES[language][1])


def test_the_step_that_fails_is_told_with_its_cause(say, language):
    """The line that says it stands above the SQL and a link."""
    say('exercise("03.1")')
    say('%alembic revision -m "x" --rev-id 0002')
    say("rewrite('migrations/versions/0002_x.py', upgrade='op.execute(\"SELECT 1 FROM nowhere\")')")
    say("%alembic stamp 0002")
    say("%sql CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL)")
    said = say("check()")
    first, shown = said.split("\n", 1)
    assert (
        first.startswith(OUTCOMES[language][3])
        and "no such table: nowhere" in first
        and "SELECT 1 FROM nowhere" in shown
    )
    assert word("rows_of_check").strip() in first


def test_check_names_the_database_that_database_url_leads_to(say, monkeypatch):
    say('exercise("03.1")')
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://blog:secret@localhost/blog")
    said = say("check()")
    assert said.count("DATABASE_URL") == 1 and "blog:***@" in said
    for address in ("sqlite:///data.db", "no address", ""):
        monkeypatch.setenv("DATABASE_URL", address)
        assert "DATABASE_URL" not in say("check()")


@pytest.mark.parametrize(
    "call", ["check(4)", 'check("4")', "check(4.0)", "check([4])", 'check("06.1", 4)', "check(1, 4)", 'check("1", 4)']
)
def test_an_answer_with_or_without_the_number(say, call, language):
    say('exercise("06.1")')
    assert say(call).startswith(OUTCOMES[language][0])


@pytest.mark.parametrize(
    "call",
    [
        "check(0, 3, 4, 0)",
        "check((0, 3, 4, 0))",
        "check([0, 3, 4, 0])",
        'check("05.3", 0, 3, 4, 0)',
        "check(3, 0, 3, 4, 0)",
        "check(3, (0, 3, 4, 0))",
        'check("0, 3, 4, 0")',
        "check(0.0, 3.0, 4.0, 0.0)",
    ],
)
def test_an_answer_of_several_values(say, call, language):
    say('exercise("05.3")')
    assert say(call).startswith(OUTCOMES[language][0])


def test_another_exercise_is_checked_where_it_is_and_that_is_said(say):
    say('exercise("05.1")')
    say('exercise("05.4")')
    here = Path.cwd()
    assert "work/05.1" in say('check("05.1")') and "work/05.1" in say("check(1)")
    assert Path.cwd() == here


def test_an_exercise_that_was_never_opened(say):
    assert 'exercise("05.1")' in say('check("05.1")')
    assert not work_folder("05.1").exists()


def test_no_exercise_is_open(say):
    restart_kernel()
    for verb in ("check", "hint", "solution", "reset"):
        assert "exercise(…)" in say(f"{verb}()")


def test_solved_is_remembered_and_counted(say):
    say('exercise("06.1")')
    say("check(4)")
    restart_kernel()
    assert "1/4" in say("progress()")
    assert json.loads(work_folder("progress.json").read_text()) == {"solved": ["06.1"]}


def test_hints_differ_and_the_second_stays(say):
    say('exercise("05.1")')
    first, second, third = (say("hint()") for _ in range(3))
    assert first != second == third


def test_the_solution_can_be_run(say, language):
    say('exercise("05.1")')
    code = say("solution()").split("\n", 1)[1]
    say(code)
    assert say("check()").startswith(OUTCOMES[language][0])
    assert say('solution("06.1")').endswith("check(4)")


# What goes wrong


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "{", '{"solved": 5}', '{"solved": [1]}', "\0", '"' + "[" * 5000]
)
def test_a_spoilt_progress_file_is_put_aside_with_a_sentence(say, text):
    work_folder("progress.json").write_text(text)
    assert "progress_spoilt_1.json" in say("progress()")
    assert work_folder("progress_spoilt_1.json").read_text() == text
    say('exercise("06.1")')
    say("check(4)")
    assert "1/4" in say("progress()")


def test_a_deleted_progress_file_harms_no_work(say):
    say('exercise("05.1")')
    Path("mine.txt").write_text("mine")
    say("%alembic downgrade 0003")
    shutil.rmtree(work_folder(".opened"))
    work_folder("progress.json").unlink(missing_ok=True)
    restart_kernel()
    say('exercise("05.1")')
    assert Path("mine.txt").exists()
    assert "backup.db" in say("check()")  # what is there is judged


@pytest.mark.parametrize(
    "verb", ['exercise("05.1")', 'start("05")', 'start("05", afresh=False)', 'reset("05.1")', "reset()"]
)
def test_a_deleted_current_folder_is_made_anew(say, verb):
    say('exercise("05.1")')
    shutil.rmtree(Path.cwd())
    assert "work/05" in say(verb)
    assert Path.cwd().is_relative_to(work_folder()) and Path("data.db").exists()


@pytest.mark.parametrize(
    "verb",
    [
        "check()",
        "tree()",
        "progress()",
        "hint()",
        'show("models.py")',
        "draw_history()",
        "draw_schema()",
        "%alembic current",
        "%sql SELECT 1",
        'replace("models.py", "a", "b")',
        'rewrite("models.py", "a")',
    ],
)
def test_any_verb_in_a_deleted_folder_says_one_sentence(say, verb):
    say('exercise("05.1")')
    shutil.rmtree(Path.cwd())
    assert len(say(verb).splitlines()) >= 1


@pytest.mark.parametrize(
    "cell",
    [
        "hint(1, 2, 3)",
        "start()",
        "exercise()",
        "reset(reset)",
        "check(check)",
        "solution({})",
        "show()",
        "replace(1)",
        "rewrite(1)",
        "rewrite('migrations/env.py', 1)",
        "draw_schema(5)",
        "tree(5)",
        "recipe()",
    ],
)
def test_words_of_the_wrong_kind_get_a_sentence(say, cell):
    say('exercise("05.1")')
    assert say(cell)


def test_reset_never_falls_through_to_ipython(say):
    """IPython's own %reset asks whether to delete all variables."""
    say('exercise("05.1")')
    for name in ("reset", "exercise", "check"):
        del shell.user_ns[name]
    assert "05.1" in say("reset()") and "05.1" in say("reset(1)")


def test_ipythons_own_reset_still_works(say):
    say('exercise("05.1")')
    shell.user_ns["mine"] = 1
    say("%reset -f")
    assert "mine" not in shell.user_ns


def test_a_work_folder_that_cannot_be_written(say, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "file"))
    assert say('exercise("05.1")')


def test_the_last_exercise_of_a_lesson_is_praised(say, language):
    from course.exercises import all_exercises
    from course.progress import remember

    last = {"ru": "решены все упражнения", "uk": "виконано всі вправи"}[language]
    say('exercise("06.1")')
    assert last not in say("check(4)")
    for key in all_exercises():
        remember(key)
    assert last in say("check(4)")


def test_an_exercise_that_the_cheat_sheet_lacks_is_answered_with_those_of_the_course(say):
    say('start("cheatsheet")')
    assert "00.1" in say("exercise(1)")


def test_two_kernels_lose_no_solved_exercise(say):
    from course.progress import remember

    say('exercise("06.1")')
    remember("00.1")
    say("check(4)")
    assert json.loads(work_folder("progress.json").read_text()) == {"solved": ["00.1", "06.1"]}


def test_a_forgotten_database_url_is_unset_by_opening(say, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/real.db")
    say('exercise("05.1")')
    assert "DATABASE_URL" not in os.environ


def test_learner_goes_on_with_a_fresh_helper(say, language):
    """The exercise's own cells are enough after a restart: %alembic and %sql are there without start()."""
    restart_kernel()
    for name in ("alembic", "sql"):
        shell.magics_manager.magics["line"].pop(name, None)
    say('exercise("05.1")')
    assert "0006" in say("%alembic current")
    assert Learner

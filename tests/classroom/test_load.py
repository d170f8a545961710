"""`load`: made-up learners meet the real class, and what fails is counted and said."""

import re
import subprocess

from classroom.load.figures import Figures, row
from conftest import COMMAND

QUICK = ["--learners", "2", "--arrive", "0", "--cells", "2", "--pauses", "0", "0", "--language", "uk"]


def load(python, *words):
    """The teacher's command with a Python of choice; returns the finished process."""
    return subprocess.run(
        [*map(str, (python, COMMAND[1], "load", *QUICK, *words))], capture_output=True, text=True, timeout=120
    )


def test_learners_come_in_run_a_lesson_and_solve_an_exercise(class_server):
    server = class_server.settings
    done = load(server.hub_python, "--url", class_server.url, "--code", server.code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Дійшли до кінця: 2 з 2. Не змогли: 0." in done.stdout
    times = {name: int(count) for name, count in re.findall(r"^  (\S.*?)\s+\d.* (\d+)$", done.stdout, re.M)}
    assert times["клітинка уроку"] == 6  # the start page's first and two of the lesson, twice
    assert times["розв’язок вправи"] == times["check()"] == 2


def test_a_failure_is_said_in_the_words_of_the_page_and_ends_with_1(class_server):
    done = load(class_server.settings.hub_python, "--url", class_server.url, "--code", "wrong99", "--learners", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Дійшли до кінця: 0 з 1. Не змогли: 1." in done.stdout
    assert "вхід до сторінки JupyterLab" in done.stdout.splitlines()[1] and not done.stderr


def test_places_of_real_people_are_not_taken(class_server):
    from visitor import Visitor

    assert Visitor(class_server.url).come("Мар’яна", code=class_server.settings.code) is None
    refused = load(COMMAND[0], "--folder", class_server.folder)
    assert refused.returncode == 1 and "У класі вже є люди: " in refused.stderr


def test_numbers_that_make_no_sense_are_refused():
    for words in (["--learners", "0"], ["--cells", "-1"], ["--pauses", "8", "2"]):
        refused = load(COMMAND[0], "--url", "http://127.0.0.1:1", *words)
        assert refused.returncode == 1 and words[0] in refused.stderr and "Traceback" not in refused.stderr


def test_the_table_tells_median_95_percent_and_longest():
    assert row("x", [1.0] * 90 + [5.0] * 9 + [9.0]).split() == ["x", "1.00", "5.00", "9.00", "100"]
    assert row("x", [2.0]).split() == ["x", "2.00", "2.00", "2.00", "1"]


def test_a_learner_that_failed_is_counted(capsys):
    figures = Figures(1)
    figures.arrived(1.0)
    figures.fail("Load 01", "check", "not yet")
    figures.tell()
    said = capsys.readouterr().out
    assert "Load 01" in said and "not yet" in said and figures.failures

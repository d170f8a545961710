"""What an author begins is valid but for its words, and a new language is taken up by every check: both in a copy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from author import new

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", "work", "__pycache__")
CHECKS = [f"tests/test_{name}.py" for name in ("pages", "parity", "readme")]


@pytest.fixture
def copy(tmp_path):
    """A copy of the whole course."""
    return Path(shutil.copytree(ROOT, tmp_path / "course", ignore=LEFT_OUT))


def run(folder, *command):
    """Run Python in a folder; return its exit code and what it wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COURSE_"))}
    environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    return done.returncode, done.stdout + done.stderr


def faults(folder):
    """The sentences with which the checks of pages, twins and words fail."""
    _, output = run(folder, "-m", "pytest", "-p", "no:xdist", "-o", "addopts=", "-q", "--tb=short", *CHECKS)
    assert "= FAILURES =" in output, output
    failed = output.partition("= FAILURES =")[2].partition("= short test summary")[0]
    return [line for line in failed.splitlines()[1:] if not line.startswith(("___", "==="))]


def test_a_new_lesson_and_a_new_exercise_lack_only_words(copy):
    for begin in (("lesson", "09", "squash"), ("exercise", "09", "squash_two")):
        code, said = run(copy, "notebooks/author", "new", *begin)
        assert code == 0, said
    found = faults(copy)
    assert [line for line in found if not line.endswith("write the words in place of «…»")] == []
    for place in (
        "uk/09_squash.ipynb, cell ex1:",
        "exercises/09_1_squash_two/words.toml",
        "README.md, part По-русски:",
    ):
        assert any(place in line for line in found), place


@pytest.mark.parametrize(
    "words, said",
    [
        (("lesson", "05", "again"), "has two digits and is none of 00, 01"),
        (("lesson", "9", "one"), "has two digits"),
        (("exercise", "55", "one"), "no lesson 55 in course.toml"),
        (("exercise", "05", "Один"), "small Latin letters"),
        (("exercise", "05"), "python notebooks/author new exercise 05 name"),
    ],
)
def test_what_cannot_be_begun_gets_one_sentence(words, said):
    assert said in new.main(*words)


@pytest.fixture
def third_language(copy):
    """A course with the beginning of a third language: two pages, one of them out of step."""
    notebooks = copy / "notebooks"
    table = notebooks / "course" / "course.toml"
    table.write_text(table.read_text(encoding="utf-8").replace('"uk"]', '"uk", "en"]'), encoding="utf-8")
    words = (notebooks / "author" / "languages" / "uk.toml").read_text(encoding="utf-8")
    words = words.replace("[twin_links]", '[twin_links]\nuk = "This page in Ukrainian"').replace(
        "Українською", "English"
    )
    (notebooks / "author" / "languages" / "en.toml").write_text(words, encoding="utf-8")
    (notebooks / "en").mkdir()
    shutil.copy(notebooks / "uk" / "00_start.ipynb", notebooks / "en")
    page = (notebooks / "uk" / "01_init.ipynb").read_text(encoding="utf-8")
    page = page.replace("%alembic init migrations", "%alembic init --package migrations")
    (notebooks / "en" / "01_init.ipynb").write_text(page, encoding="utf-8")
    return copy


def test_a_third_language_is_asked_for_what_it_lacks(third_language):
    found = faults(third_language)
    for sentence in (
        "notebooks/en/02_env.ipynb is missing: refresh 02 from ru",
        "notebooks/en/lesson.py is missing",
        "01_init in ru and en, cell init: code differ",
        "notebooks/en/00_start.ipynb, cell title: write at its end the links to the other languages",
        "languages/uk.toml: write in [twin_links] en",
        "words.json, exit_code: write it in en",
        "README.md, part English: write it",
    ):
        assert any(sentence in line for line in found), sentence
    assert not any("00_start in ru and en" in line for line in found)

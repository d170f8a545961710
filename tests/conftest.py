"""Fixtures: the helper in a lesson's folder, in both languages."""

import os
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))


@pytest.fixture(params=["ru", "uk"])
def language(request):
    return request.param


@pytest.fixture
def lesson(language, tmp_path, monkeypatch):
    """Starts a lesson in a folder with a space and Cyrillic; returns its folder."""
    import course
    from course import lesson_folder

    InteractiveShell.instance()
    course.words.use(language)
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "мої роботи"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # a kernel finds modules in its current folder
    before = os.getcwd()

    def begin(number):
        lesson_folder.start(number)
        return Path.cwd()

    yield begin
    os.chdir(before)
    os.environ.pop("DATABASE_URL", None)  # a cell of the lesson may have set it

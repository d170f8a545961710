"""Fixtures: the helper in a lesson's folder, in both languages."""

import os
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from IPython.core.interactiveshell import InteractiveShell

from author import AuthorError
from course.contents import LANGUAGES
from fork_server import warm_alembic
from in_memory import keep_temporary_files_in_memory
from real_process import environment

keep_temporary_files_in_memory()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker more than processors: for a third of its time a worker waits for a kernel or a server."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else processors + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What an author has to mend is one sentence, without the code that found it."""
    try:
        return (yield)
    except AuthorError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def lesson(language, tmp_path, monkeypatch):
    """Starts a lesson in a folder with a space and Cyrillic; returns its folder."""
    import course
    from course import lessons

    InteractiveShell.instance()
    course.words.use(language)
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "мої роботи"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # a kernel finds modules in its current folder
    before = os.getcwd()

    def begin(number):
        lessons.start(number)
        return Path.cwd()

    yield begin
    os.chdir(before)
    os.environ.pop("DATABASE_URL", None)  # a cell of the lesson may have set it


@pytest.fixture(scope="module")
def warm():
    """The folder of the warm alembic; empty text where the system cannot fork and each process is a new one."""
    if not hasattr(os, "fork"):
        yield ""
        return
    with TemporaryDirectory() as folder, closing(warm_alembic(Path(folder), environment())) as server:
        yield str(next(server))

"""What the helper does in a browser's kernel, tried in an ordinary one with a storage that notes what it was asked."""

import asyncio
import builtins
import functools
import getpass
import os
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from course import browser, lessons, postgres
from course.words import CourseError


class Disk:
    """What disk.mjs gives the kernel."""

    def __init__(self):
        self.asked = []

    async def ready(self):
        self.asked.append("ready")

    async def save(self):
        self.asked.append("save")


@pytest.fixture
def disk(monkeypatch):
    module = ModuleType("js")
    module.courseDisk = Disk()
    monkeypatch.setitem(sys.modules, "js", module)
    return module.courseDisk


class Shell:
    """As much of the browser's shell as equip() touches."""

    def __init__(self, disk):
        self.magics, self.shown, self.disk = {}, [], disk
        self.kernel = SimpleNamespace(run=self.run)

    async def run(self, code):
        self.disk.asked.append(code)
        if code == "broken":
            raise RuntimeError
        return {"status": "ok"}

    def _showtraceback(self, etype, evalue, stb):
        self.shown.append(etype)

    def register_magic_function(self, function, kind, name):
        self.magics[kind, name] = function

    def var_expand(self, words, depth):
        return words


@pytest.fixture
def shell(monkeypatch, disk):
    shell = Shell(disk)
    monkeypatch.setattr(browser, "get_ipython", lambda: shell)
    monkeypatch.setattr(os, "system", os.system)
    browser.equip()
    return shell


def test_a_cell_begins_with_what_others_wrote_and_its_reply_waits_until_its_work_is_kept(shell, disk):
    assert asyncio.run(shell.kernel.run("a cell")) == {"status": "ok"}
    assert disk.asked == ["ready", "a cell", "save"]


def test_work_is_kept_also_when_the_kernel_stumbles(shell, disk):
    with pytest.raises(RuntimeError):
        asyncio.run(shell.kernel.run("broken"))
    assert disk.asked[-1] == "save"


def test_a_kernel_is_equipped_once(shell, disk):
    browser.equip()
    asyncio.run(shell.kernel.run("a cell"))
    assert disk.asked == ["ready", "a cell", "save"]


def test_an_error_is_named_as_the_local_kernel_names_it(shell):
    shell._showtraceback(ZeroDivisionError, None, [])
    assert shell.shown == ["ZeroDivisionError"]


@pytest.mark.parametrize("command", ["ls", "python -m alembic current", "alembics"])
def test_another_program_gets_one_sentence(shell, command):
    for run in (shell.system, shell.getoutput, os.system):
        with pytest.raises(CourseError):
            run(command)


@pytest.mark.parametrize("magic", [("line", "pip"), ("line", "system"), ("cell", "bash"), ("cell", "!")])
def test_a_magic_that_starts_a_program_gets_it_too(shell, magic):
    with pytest.raises(CourseError):
        shell.magics[magic]("ls")


def test_ending_the_kernel_is_refused(shell):
    with pytest.raises(CourseError):
        shell.ask_exit()


def test_a_pause_is_pythons_own(monkeypatch, disk):
    @functools.wraps(time.sleep)
    def as_pyodide_makes_it(seconds):
        raise RuntimeError("WebAssembly stack switching not supported in this JavaScript runtime")

    own = time.sleep
    monkeypatch.setattr(time, "sleep", as_pyodide_makes_it)
    monkeypatch.setattr(os, "system", os.system)
    monkeypatch.setattr(browser, "get_ipython", lambda: Shell(disk))
    browser.equip()
    assert time.sleep is own


@pytest.mark.parametrize("ask", ["input('? ')", "getpass.getpass()"])
def test_a_question_that_cannot_be_answered_says_so(monkeypatch, shell, ask):
    monkeypatch.setattr(builtins, "input", input)
    monkeypatch.setattr(getpass, "getpass", getpass.getpass)
    asyncio.run(shell.kernel.run("a cell"))
    with pytest.raises(CourseError, match="name = "):
        eval(ask)


def test_alembic_behind_an_exclamation_mark_is_the_magic(shell, capsys):
    shell.system("alembic --version")
    assert capsys.readouterr().out.startswith("alembic 1.")
    assert shell.getoutput("alembic --version")[0].startswith("alembic 1.")


@pytest.mark.parametrize("name", ["21", 25, "cheatsheet_postgresql"])
def test_what_needs_a_server_says_so_before_it_makes_a_folder(monkeypatch, tmp_path, name):
    monkeypatch.setattr(browser, "HERE", True)
    monkeypatch.setenv("COURSE_WORK", str(tmp_path))
    with pytest.raises(CourseError, match="PostgreSQL"):
        lessons.start(name)
    with pytest.raises(CourseError, match="PostgreSQL"):
        postgres.postgres()
    assert not list(tmp_path.iterdir())

"""In a browser's kernel (Pyodide): keeps the reader's work in the browser's storage and says what cannot be had here.

Nothing of this happens elsewhere: HERE is False there.
"""

import builtins
import getpass
import io
import os
import sys
import time
from contextlib import redirect_stdout

from IPython import get_ipython
from IPython.utils.text import SList

from . import contents
from .words import problem

HERE = sys.platform == "emscripten"
PROGRAMS = ("pip", "conda", "mamba", "micromamba", "uv", "sx", "system")  # IPython's magics that start one
SCRIPTS = ("script", "bash", "sh", "perl", "ruby", "python", "python2", "python3", "pypy", "sx", "system", "!")


def equip():
    """Let this kernel keep the work after each cell, and say in one sentence that there is no terminal."""
    shell = get_ipython()
    if not shell or getattr(shell, "of_the_course", False):
        return
    shell.of_the_course = True
    shell.kernel.run = keeping(shell.kernel.run)
    shell._showtraceback = naming(shell._showtraceback)
    shell.system, shell.getoutput, os.system = program, output_of_program, program
    shell.ask_exit = no_exit
    time.sleep = getattr(time.sleep, "__wrapped__", time.sleep)  # Pyodide's needs what its snapshot does not have
    for name in PROGRAMS:
        shell.register_magic_function(no_terminal, "line", name)
    for name in SCRIPTS:
        shell.register_magic_function(no_terminal, "cell", name)


def keeping(run):
    """The kernel's `run`: before a cell it waits for what other windows wrote, after it until the work is kept."""
    from js import courseDisk

    async def run_and_keep(code):
        await courseDisk.ready()
        builtins.input = getpass.getpass = no_input  # the kernel puts its own there before each cell
        try:
            return await run(code)
        finally:
            await courseDisk.save()

    return run_and_keep


def naming(show):
    """The shell's `_showtraceback`, which gives an error the name that the local kernel gives it."""

    def show_named(etype, evalue, stb):
        show(etype.__name__, evalue, stb)

    return show_named


def program(command, depth=1):
    """What `!command` does: `!alembic` works as %alembic, another program there is not.

    Args:
        depth: how many calls up the learner's variables are, for `$name` in the command.
    Raises:
        CourseError: it is another program.
    """
    from .terminal import alembic_magic

    name, _, words = command.strip().partition(" ")
    if name != "alembic":
        raise problem("browser_no_terminal")
    alembic_magic(get_ipython().var_expand(words, depth=depth))


def output_of_program(command, **options):
    """What `lines = !command` does."""
    with redirect_stdout(io.StringIO()) as text:
        program(command, depth=2)
    return SList(text.getvalue().splitlines())


def no_terminal(line, cell=None):
    """What the magics do that start a program.

    Raises:
        CourseError: always.
    """
    raise problem("browser_no_terminal")


def no_input(*prompt, **options):
    """What `input()` does: while Python waits here, no answer can reach it.

    Raises:
        CourseError: always.
    """
    raise problem("browser_no_input")


def no_exit():
    """What `exit()` and `quit()` do: JupyterLab would wait for ever for a kernel that has ended here.

    Raises:
        CourseError: always.
    """
    raise problem("browser_no_exit")


def refuse_server(name):
    """Refuse what needs PostgreSQL: no server runs in a browser.

    Args:
        name: a lesson ("21") or a cheat sheet.
    Raises:
        CourseError: it works with PostgreSQL, and this is a browser.
    """
    if not (HERE and contents.on_postgresql(name)):
        return
    shell = get_ipython()
    for magic in ("alembic", "sql"):  # so that the cells of such a page say the same, until another lesson begins
        if shell and magic not in shell.magics_manager.magics["line"]:
            shell.register_magic_function(no_server, "line_cell", magic)
    no_server()


def no_server(line="", cell=None):
    """What a cell does that needs PostgreSQL.

    Raises:
        CourseError: always.
    """
    raise problem("browser_no_server")

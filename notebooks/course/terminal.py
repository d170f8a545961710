"""%alembic: the terminal's `alembic`, run inside the kernel.

No process is started, so it is fast and works in a browser kernel. What a new process would have of its own (modules,
logging, sys.path, environment, warnings) is set up before the command and put back after it.
"""

import gc
import importlib
import io
import logging
import os
import re
import shlex
import sys
import traceback
import warnings
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path

import alembic
from alembic.config import CommandLine, Config
from alembic.script import ScriptDirectory
from alembic.util import messaging

from .words import problem, say, word

LIBRARIES = str(Path(alembic.__file__).parents[1])
NOTEBOOKS = Path(__file__).resolve().parents[1]


def alembic_magic(line):
    """Run `alembic` with the words of `line`; the result is shown, not returned.

    A failing command shows its exit code and raises nothing, as in a terminal.

    Raises:
        CourseError: a quote is not closed, or the file after > cannot be written.
    """
    words, target, mode = split_line(line)
    screen = Screen()
    try:
        with open(target, mode, encoding="utf-8") if target else nullcontext() as file:
            code = run(words, file if target else screen, screen)
    except OSError as error:
        raise problem("no_redirect", path=target, reason=error.strerror) from None
    text = readable_paths(screen.getvalue())
    if text:
        print(text, end="" if text.endswith("\n") else "\n")
    if code:
        say(word("exit_code", code=code))


def split_line(line):
    """The command's words, and the file and mode that > or >> ask for (None where there is no redirect).

    The backslash is an ordinary character here, so that Windows paths survive; quotes work as in every shell.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=">")
    lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
    try:
        words = list(lexer)
    except ValueError:
        raise problem("no_quote") from None
    at = next((i for i, word in enumerate(words) if word in (">", ">>")), None)
    if at is None:
        return words, None, None
    if len(words) != at + 2:
        raise problem("no_redirect_name")
    return words[:at], words[at + 1], "w" if words[at] == ">" else "a"


class Screen(io.StringIO):
    """What a terminal shows: standard output and the log, in the order they were written."""

    encoding = "utf-8"  # Alembic asks a stream for it before it writes


class NotebookCommandLine(CommandLine):
    """Alembic's command line, writing to today's sys.stdout (Config keeps the one of its import)."""

    def run_cmd(self, config, options):
        config.stdout = sys.stdout
        super().run_cmd(config, options)


def run(words, stdout, stderr):
    """Run one command as a new process would and return its exit code (0 to 255)."""
    with like_a_new_process(words), redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            NotebookCommandLine(prog="alembic").main(words)
        except SystemExit as end:
            if isinstance(end.code, str):
                stderr.write(end.code + "\n")
                return 1
            return (end.code or 0) & 0xFF
        except Exception as error:
            stderr.write(short_traceback(error))
            code = 1
        else:
            return 0
    if os.name == "nt":
        gc.collect()  # the failure's frames hold the connection, and Windows deletes no file that is open
    return code


def read_history():
    """The project's history as Alembic reads it: a ScriptDirectory, and its revisions with the newest first."""
    with like_a_new_process(["history"]):
        warnings.simplefilter("ignore")  # they are for the reader of a command's text
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        return script, list(script.walk_revisions())


@contextmanager
def like_a_new_process(words):
    """Give the command what a process of its own would start with, and take back what it changed."""
    path, argv, environment, folder = sys.path[:], sys.argv, dict(os.environ), os.getcwd()
    own = {"", folder, str(NOTEBOOKS), *(str(d) for d in NOTEBOOKS.iterdir() if d.is_dir())}
    sys.path[:] = [entry for entry in path if entry not in own]
    sys.argv = ["alembic", *words]
    os.environ["COLUMNS"] = "80"  # argparse's width where there is no terminal
    messaging.TERMWIDTH = None  # or a long path would be wrapped where the kernel has a terminal
    forget_project_modules()
    try:
        with kept_logging(), warnings.catch_warnings():
            for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", category)
            warnings.simplefilter("default", UserWarning)
            yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:], sys.argv = path, argv
        forget_project_modules()


def forget_project_modules():
    """Drop the modules that lie in the current folder, so that the next import reads their files again."""
    here, not_the_projects = os.getcwd() + os.sep, (LIBRARIES, os.path.dirname(__file__))
    for name, module in list(sys.modules.items()):
        file = str(getattr(module, "__file__", None) or "")
        if file.startswith(here) and not file.startswith(not_the_projects):
            del sys.modules[name]
    importlib.invalidate_caches()


@contextmanager
def kept_logging():
    """Put every logger back as it was: alembic.ini's logging section would else rule the kernel's own log."""
    loggers = [logging.root, *(x for x in logging.root.manager.loggerDict.values() if isinstance(x, logging.Logger))]
    before = {x: (x.level, x.handlers[:], x.propagate, x.disabled) for x in loggers}
    handlers, order = dict(logging._handlers), logging._handlerList[:]
    try:
        yield
    finally:
        for x in [logging.root, *logging.root.manager.loggerDict.values()]:
            if isinstance(x, logging.Logger):
                level, x.handlers[:], x.propagate, x.disabled = before.get(x, (logging.NOTSET, [], True, False))
                x.setLevel(level)
        logging._handlers.clear()
        logging._handlers.update(handlers)
        logging._handlerList[:] = order


def short_traceback(error):
    """Python's traceback of `error` with the frames of the lesson's own files; other frames become one line `…`."""
    here = os.getcwd() + os.sep
    lines = ["Traceback (most recent call last):\n"]
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(here):
            lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n')
        elif lines[-1] != "  …\n":
            lines.append("  …\n")
    return "".join(lines + traceback.format_exception_only(error))


def readable_paths(text):
    """`text` with paths relative to the lesson's folder, or to the installed libraries, and / between their parts."""
    roots = "|".join(re.escape(root + os.sep) for root in (os.getcwd(), LIBRARIES))
    return re.sub(rf"(?:{roots})([^\s:'\"]*)", lambda match: match[1].replace(os.sep, "/"), text)

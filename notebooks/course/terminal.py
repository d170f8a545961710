"""%alembic: the terminal's `alembic`, run inside the kernel.

No process is started, so that a command is fast and also works in a browser kernel. Before the command this module
sets up what a new process would have of its own (modules, logging, sys.path, environment, warnings); afterwards it puts
all of that back.
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
from functools import cache
from pathlib import Path
from unittest import mock

import alembic
from alembic.config import CommandLine, Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import messaging

from .words import CourseError, problem, say, word

LIBRARIES = str(Path(alembic.__file__).parents[1])
NEVER_THE_PROJECTS = (LIBRARIES, os.path.dirname(os.__file__), os.path.dirname(__file__))
CURLY_QUOTES = set("“”„«»‘’")
NEW_LOGGERS = {  # {name: its level and handlers in a new process}, where a learner may have set them
    "root": (logging.WARNING, []),
    "sqlalchemy": (logging.WARNING, []),
    "alembic": (logging.NOTSET, [logging.NullHandler()]),
}
libraries = {}  # {name: module}: looked at once, since there are thousands and each command asks
NOTEBOOKS = Path(__file__).resolve().parents[1]


def alembic_magic(line):
    """Run `alembic` with the words of `line`; the result is shown, not returned.

    A failing command shows its exit code and raises nothing, as in a terminal. One command works otherwise than in a
    terminal: a revision that exists already is not created again.

    Raises:
        CourseError: a quote is not closed, the file after > cannot be written, or the current folder has been deleted.
    """
    words, target, mode = split_line(line)
    screen = Screen()
    try:
        with open(target, mode, encoding="utf-8") if target else nullcontext() as file:
            code = run(words, file if target else screen, screen)
    except OSError as error:
        raise problem("no_redirect", path=target, reason=error.strerror or error) from None
    except RevisionExists as refusal:
        return say(str(refusal))
    text = readable_paths(screen.getvalue())
    if text:
        print(text, end="" if text.endswith("\n") else "\n")
    if code:
        say(word("exit_code", code=code))
        if key := what_failed(words, target, text):
            say(word(key, path=target))


def what_failed(words, target, text):
    """The key of a sentence about a failure that Alembic's own text hides, None if it says enough.

    Args:
        words, target: see split_line().
        text: what the command has shown.
    """
    if text.startswith("usage:"):  # the command line is not understood
        if any({word[:1], word[-1:]} & CURLY_QUOTES for word in words):
            return "usage_quotes"
        return "usage_comment" if any(word.startswith("#") for word in words) else "usage"
    if target:
        _, failed, reason = Path(target).read_text(encoding="utf-8", errors="replace").rpartition("FAILED: ")
        return "reason_in_file" if failed and reason.strip() not in text else None
    return None


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


class RevisionExists(CourseError):
    """`revision --rev-id X` or `merge --rev-id X` where the project has a revision X."""


class NotebookCommandLine(CommandLine):
    """Alembic's command line, with two changes for a notebook.

    It writes to the current sys.stdout, because Config keeps the one from import time. It does not create a revision
    that exists: Alembic would overwrite the file and make the revision its own parent.
    """

    def run_cmd(self, config, options):
        config.stdout = sys.stdout
        new = getattr(options, "rev_id", None)
        if new and (path := revision_paths(config).get(new)):
            raise RevisionExists(word("revision_exists", revision=new, path=readable_paths(path)))
        super().run_cmd(config, options)


@cache
def command_line():
    """The command line, made once: to describe all options of all commands takes a seventh of a command's time."""
    return NotebookCommandLine(prog="alembic")


def revision_paths(config):
    """{revision: path of its file}, or {} if Alembic cannot read the history: its own command will say why."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the command itself will read the files again and show what they write
        try:
            script = ScriptDirectory.from_config(config)
            return {revision.revision: revision.path for revision in script.walk_revisions()}
        except (Exception, SystemExit):  # a learner's revision file may fail in any way
            return {}


def run(words, stdout, stderr):
    """Run one command as a new process would and return its exit code (0 to 255).

    Raises:
        RevisionExists: the command would overwrite a revision.
        CourseError: the current folder has been deleted.
    """
    with like_a_new_process(words), redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            command_line().main(words)
        except SystemExit as end:
            if isinstance(end.code, str):
                stderr.write(end.code + "\n")
                return 1
            return (end.code or 0) & 0xFF
        except RevisionExists:
            raise
        except Exception as error:
            stderr.write(short_traceback(error))
            code = 1
        else:
            return 0
    if os.name == "nt":
        gc.collect()  # the traceback kept the connection open, and Windows cannot delete an open file
    return code


def read_history():
    """Read the project's history: Alembic's ScriptDirectory, and the list of revisions, the newest first."""
    with like_a_new_process(["history"]):
        warnings.simplefilter("ignore")  # only the output of a command shows warnings
        script = ScriptDirectory.from_config(project_settings())
        return script, list(script.walk_revisions())


def run_env(look):
    """Run env.py as a command would; `look` gets the MigrationContext, and no migration runs. Nothing is printed."""

    def look_only(revision, context):
        look(context)
        return []

    screen = Screen()
    with like_a_new_process(["check"]), redirect_stdout(screen), redirect_stderr(screen):
        config = project_settings()
        script = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, script, fn=look_only, dont_mutate=True):
            script.run_env()


def project_settings():
    """The settings of the project in the current folder, from the two files that a command reads."""
    return Config("alembic.ini", toml_file="pyproject.toml")


@contextmanager
def like_a_new_process(words):
    """Give the command what a new process would start with, and afterwards undo what the command changed.

    Raises:
        CourseError: the current folder has been deleted.
    """
    path, argv, environment, folder = sys.path[:], sys.argv, dict(os.environ), current_folder()
    own = {"", folder, str(NOTEBOOKS.parent), str(NOTEBOOKS), *(str(d) for d in NOTEBOOKS.iterdir() if d.is_dir())}
    sys.path[:] = [entry for entry in path if entry not in own]
    sys.argv = ["alembic", *words]
    os.environ["COLUMNS"] = "80"  # the width that argparse takes where there is no terminal
    os.environ["PYTHON_COLORS"] = "0"  # ipykernel asks for colours, and argparse of Python 3.14 would give them
    messaging.TERMWIDTH = None  # otherwise Alembic wraps long paths where the kernel has a terminal
    forget_project_modules()
    try:
        with kept_logging(), sorted_folders(), warnings.catch_warnings():
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


def current_folder():
    """The path of the current folder.

    Raises:
        CourseError: the folder has been deleted.
    """
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise problem("folder_gone") from None


@contextmanager
def sorted_folders():
    """Let Path.iterdir() give names in order: `alembic init` lists its files in the order in which it finds them."""
    original = Path.iterdir
    with mock.patch.object(Path, "iterdir", lambda folder: iter(sorted(original(folder), key=lambda path: path.name))):
        yield


def forget_project_modules():
    """Drop the modules whose files are in the current folder, so that the next import reads the files again."""
    here = os.getcwd() + os.sep
    for name, module in list(sys.modules.items()):
        if libraries.get(name) is module:
            continue
        file = str(getattr(module, "__file__", None) or "")
        if not file or file.startswith(NEVER_THE_PROJECTS):
            libraries[name] = module
        elif file.startswith(here):
            del sys.modules[name]
    importlib.invalidate_caches()


@contextmanager
def kept_logging():
    """Give the logging of a new process, and put every logger back: env.py's fileConfig() reconfigures them all.

    A learner who runs Alembic from Python leaves handlers in the kernel, which would write into what the course shows.
    """
    loggers = [logging.root, *(x for x in logging.root.manager.loggerDict.values() if isinstance(x, logging.Logger))]
    before = {x: (x.level, x.handlers[:], x.propagate, x.disabled) for x in loggers}
    handlers, order = dict(logging._handlers), logging._handlerList[:]
    for x in loggers:
        if x.name.partition(".")[0] in NEW_LOGGERS:
            set_logger(x, *NEW_LOGGERS.get(x.name, (logging.NOTSET, [])), True, False)
    try:
        yield
    finally:
        for x in [logging.root, *logging.root.manager.loggerDict.values()]:
            if isinstance(x, logging.Logger):
                set_logger(x, *before.get(x, (logging.NOTSET, [], True, False)))
        logging._handlers.clear()
        logging._handlers.update(handlers)
        logging._handlerList[:] = order


def set_logger(logger, level, handlers, propagate, disabled):
    logger.handlers[:], logger.propagate, logger.disabled = handlers, propagate, disabled
    if logger.level != level:  # to set a level clears the cache of every logger
        logger.setLevel(level)


def short_traceback(error):
    """The traceback of `error`: frames of the project's own files as Python shows them, each run of others as `…`."""
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

"""Judging an exercise: in a copy of the learner's folder, so that looking changes nothing."""

import os
import re
import sqlite3
import tempfile
import traceback
import warnings
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util import to_list, to_tuple

from . import browser
from .checked_database import copied_database
from .faults import Broken, NotYet
from .frame import as_it_was
from .guard import Outside, TooLong, nothing_outside
from .places import OTHER_DATABASES, copy_files, current_folder, enter
from .report import ADDRESS
from .sqlite_file import SqliteFile
from .terminal import (
    Screen,
    command_line,
    kept_logging,
    like_a_new_process,
    project_settings,
    readable_paths,
    run_env,
    split_line,
)
from .words import CourseError

# For the whole of a check: the slowest takes under 2 on a laptop; a class server's processors are everybody's at once,
# and a browser's Python is several times slower, most of all at the first check
SECONDS = 40 if browser.HERE or os.environ.get(ADDRESS) else 10


class Work:
    """A copy of the learner's project as the current folder, and how the checks look at it.

    Args:
        opened: the folder as it was when the exercise was opened, or None where that is not known.
        environment: the variables that name another database, with the values that the learner gave them.
        database: the CheckedDatabase of the exercise; where there is none, data.db is the database.
    """

    def __init__(self, opened=None, environment=(), database=None):
        self.opened = opened
        self.database = database or SqliteFile()
        self.before = database.before if database else opened and SqliteFile(opened / "data.db")
        self.environment = dict(environment)
        self.read = None, []  # which files scripts() has read, and what it found

    def alembic(self, line, step=None):
        """What `alembic LINE` writes; raises Broken if it fails.

        Args:
            step: what the learner is told that the check was doing, the line itself by default.
        """
        screen, words = Screen(), split_line(line)[0]
        with like_a_new_process(words), redirect_stdout(screen), redirect_stderr(screen):
            try:
                command_line().main(words)
                return screen.getvalue()
            except SystemExit as end:
                refuse_exit(end)
                if not end.code:
                    return screen.getvalue()
                text = last_lines(readable_paths(screen.getvalue()))
            except Exception as error:
                explain(error, self)
                text = place_of(error)
        raise Broken(text, command=f"alembic {step or line}")

    def history(self):
        """{revision: its parents}, the newest first; raises Broken or NotYet if it cannot be read."""
        return {script.revision: to_tuple(script.down_revision, default=()) for script in self.scripts()}

    def scripts(self):
        """The revisions as Alembic reads them, the newest first; read again only if a file has changed."""
        paths = sorted(
            path for path in Path().rglob("*.*") if path.suffix in (".py", ".ini", ".toml") and path.is_file()
        )
        files = [(os.getcwd(), path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
        if self.read[0] != files:
            self.read = files, self.read_scripts()
        return self.read[1]

    def read_scripts(self):
        screen, warned = Screen(), []
        try:
            with like_a_new_process(["history"]), redirect_stdout(screen), redirect_stderr(screen):
                warnings.showwarning = lambda message, *place: warned.append(str(message))  # put back with the filters
                directory = ScriptDirectory.from_config(project_settings())
                found = list(directory.walk_revisions())
        except SystemExit as end:
            refuse_exit(end)
            raise Broken(f"SystemExit: {end}") from None
        except Exception as error:
            refuse_twice(warned)
            explain(error, self)
            raise Broken(place_of(error)) from None
        refuse_twice(warned)
        return found

    def heads(self):
        parents = self.history()
        return sorted(set(parents) - {parent for ids in parents.values() for parent in ids})

    def at(self, place=None):
        """A database: the exercise's own, the file of that path, or what it is already."""
        if place is None or place == self.database.name:
            return self.database
        return SqliteFile(place) if isinstance(place, (str, Path)) else place

    def position(self, place=None):
        """The revisions that a database is at: [] if there is no database, ["base"] before the first."""
        with reading(self.at(place)) as database:
            return database.position()

    def schema(self, place=None):
        """{table: {part: description}}, see database.describe() and postgres_database.py."""
        with reading(self.at(place)) as database:
            return database.schema()

    def all_rows(self, place=None):
        """{table: [{column: value}]}."""
        with reading(self.at(place)) as database:
            return database.all_rows()

    def rows(self, query, place=None):
        """A query's rows; raises Broken if there is no such table."""
        with reading(self.at(place)) as database:
            return database.rows(query)

    def text(self, path):
        """A file's text, "" if there is no such file."""
        return Path(path).read_text(encoding="utf-8-sig", errors="replace") if Path(path).is_file() else ""

    def models(self):
        """The sqlalchemy.MetaData objects that env.py hands to autogenerate; [] if it hands on none."""
        seen = []
        self.run_env(lambda context: seen.extend(to_list(context.opts["target_metadata"] or [])))
        return seen

    def run_env(self, look):
        """Run env.py as a command would; `look` gets the MigrationContext, and no migration runs."""
        try:
            run_env(look)
        except SystemExit as end:
            refuse_exit(end)
            raise Broken(f"SystemExit: {end}") from None
        except Exception as error:
            explain(error, self)
            raise Broken(place_of(error)) from None


@contextmanager
def reading(database):
    """Turn what the database says against being read into Broken."""
    try:
        yield database
    except (sqlite3.Error, sa.exc.SQLAlchemyError) as error:
        raise Broken(f"{database.name}: {getattr(error, 'orig', None) or error}") from None
    except Exception as error:
        if not type(error).__module__.startswith("psycopg"):
            raise
        raise Broken(f"{database.name}: {error}") from None


def refuse_twice(warned):
    """Raise NotYet if Alembic has written that two files have the same revision."""
    if twice := re.search(r"Revision (\S+) is present more than once", "\n".join(warned)):
        raise NotYet("revision_twice", revision=twice[1]) from None


def refuse_exit(end):
    """Raise NotYet if it was a file of the learner that called sys.exit()."""
    here = os.getcwd() + os.sep
    for frame in reversed(traceback.extract_tb(end.__traceback__)):
        if frame.filename.startswith(here):
            raise NotYet("calls_exit", file=frame.filename[len(here) :].replace(os.sep, "/")) from None


def explain(error, work):
    """Raise NotYet for the faults of a history that Alembic's own words say in a roundabout way."""
    message = str(error)
    if isinstance(error, KeyError) and (file := file_that_names(work, error.args[0])):
        raise NotYet("parent_missing", revision=error.args[0], file=file) from None
    if "Self-loop" in message or "Cycle" in message:
        raise NotYet("history_in_a_circle", revisions=message[message.find("(") + 1 : message.rfind(")")]) from None
    if missing := re.match(r"No such constraint: '(.+)'", message):
        refuse_name(missing[1])


def refuse_name(name):
    """Raise NotYet for a constraint's name that is in no table; a naming convention may have made another of it."""
    with suppress(sqlite3.Error), closing(sqlite3.connect("data.db")) as connection:
        sql = "\n".join(text for (text,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"))
        if longer := re.search(rf"CONSTRAINT\s+\W?(\w+_){re.escape(name)}\b", sql, re.IGNORECASE):
            doubled = name.startswith(longer[1])
            raise NotYet("prefix_twice" if doubled else "prefix_lacking", name=name, found=longer[1] + name) from None
    raise NotYet("constraint_not_found", name=name) from None


def file_that_names(work, revision):
    """The revision file whose down_revision names `revision`."""
    for file in sorted(Path().rglob("*.py")):
        for value in re.findall(r"^down_revision\b[^=\n]*=\s*(\([^)]*\)|\[[^]]*\]|.*)", work.text(file), re.MULTILINE):
            if re.search(rf"['\"]{re.escape(str(revision))}['\"]", value):
                return file.name
    return None


def place_of(error):
    """An error with the learner's file and line where it happened."""
    text = "".join(traceback.format_exception_only(error)).strip()
    here = os.getcwd() + os.sep
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(here)]
    if frames and not isinstance(error, SyntaxError):
        text = f'File "{frames[-1].filename}", line {frames[-1].lineno}\n{text}'
    return readable_paths(text)


def last_lines(text):
    """What a failed command says, without its log and the `FAILED: ` before it."""
    return re.split(r"^(?:Traceback.*\n(?:  .*\n)*|(?:.*\n)?FAILED: )", text, flags=re.MULTILINE)[-1].strip() or text


def judge(exercise, folder, opened, answer=()):
    """What the learner's folder, or an answer, is: ("correct", None), ("not_yet", NotYet), or ("broken", Broken)."""
    try:
        if exercise.ASKS:
            exercise.check(*answer)
        else:
            with (
                kept_logging(),
                copied(folder, opened) as (before, environment),
                copied_database(exercise.database) as database,
                nothing_outside(Path.cwd(), folder, SECONDS),
            ):
                as_it_was(Path(), before, exercise.MAY_CHANGE, database)
                exercise.check(Work(before, environment, database))
    except NotYet as fault:
        return "not_yet", fault
    except Broken as error:
        return "broken", error
    except Outside as error:
        if exercise.database and error.place.startswith("postgresql:"):
            return "not_yet", NotYet("not_this_database", database=exercise.database, found=error.place)
        return "not_yet", NotYet("reaches_outside", place=error.place)
    except TooLong:
        return "not_yet", NotYet("takes_too_long", seconds=SECONDS)
    except CourseError:
        raise
    except (Exception, SystemExit) as error:  # work so odd that the check itself stumbles over it
        return "broken", Broken(f"{type(error).__name__}: {error}")
    return "correct", None


@contextmanager
def copied(folder, opened):
    """A copy of the learner's folder as the current one, in which every path to the folder means the copy.

    Gives the copy of the folder as it was opened, which lies beside (None if there is none), and the variables that
    name another database.

    Raises:
        NotYet: a database is locked, or a file cannot be read.
    """
    before = current_folder() or folder
    refuse_locked(folder)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root:
        copy = Path(root).resolve() / Path(folder).name
        try:
            copy_files(folder, copy)
            beside = copy_files(opened, Path(root).resolve() / "opened") if opened else None
        except OSError as error:
            raise NotYet(
                "file_unreadable", file=os.path.basename(error.filename or ""), reason=error.strerror
            ) from None
        mean_the_copy(Path(folder).resolve(), copy)
        if beside:
            mean_the_copy(Path(folder).resolve(), beside)
        enter(copy)
        environment = {name: os.environ.pop(name) for name in OTHER_DATABASES if name in os.environ}
        try:
            yield beside, environment
        finally:
            os.environ.update(environment)
            enter(before)


def refuse_locked(folder):
    """Raise NotYet if a database of the folder is being written to; looking leaves no file behind."""
    for path in sorted(path for path in Path(folder).glob("*.db") if path.is_file()):
        with open(path, "rb") as file:
            if file.read(20)[18:19] != b"\x01":
                continue  # no rollback journal: empty, no database, or in WAL mode, whose readers never wait
        connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True, timeout=0.2)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise NotYet("database_locked", file=path.name) from None
        finally:
            connection.close()


def mean_the_copy(original, copy):
    """Let every path to the learner's folder, in the settings and the code of the copy, lead to the copy."""
    old, new = str(original), str(copy)
    forms = {spelling(old): spelling(new) for spelling in SPELLINGS}
    for path in copy.rglob("*"):
        if path.suffix in (".ini", ".toml", ".py", ".mako", ".cfg", ".env", ".json") and path.is_file():
            data = path.read_bytes()
            for form in sorted(forms, key=len, reverse=True):
                data = data.replace(form.encode(), forms[form].encode())
            if data != path.read_bytes():
                path.write_bytes(data)


SPELLINGS = (
    str,
    lambda path: path.replace(os.sep, "/"),
    lambda path: path.replace("\\", "\\\\"),
    lambda path: quote(path.replace(os.sep, "/"), safe="/:"),
    lambda path: quote(path.replace(os.sep, "/"), safe="/:").replace("%", "%%"),
    lambda path: path.replace("%", "%%"),
)

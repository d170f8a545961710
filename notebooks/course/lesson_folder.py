"""start(): the folder in which a lesson works, made afresh each time."""

import gc
import os
import shutil
import sys
from pathlib import Path

import alembic
import sqlalchemy
from IPython import get_ipython

from . import words
from .environment import require
from .query import Query
from .terminal import Screen, alembic_magic, forget_project_modules, run
from .words import problem, say, word

NOTEBOOKS = Path(__file__).resolve().parents[1]
PROJECT = NOTEBOOKS.parent
STOCK_ENV = Path(alembic.__file__).parent / "templates" / "generic" / "env.py"
FINAL_PROJECT = "08"
CHEAT_SHEET = "cheatsheet"
OTHER_DATABASES = ("DATABASE_URL", "ALEMBIC_CONFIG")  # variables that would send a lesson's commands to a real project's
current = None  # the lesson that was started in this kernel
OPENING_MODELS = Path(__file__).parent / "opening" / "models.py"


def work_folder(lesson):
    """The folder of one lesson; the environment variable COURSE_WORK moves all of them elsewhere."""
    root = os.environ.get("COURSE_WORK")
    return (Path(root) / words.language if root else NOTEBOOKS / words.language / "work") / lesson


def start(lesson, afresh=None):
    """Make the lesson's folder afresh, change into it and load %alembic and %sql.

    What was in the folder is kept beside it, once, in a folder whose name ends in `_before`. The final project, hours of
    work, is not made afresh but gone on with.

    Args:
        lesson: the lesson's number, "05" or 5, or "cheatsheet".
        afresh: True or False instead of the above.
    Raises:
        CourseError: there is no such lesson, a package is missing, or the folder cannot be written.
    """
    global current
    from . import exercise  # which needs this module

    require()
    lesson = str(lesson).zfill(2)
    lessons = sorted(path.name[:2] for path in (NOTEBOOKS / words.language).glob("[0-9][0-9]_*.ipynb"))
    if lesson not in [*lessons, CHEAT_SHEET]:
        raise problem("no_lesson", lesson=lesson, lessons=", ".join(lessons))
    folder = work_folder(lesson)
    if (lesson != FINAL_PROJECT if afresh is None else afresh) or not folder.exists():
        make_afresh(folder)
        open_lesson(lesson)
        exercise.remember(begun_again=lesson)
    enter(folder)
    equip(get_ipython())
    current = lesson
    values = {"folder": f"work/{lesson}", "alembic": alembic.__version__, "sqlalchemy": sqlalchemy.__version__}
    if lesson == CHEAT_SHEET:
        say(word("cheat_sheet_started", **values))
    else:
        say(word("started", lesson=lesson, solved=exercise.solved_so_far(), **values))


def recipe(name, empty=False):
    """Make a fresh copy of the finished project in a folder of its own inside the cheat sheet's, and change into it.

    What was in the folder is kept beside it, as with start().

    Args:
        name: the folder's name.
        empty: True for a folder with nothing in it.
    Raises:
        CourseError: the cheat sheet is not started, or the folder cannot be written.
    """
    if current != CHEAT_SHEET:
        raise problem("no_cheat_sheet")
    folder = work_folder(CHEAT_SHEET) / name
    make_afresh(folder)
    if not empty:
        copy_project()
    say(word("recipe_empty" if empty else "recipe_ready", folder=f"work/{CHEAT_SHEET}/{name}"))


def make_afresh(folder):
    """Change into a new, empty folder, setting aside what was there.

    Raises:
        CourseError: the folder cannot be written.
    """
    forget_other_databases()
    before = Path.cwd()
    enter(NOTEBOOKS)  # Windows moves no folder that is somebody's current one
    close_databases(get_ipython())
    try:
        set_aside(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        os.chdir(before)
        raise problem("no_write", folder=folder, reason=error.strerror) from None
    os.chdir(folder)


def enter(folder):
    """Change into a folder; modules of the work folder that is left are forgotten: the next may have namesakes of them."""
    if Path.cwd().is_relative_to(work_folder("").resolve()):
        forget_project_modules()
    os.chdir(folder)


def close_databases(shell):
    """Let go of the database files that cells have opened: on Windows an open file cannot be moved."""
    for value in list(shell.user_ns.values()):
        if isinstance(value, sqlalchemy.Engine):
            value.dispose()
    if os.name == "nt":
        gc.collect()  # a connection that nobody holds any more closes when it is collected


def forget_other_databases():
    """Unset the variables that name another database: a real project's is no place for exercises."""
    for name in OTHER_DATABASES:
        os.environ.pop(name, None)


def set_aside(folder):
    """Move a folder to its namesake that ends in `_before`, in place of what was there."""
    if folder.exists():
        kept = folder.with_name(folder.name + "_before")
        shutil.rmtree(kept, ignore_errors=True)
        folder.rename(kept)


def open_lesson(lesson):
    """Fill the current folder with what the lesson starts from: nothing, or the project at a stage of its growth."""
    if lesson < "02" or lesson in (FINAL_PROJECT, CHEAT_SHEET):
        return
    copy_project()
    if lesson < "05":
        take_back(lesson)


def copy_project():
    """Copy the finished project at the root into the current folder."""
    for name in ("alembic.ini", "models.py", "data.db"):
        if not (PROJECT / name).exists():
            raise problem("no_project", path=name)
        shutil.copyfile(PROJECT / name, name)
    shutil.copytree(PROJECT / "migrations", "migrations", ignore=shutil.ignore_patterns("__pycache__"))


def take_back(lesson):
    """Turn the finished project into what lessons 02, 03 and 04 start from, with Alembic's own downgrade."""
    run(["downgrade", "0001"], Screen(), Screen())
    shutil.copyfile(OPENING_MODELS, "models.py")
    for file in Path("migrations", "versions").glob("*.py"):
        if lesson < "04" or not file.name.startswith("0001"):
            file.unlink()
    if lesson < "04":
        os.remove("data.db")
    if lesson < "03":
        os.remove("models.py")
        shutil.copyfile(STOCK_ENV, Path("migrations", "env.py"))


def equip(shell):
    """Give the kernel %alembic and %sql, short error messages and the environment's commands."""
    forget_other_databases()
    commands = str(Path(sys.executable).parent)  # JupyterLab may run with its environment not activated
    if commands not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = commands + os.pathsep + os.environ["PATH"]
    sys.dont_write_bytecode = True  # a file written twice within a second would be read from its stale .pyc
    shell.register_magic_function(alembic_magic, "line", "alembic")
    shell.register_magic_function(Query(shell), "line_cell", "sql")
    shell.InteractiveTB.set_mode("Minimal")

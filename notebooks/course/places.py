"""Where things are: the course, the learner's work folders, and how one moves between them."""

import gc
import os
import shutil
from pathlib import Path

import sqlalchemy
from IPython import get_ipython

from . import words
from .terminal import forget_project_modules
from .words import problem

NOTEBOOKS = Path(__file__).resolve().parents[1]
PROJECT = NOTEBOOKS.parent
# Variables that would send a lesson's commands to a real project's database, or make its env.py ask for one
OTHER_DATABASES = ("DATABASE_URL", "ALEMBIC_CONFIG", "APP_ENV")


def work_folder(name=""):
    """The folder of a lesson or an exercise; the environment variable COURSE_WORK moves all of them elsewhere."""
    root = os.environ.get("COURSE_WORK")
    return (Path(root) / words.language if root else NOTEBOOKS / words.language / "work") / name


def opened_folder_of(key):
    """Where it is kept how an exercise was opened."""
    return work_folder(".opened") / key


def forget_stages(lesson):
    """Forget how a project's stages were opened: its folder is made anew. Other exercises have their own folders."""
    for opened in work_folder(".opened").glob(f"{lesson}.*"):
        if not work_folder(opened.name).is_dir():
            shutil.rmtree(opened, ignore_errors=True)


def shown(folder):
    """A work folder as the learner sees it in the file browser: "work/05.1"."""
    return f"work/{folder.relative_to(work_folder()).as_posix()}"


def current_folder():
    """The current folder, or None if it has been deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def enter(folder):
    """Change into a folder, and forget the modules of the work folder that is left: the next may have namesakes."""
    here = current_folder()
    if here and here.is_relative_to(work_folder().resolve()):
        forget_project_modules()
    os.chdir(folder)


def make_afresh(folder):
    """Change into a new, empty folder.

    Returns:
        the folder that now holds what was there, or None if nothing was.
    Raises:
        CourseError: the folder cannot be written.
    """
    forget_other_databases()
    before = current_folder() or NOTEBOOKS
    enter(NOTEBOOKS)  # Windows moves no folder that is somebody's current one
    close_databases(get_ipython())
    try:
        kept = set_aside(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        os.chdir(before)
        raise problem("no_write", folder=folder, reason=error.strerror) from None
    os.chdir(folder)
    return kept


def set_aside(folder):
    """Move a folder to the next free `…_before_N` beside it; an empty one is removed.

    Returns:
        the new place, or None if there was nothing to keep.
    """
    if not os.path.lexists(folder):
        return None
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        return None
    number = 1
    while os.path.lexists(kept := folder.with_name(f"{folder.name}_before_{number}")):
        number += 1
    folder.rename(kept)
    return kept


def close_databases(shell):
    """Let go of the database files that cells have opened: Windows moves no open file."""
    for value in list(shell.user_ns.values()) if shell else ():
        if isinstance(value, sqlalchemy.Engine):
            value.dispose()
    if os.name == "nt":
        gc.collect()  # a connection that nobody holds any more closes when it is collected


def forget_other_databases():
    """Unset the variables that name another database: a real project's is no place for exercises."""
    for name in OTHER_DATABASES:
        os.environ.pop(name, None)


def copy_files(source, target):
    """Copy the files of a folder into another, as they are now; a link becomes what it leads to.

    Left out are what Python and Jupyter write by themselves, links that lead nowhere, and what is no file (a pipe).

    Returns:
        the target.
    Raises:
        OSError: a file cannot be read.
    """
    seen = set()
    for folder, folders, files in os.walk(source, followlinks=True):
        if os.path.realpath(folder) in seen:
            folders.clear()  # a link that leads back up
            continue
        seen.add(os.path.realpath(folder))
        folders[:] = [name for name in folders if name not in ("__pycache__", ".ipynb_checkpoints", ".git", ".venv")]
        goal = Path(target) / Path(folder).relative_to(source)
        goal.mkdir(parents=True, exist_ok=True)
        for name in files:
            if os.path.isfile(os.path.join(folder, name)):
                shutil.copyfile(os.path.join(folder, name), goal / name)
    return Path(target)

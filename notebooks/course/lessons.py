"""start() and recipe(): the folder in which a lesson works."""

import alembic
import sqlalchemy

from . import contents, session
from .browser import refuse_server
from .environment import require
from .kernel import equip
from .opening import copy_project, open_lesson
from .places import enter, forget_stages, make_afresh, shown, work_folder
from .postgres import create_database, ensure_server, lead_to
from .progress import forget_stages_solved
from .words import problem, say, word


def start(lesson, afresh=None):
    """Make the lesson's folder afresh, change into it and load %alembic and %sql.

    What was in the folder is kept beside it under a number. Exercises have folders of their own and are left alone. The
    final project, hours of work, is not made afresh but gone on with.

    Args:
        lesson: the lesson's number, "05" or 5, or a cheat sheet's name.
        afresh: False leads back into the lesson's folder as it is; True begins anew even the final project.
    Raises:
        CourseError: there is no such lesson, a package is missing, or the folder cannot be written.
    """
    require()
    lesson = known_lesson(lesson)
    folder, kept = work_folder(lesson), None
    keeps_work = lesson not in contents.CHEAT_SHEETS and contents.lessons()[lesson].keeps_work
    goes_on = folder.is_dir() and (keeps_work if afresh is None else not afresh)
    if not goes_on:
        kept = begin_afresh(lesson, folder)
    enter(folder)
    equip()
    session.lesson, session.exercise, session.at_hand = lesson, None, None
    if goes_on and lesson in session.databases:
        lead_to(session.databases[lesson])
    tell_started(lesson, folder, goes_on, kept)
    if keeps_work and kept and forget_stages_solved(lesson):
        say(word("marks_begin_anew"))
    elif goes_on and lesson in contents.lessons() and server_is_gone(lesson):
        say(word("server_was_of_another_kernel", lesson=lesson))
    elif not keeps_work and goes_on and lesson not in session.started:  # a new kernel has none of the earlier imports
        say(word("names_unknown"))
    session.started.add(lesson)


def server_is_gone(lesson):
    """Whether a lesson worked with a server of a kernel that has ended."""
    return contents.on_postgresql(lesson) and lesson not in session.databases


def begin_afresh(lesson, folder):
    """Fill the lesson's folder anew; returns the folder that holds what was there, or None."""
    kept = make_afresh(folder)
    forget_stages(lesson)
    if lesson not in contents.CHEAT_SHEETS:
        open_lesson(lesson)
    return kept


def tell_started(lesson, folder, goes_on, kept):
    """Say which lesson it is, its folder, the versions it works with, and where the learner's former files are."""
    versions = {"alembic": alembic.__version__, "sqlalchemy": sqlalchemy.__version__}
    key = "cheat_sheet_started" if lesson in contents.CHEAT_SHEETS else "went_on" if goes_on else "started"
    say(word(key, lesson=lesson, folder=shown(folder), **versions))
    if kept:
        say(word("kept_aside", folder=shown(kept)))


def known_lesson(name):
    """The name as the table of the course has it: "05" for 5.

    Raises:
        CourseError: there is no such lesson, or not in a browser.
    """
    name = str(name).strip().zfill(2)
    if name not in [*contents.lessons(), *contents.CHEAT_SHEETS]:
        raise problem("no_lesson", lesson=name, lessons=", ".join(contents.lessons()))
    refuse_server(name)
    return name


def recipe(name, empty=False):
    """Make a fresh copy of the finished project in a folder of its own inside the cheat sheet's, and change into it.

    What was in the folder is kept beside it, as with start(). On the cheat sheet of PostgreSQL each recipe has an empty
    database `blog` too.

    Args:
        name: the folder's name.
        empty: True for a folder with nothing in it.
    Raises:
        CourseError: the cheat sheet is not started, the folder cannot be written, or no server can be started.
    """
    if session.lesson not in contents.CHEAT_SHEETS:
        raise problem("no_cheat_sheet")
    folder = work_folder(session.lesson) / name
    make_afresh(folder)
    if not empty:
        copy_project()
    if contents.on_postgresql(session.lesson):
        ensure_server()
        create_database("blog")
        lead_to("blog")
    say(word("recipe_empty" if empty else "recipe_ready", folder=shown(folder)))

"""The verbs of an exercise: exercise, check, hint, solution, reset.

An exercise is a folder in exercises/. It gives the learner a folder of work, and check() looks at the effect of what
was done there. All its words stand beside it, in each language.
"""

import re
import shutil
import sqlite3
from contextlib import suppress
from functools import wraps
from pathlib import Path

from IPython import get_ipython
from IPython.display import display

from . import exercise_databases as databases
from . import session, words
from .attempts import attempts_of
from .browser import refuse_server
from .checking import judge
from .database import other_database, read_rows
from .environment import require
from .exercises import all_exercises, load_exercise, text
from .faults import NotYet, cause
from .kernel import equip
from .opening import open_lesson
from .places import (
    copy_files,
    current_folder,
    enter,
    forget_other_databases,
    forget_stages,
    make_afresh,
    opened_folder_of,
    shown,
    work_folder,
)
from .postgres import lead_to
from .progress import remember, solved, solved_of_lesson
from .words import CourseError, problem, say, word

LOOKING = re.compile(
    r"(?:exercise|check|hint|solution|reset|progress|start|show|tree|draw_\w+)\(.*\)|from lesson import \*"
)


LOOKING_AT_FILES = ("tree", "show", "replace", "rewrite", "draw_history", "draw_schema")


def one_sentence(verb):
    """Let a verb show one sentence whatever happens: a learner has no use for a stack trace of the course."""

    @wraps(verb)
    def careful(*arguments, **options):
        if verb.__name__ in LOOKING_AT_FILES and current_folder() is None:
            raise problem("folder_gone")
        try:
            return verb(*arguments, **options)
        except CourseError:
            raise
        except Exception as error:
            if current_folder() is None:
                raise problem("folder_gone") from None
            raise problem("unexpected", verb=verb.__name__, reason=f"{type(error).__name__}: {error}") from None

    return careful


def exercise(number):
    """Open an exercise: make its folder the first time, later go on in it.

    Args:
        number: "05.1", or 1 for the first of the lesson at hand.
    Raises:
        CourseError: there is no such exercise, a package is missing, or the folder cannot be written.
    """
    require()
    found = find(number)
    refuse_server(found.lesson)
    equip()
    folder = folder_of(found)
    goes_on = folder.is_dir() and any(folder.iterdir()) and (not found.STAGE or opened_folder(found).is_dir())
    back = databases.bring_back(found.database)
    session.lesson, session.exercise = found.lesson, found.key
    session.opened_at[found.key] = cells_run()
    if not goes_on or not back:
        open_afresh(found)
        return
    enter(folder)
    if not found.STAGE:
        tell(found, "went_on")
        tell_database(found, back)
        return
    before = files_and_rows(folder)
    fault = fill(found)
    brought = [f"`{name}`" for name, held in files_and_rows(folder).items() if held != before.get(name)]
    tell(found, "brought" if brought else "went_on", files=", ".join(brought))
    say_fault(found, fault)


def tell_database(found, back="there"):
    """Let commands work with an exercise's database, if it has one, and say so; see databases.bring_back()."""
    if found.database:
        databases.save_after_each_cell()
        lead_to(found.database)
        say(word("database_back" if back == "brought back" else "database_of_exercise", database=found.database))


def open_afresh(found):
    """Fill an exercise's folder, record it, and say where it is and where the learner's former work went."""
    folder, kept = folder_of(found), None
    forget_other_databases()
    if not found.STAGE or not folder.is_dir():
        if folder.is_dir() and files(folder) == files(opened_folder(found)) and databases.unchanged(found.database):
            enter(folder.parent)
            shutil.rmtree(folder, ignore_errors=True)  # nothing was done in it, so there is nothing to keep
        kept = make_afresh(folder)
        forget_stages(found.lesson)
    enter(folder)
    if found.database:
        databases.set_aside(found, kept)
        databases.make_empty(found.database)
    fault = unready(found) or fill(found)
    if not fault and not (found.STAGE and opened_folder(found).is_dir()):
        record(found)  # once for a stage: what the learner has done since is no part of how it was opened
    tell(found, "ready")
    tell_database(found)
    if kept:
        say(word("kept_aside", folder=shown(kept)))
    say_fault(found, fault)


def kind(found):
    return "stage" if found.STAGE else "exercise"


def tell(found, key, **places):
    """Say one of the sentences that an exercise and a stage have each in words of their own."""
    where = {"number": found.key, "stage": found.number, "folder": shown(folder_of(found))}
    say(word(f"{kind(found)}_{key}", **where, **places))


def say_fault(found, fault):
    """Say what kept a stage from being laid out whole, if anything did."""
    if fault:
        told = text(found.folder, fault.key, words.language, **fault.places)
        say(told[0].upper() + told[1:])


def fill(found):
    """Lay out an exercise in the current folder; returns the NotYet of a stage whose rows cannot be put in yet."""
    if not found.STAGE:
        open_lesson(found.OPENS_ON)
    if found.database:
        lead_to(found.database)
    for one in [load_exercise(found.STARTS_AS), found] if found.STARTS_AS else [found]:
        if (one.folder / "start").is_dir():
            copy_files(one.folder / "start", Path.cwd())
    try:
        if found.set_up:
            found.set_up()
    except NotYet as fault:
        return fault
    return None


def unready(found):
    """NotYet if a stage that is opened for the first time builds on one that does not pass.

    What it brings would be lost, and what it takes for applied could not be mended any more. Where there is no project
    at all the stage's own set_up() has better words.
    """
    if not (found.STAGE and found.set_up) or opened_folder(found).is_dir():
        return None
    before = load_exercise(f"{found.lesson}.{found.number - 1}")
    outcome, fault = verdict(before)
    passes = outcome == "correct" or getattr(fault, "key", "") == "settings_missing"
    return None if passes else NotYet("stage_before", number=before.key)


def record(found):
    """Keep the current folder as it is now, for check() to compare with."""
    goal = opened_folder(found)
    shutil.rmtree(goal, ignore_errors=True)
    copy_files(Path.cwd(), goal)
    if found.database:
        databases.save(found.database, opened=True)


def opened(found):
    """The folder of an exercise as it was opened; made anew if it is lost. None for a stage that was never opened."""
    goal = opened_folder(found)
    if not goal.is_dir() and not found.STAGE:
        before = current_folder() or folder_of(found)
        goal.mkdir(parents=True)
        enter(goal)
        try:
            with databases.elsewhere(found.database):
                fill(found)
        finally:
            enter(before)
    return goal if goal.is_dir() else None


def check(*answer):
    """Say whether an exercise is done, and if not, the one thing that is still wrong.

    Args:
        answer: what the exercise asks for, if it asks; a number before it, as "05.1", names another exercise than the
            open one. Several values are one answer, as if in brackets.
    Raises:
        CourseError: no exercise is open, or its folder is gone.
    """
    found, answer = exercise_and_answer(answer)
    folder = folder_of(found)
    if not found.ASKS and not folder.is_dir():
        raise problem(f"{kind(found)}_not_opened", number=found.key, folder=shown(folder))
    outcome, fault = verdict(found, answer)
    tell_outcome(found, outcome, fault)
    keep_for_the_board(found, outcome, fault)
    if not found.ASKS:
        tell_where(found, outcome, fault)


def tell_outcome(found, outcome, fault):
    """Say what check() has found."""
    if outcome == "correct":
        remember(found.key)
        session.faults.pop(found.key, None)
        done, total = solved_of_lesson(found.lesson)
        told = text(found.folder, "done", words.language)
        tell(found, "all_correct" if done == total else "correct", text=told, solved=done, all=total)
    elif outcome == "not_yet":
        say(word("not_yet", text=fault_text(found, fault)))
    elif outcome == "broken":
        rows = word("rows_of_check") if any(map(has_tables, folder_of(found).glob("*.db"))) else ""
        places = {"command": fault.command, "cause": cause(fault), "rows": rows}
        say(word("broken_step", **places) if fault.command else word("broken"))
        display({"text/markdown": f"````text\n{fault}\n````", "text/plain": str(fault)}, raw=True)
    elif outcome == "not_started":
        tell(found, "not_started")
    else:
        say(word("answered_before" if found.key in solved() else "not_answered"))


def keep_for_the_board(found, outcome, fault):
    """Keep what check() has said, and how often it was not "correct"; see report.py."""
    session.said[found.key] = f"{words.last_said} {fault}" if outcome == "broken" else words.last_said
    if outcome == "correct":
        session.tries.pop(found.key, None)
    elif outcome in ("not_yet", "broken"):
        session.tries[found.key] = session.tries.get(found.key, 0) + 1


def tell_where(found, outcome, fault):
    """Say so if the learner's commands work with another database or in another folder than check() looks at."""
    told = outcome == "correct" or getattr(fault, "key", "") == "variable_left"
    if not told and found.database:
        if (here := databases.commands_go_to()) != found.database:
            say(word("database_elsewhere", database=here, wanted=found.database, number=found.key))
    elif not told and (other := other_database()):
        say(word("variable_set", database=other))
    if current_folder() != folder_of(found).resolve():
        say(word("checked_elsewhere", number=found.key, folder=shown(folder_of(found))))


def has_tables(path):
    with suppress(sqlite3.Error):
        return bool(read_rows(path))
    return False


def verdict(found, answer=()):
    """(outcome, fault): "correct", "not_yet", "broken", "not_started" or "not_answered"."""
    if found.ASKS:
        return ("not_answered", None) if answer == () else judge(found, None, None, answer)
    if not databases.bring_back(found.database):
        raise problem("database_lost", database=found.database)
    folder, before = folder_of(found), opened(found)
    if found.database:
        if databases.unfinished(found.database):
            return "not_yet", NotYet("transaction_open", database=found.database)
        databases.save(found.database)
    same = before and files(folder) == files(before) and databases.unchanged(found.database)
    untouched = same and not tried(found)
    if untouched and not found.STAGE:
        return "not_started", None
    outcome, fault = judge(found, folder, before)
    if (
        untouched and getattr(fault, "key", None) in found.NOT_BEGUN
    ):  # else the work was done before the stage was opened
        return "not_started", None
    return outcome, fault


def fault_text(found, fault):
    """A fault's sentence; the same fault found again gets its stronger one."""
    again = session.faults.get(found.key) == fault.key
    session.faults[found.key] = fault.key
    said = text(found.folder, fault.key, words.language, again, **fault.places)
    return said.replace("`—`", word("absent")).replace("`TABLE`", word("present"))


def exercise_and_answer(given):
    """What check() was given, as an exercise and its answer; () where no answer is given."""
    if given and isinstance(given[0], str) and re.fullmatch(r"\s*\d\d?\.\d+\s*", given[0]):
        found, given = find(given[0]), given[1:]
    else:
        found = find(None)
        if not found.ASKS and given:
            found, given = find(given[0]), given[1:]
        elif len(given) > 1 and len(given) != found.ASKS and given[0] in (found.number, str(found.number)):
            given = given[1:]
    answer = tuple(value for value in given if value is not ...)
    if not answer or len(answer) < len(given):
        return found, ()
    return found, (answer if len(answer) > 1 else answer[0],)


def hint(number=None):
    """Show a hint for an exercise, the open one by default; the second time a stronger one."""
    found = find(number)
    name_another(found)
    given = session.hints.get(found.key, 0)
    session.hints[found.key] = given + 1
    say(text(found.folder, "hint", words.language, again=given))


def name_another(found):
    """Say which exercise it is about if it is not the open one: people take the number for that of the hint."""
    if session.exercise and found.key != session.exercise:
        say(word("about_exercise", number=found.key))


def solution(number=None):
    """Show an exercise's solution, ready to be run in a cell, and why it is one."""
    found = find(number)
    name_another(found)
    code = attempts_of(found.folder).solution
    code = f"check({code})" if found.ASKS else code
    say(text(found.folder, "why", words.language))
    display({"text/markdown": f"````python\n{code}\n````", "text/plain": code}, raw=True)


def reset(number=None):
    """Begin an exercise anew, the open one by default; what was in its folder is kept beside it under a number."""
    found = find(number)
    refuse_server(found.lesson)
    equip()
    session.lesson, session.exercise = found.lesson, found.key
    session.opened_at[found.key] = cells_run()
    for kept in (session.faults, session.tries, session.said):
        kept.pop(found.key, None)
    if found.put_right and folder_of(found).is_dir():
        enter(folder_of(found))
        found.put_right()
    open_afresh(found)


def find(number):
    """The exercise that a learner names, the open one for None.

    Raises:
        CourseError: there is none of that name, or no exercise is open.
    """
    if number is None and session.exercise is None:
        raise problem("no_open_exercise")
    key = session.exercise if number is None else key_of(number)
    if key not in all_exercises():
        lesson = key.partition(".")[0] if key else session.lesson or ""
        there = [known for known in all_exercises() if known.startswith(lesson)] or all_exercises()
        raise problem("no_exercise", number=number, exercises=", ".join(there))
    session.at_hand = key
    return load_exercise(key)


def key_of(number):
    """The key "05.1" for "05.1", "5.1" or 5.1; for 1 or "1" that of the lesson at hand; "" for anything else."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    match = re.fullmatch(r"(?:(\d\d?)\.)?(\d+)", str(number).strip())
    if not match or isinstance(number, bool):
        return ""
    lesson = match[1].zfill(2) if match[1] else session.lesson
    return f"{lesson}.{int(match[2])}"


def folder_of(found):
    """Where an exercise is worked on: a folder of its own, or for a stage the lesson's."""
    return work_folder(found.lesson if found.STAGE else found.key)


def opened_folder(found):
    return opened_folder_of(found.key)


def files(folder):
    """{path: bytes} of a folder."""
    paths = [p for p in Path(folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def files_and_rows(folder):
    """The same with a database's rows in place of its bytes, which change when a row is written as it was."""
    found = files(folder)
    for name in found:
        if name.endswith(".db"):
            with suppress(sqlite3.Error):
                found[name] = read_rows(Path(folder, name))
    return found


def cells_run():
    """How many cells the kernel has been given so far, the one at work included."""
    return len(get_ipython().user_ns.get("In", ()))


def tried(found):
    """Whether a cell since the exercise was opened did more than look: a failed command changes no file."""
    if found.key not in session.opened_at:
        return False
    cells = get_ipython().user_ns.get("In", [])[session.opened_at[found.key] :]
    lines = [line.partition("#")[0].strip() for cell in cells for line in cell.splitlines()]
    return any(line and not LOOKING.fullmatch(line) for line in lines)

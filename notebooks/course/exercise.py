"""Exercises that check themselves: check, hint, solution, reset, progress.

An exercise is a class in exercises/lesson_NN.py. It gives the learner a folder and looks at the effect of what was done there:
in a copy, so that looking changes nothing. All its words stand beside it, in both languages.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic.util import to_tuple
from IPython.display import display

from . import lesson_folder, words
from .pictures import database_exists, database_positions
from .terminal import Screen, read_history, readable_paths, run, split_line
from .words import problem, say, word

hints_given = Counter()  # since the kernel started


class NotYet(Exception):
    """The one thing that is still wrong, said in both languages."""

    def __init__(self, *, ru, uk):
        super().__init__({"ru": ru, "uk": uk})


class Broken(Exception):
    """The learner's own work stops with an error; the text is the error's own."""


class Exercise:
    """One exercise; a subclass gives its words, sets up its folder and looks at the effect."""

    opens_on = "05"  # the lesson whose opening the folder starts from; "00" is empty, "05" the finished project
    asks = False  # check(number, answer): an answer is wanted
    stage_of_lesson = False  # it goes on in the lesson's own folder, after the exercise before it
    hints = {"ru": ("", ""), "uk": ("", "")}
    solution = ""  # the code of one cell, or the answer
    why = {"ru": "", "uk": ""}
    wrong = ()  # for the tests: (code of a cell or an answer, words of the Russian message) of typical mistakes
    right = ()  # for the tests: other ways that are right too

    def set_up(self):
        """Turn the opening, in the current folder, into what the learner finds."""

    def check(self, work, answer):
        """Return if all is well; else raise NotYet. An error of the learner's own work raises Broken by itself."""
        raise NotImplementedError


class Work:
    """The learner's project, in the current folder, as the checks look at it.

    Args:
        environment: the variables that are unset while looking, with the values the learner gave them.
    """

    def __init__(self, environment=()):
        self.environment = environment

    def alembic(self, line):
        """What `alembic LINE` writes; raises Broken if it fails."""
        screen = Screen()
        if run(split_line(line)[0], screen, screen):
            text = readable_paths(screen.getvalue())
            raise Broken(re.split(r"^(?:Traceback.*\n(?:  .*\n)*|.*\nFAILED: )", text, flags=re.MULTILINE)[-1].strip() or text)
        return screen.getvalue()

    def history(self):
        """{revision: its parents}."""
        try:
            return {r.revision: to_tuple(r.down_revision, default=()) for r in read_history()[1]}
        except (Exception, SystemExit) as error:  # a learner's revision file may fail in any way
            raise Broken(f"{type(error).__name__}: {error}") from None

    def heads(self):
        parents = self.history()
        return sorted(set(parents) - {parent for ids in parents.values() for parent in ids})

    def position(self, path="data.db"):
        """The revisions that a database is at: [] if there is no database, ["base"] before the first."""
        with self.opened(path):
            return database_positions(sa.make_url(f"sqlite:///{path}"))

    def tables(self, path="data.db"):
        """{table: {column: SQLAlchemy's description}}, with alembic_version left out; {} if there is no database."""
        with self.opened(path) as engine:
            inspector = sa.inspect(engine) if engine else None
            names = inspector.get_table_names() if engine else []
            return {t: {c["name"]: c for c in inspector.get_columns(t)} for t in names if t != "alembic_version"}

    def rows(self, query, path="data.db"):
        """A query's rows; raises Broken if there is no such database or table."""
        with self.opened(path) as engine, (engine or sa.create_engine("sqlite://")).connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    @contextmanager
    def opened(self, path):
        """An engine for an SQLite file, None if there is no such file; an error of the database raises Broken."""
        url = sa.make_url(f"sqlite:///{path}")
        try:
            yield sa.create_engine(url, poolclass=sa.NullPool) if database_exists(url) else None
        except sa.exc.SQLAlchemyError as error:
            raise Broken(str(getattr(error, "orig", None) or error)) from None

    def text(self, path):
        """A file's text, "" if there is no such file."""
        return Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""


def check(number, *answer):
    """Say whether exercise `number` of this lesson is done, and if not, the one thing that is wrong.

    Args:
        answer: for an exercise that asks for one; several values are one answer, as if in brackets.
    """
    exercise, folder = touch(number)
    outcome, text = judge(exercise, folder, number, answer if len(answer) > 1 else (*answer, ...)[0])
    if outcome == "correct":
        remember(solved=key(number))
    if outcome == "not_started" and exercise.asks:
        outcome = "not_answered"
    elif outcome == "not_started" and not open_stage(exercise, number):
        outcome = "stage_closed"
    say(word(outcome, number=number, text=text))
    if outcome == "broken":
        display({"text/markdown": f"````text\n{text}\n````", "text/plain": text}, raw=True)
    say(solved_so_far().capitalize() + ".")


def judge(exercise, folder, number, answer=...):
    """("correct" or "not_yet" or "broken" or "not_started", words for it)."""
    if exercise.asks and answer is ... or not exercise.asks and untouched(exercise, folder, number):
        return "not_started", ""
    try:
        with looking(folder, stored()["fresh"][key(number)][1:]) as environment:
            exercise.check(Work(environment), answer)
    except NotYet as fault:
        return "not_yet", fault.args[0][words.language]
    except Broken as error:
        return "broken", str(error)
    except Exception as error:  # work so odd that the check itself stumbles over it
        return "broken", f"{type(error).__name__}: {error}"
    return "correct", ""


@contextmanager
def looking(folder, databases):
    """A copy of the learner's folder as the current one; a database that is missing or locked raises Broken."""
    before = os.getcwd()
    for name in databases:
        try:
            with closing(sqlite3.connect((folder / name).as_uri() + "?mode=rw", uri=True, timeout=0.2)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error as error:
            raise Broken(f"{name}: {error}") from None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("exercise_*", "__pycache__"))
        lesson_folder.enter(Path(copy).resolve())
        environment = {name: os.environ.pop(name) for name in lesson_folder.OTHER_DATABASES if name in os.environ}
        try:
            yield environment
        finally:
            os.environ.update(environment)
            lesson_folder.enter(before)


def hint(number):
    """Show a hint for an exercise; the second time a stronger one."""
    exercise, _ = touch(number)
    given = hints_given[key(number)]
    hints_given[key(number)] += 1
    say(exercise.hints[words.language][min(given, 1)])


def solution(number):
    """Show an exercise's solution, ready to be run in a cell, and why it is one."""
    exercise, _ = touch(number)
    code = f"check({number}, {exercise.solution!r})" if exercise.asks else exercise.solution.strip()
    say(exercise.why[words.language])
    display({"text/markdown": f"````python\n{code}\n````", "text/plain": code}, raw=True)


def reset(number):
    """Give an exercise its folder afresh and go there; what was in it is kept beside it, as start() does."""
    exercise = find(number)
    folder = folder_of(exercise, number)
    if not exercise.stage_of_lesson:
        lesson_folder.make_afresh(folder)
        lesson_folder.open_lesson(exercise.opens_on)
    lesson_folder.enter(folder)
    exercise.set_up()
    if not exercise.stage_of_lesson or key(number) not in stored()["fresh"]:  # a stage may be opened again, half done
        remember(fresh={key(number): [fingerprint(folder), *(path.name for path in folder.glob("*.db"))]})
    shown = folder.relative_to(lesson_folder.work_folder("")).as_posix()
    say(word("exercise_ready", number=number, folder=f"work/{shown}"))


def touch(number):
    """An exercise and its folder, made if need be and now the current one."""
    exercise = find(number)
    folder = folder_of(exercise, number)
    if not folder.exists() or key(number) not in stored()["fresh"]:
        reset(number)
    lesson_folder.enter(folder)
    return exercise, folder


def untouched(exercise, folder, number):
    """Whether the folder is as set_up() left it, or, for a stage, the stage before it is not done."""
    return not open_stage(exercise, number) or stored()["fresh"][key(number)][0] == fingerprint(folder)


def open_stage(exercise, number):
    """Whether an exercise may be begun: a stage only after the one before it."""
    return not exercise.stage_of_lesson or number == 1 or key(number - 1) in stored()["solved"]


def fingerprint(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return hashlib.sha256(b"".join(str(p.relative_to(folder)).encode() + p.read_bytes() for p in files)).hexdigest()


def solved_so_far():
    """One line: how many exercises of the course are solved."""
    return word("solved_so_far", solved=len(stored()["solved"]), all=sum(map(len, all_exercises().values())))


def progress():
    """Show all lessons, what is solved of each, as a table with bars."""
    solved, rows = stored()["solved"], []
    for lesson, exercises in all_exercises().items():
        done = [f"{lesson}.{number}" in solved for number in range(1, len(exercises) + 1)]
        bar = "".join("■" if one else "□" for one in done)
        rows.append(f"| {lesson} | {title(lesson)} | {bar} | {sum(done)}/{len(done)} |")
    say("\n".join(["| № | | | |", "|---|---|---|---|", *rows]))


def title(lesson):
    """The heading of a lesson's page."""
    page = next((lesson_folder.NOTEBOOKS / words.language).glob(f"{lesson}_*.ipynb"))
    return json.loads(page.read_text(encoding="utf-8"))["cells"][0]["source"][0].strip("# \n")


def all_exercises():
    """{lesson: its exercises in order}."""
    files = sorted((Path(__file__).parent / "exercises").glob("lesson_*.py"))
    return {file.stem[-2:]: import_module(f"{__package__}.exercises.{file.stem}").EXERCISES for file in files}


def find(number):
    if not lesson_folder.current:
        raise problem("no_start")
    exercises = all_exercises().get(lesson_folder.current, [])
    if number not in range(1, len(exercises) + 1):
        raise problem("no_exercise", number=number, count=len(exercises))
    return exercises[number - 1]()


def folder_of(exercise, number):
    """Where an exercise is worked on: a folder of its own, or for a stage the lesson's."""
    lesson = lesson_folder.work_folder(lesson_folder.current)
    return lesson if exercise.stage_of_lesson else lesson / f"exercise_{number}"


def key(number):
    return f"{lesson_folder.current}.{number}"


def stored():
    """{"solved": [...], "fresh": {...}} from the file that outlives the kernel."""
    path = lesson_folder.work_folder("progress.json")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"solved": [], "fresh": {}}


def remember(solved=None, fresh=(), begun_again=None):
    """Store what was solved, how a folder looked when it was made, or that a lesson's folders are made anew."""
    state = stored()
    state["solved"] = sorted({*state["solved"], *([solved] if solved else [])})
    state["fresh"] = {k: v for k, v in state["fresh"].items() if k.partition(".")[0] != begun_again} | dict(fresh)
    lesson_folder.work_folder("progress.json").write_text(json.dumps(state), encoding="utf-8")

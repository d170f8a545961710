"""The exercises of the lessons: a folder for each, `05_1_exactly_0003`, over the shared checks.py and checks.toml.

In a folder:

exercise.py     how the exercise is set up and what its check looks at
words.toml      its words by key and language: hint, why, done, and its own faults
attempts.ipy    cells: the solution, typical mistakes with the key of the fault each must get, other right ways
start/          files laid over what the lesson opens on, or over another exercise's start/
"""

import re
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from ..contents import lessons

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"(\d\d)_(\d+)_\w+")
DEFAULTS = {
    "OPENS_ON": None,  # the lesson whose opening the folder starts from; the exercise's own lesson by default
    "ASKS": 0,  # how many values check() is given as the answer; 0: it looks at the folder
    "STAGE": False,  # it goes on in the lesson's own folder, after the exercise before it
    "NOT_BEGUN": (),  # of a stage: the keys of the faults that an untouched folder has
    "MAY_CHANGE": {},  # {"files": [globs], "data.db": [tables, or table.column]}: what it asks to change; a stage, all;
    # "database" is the PostgreSQL database that an exercise of part 3 has if it asks for no answer
    "STARTS_AS": None,  # the key of another exercise, whose start/ lies below its own
    "put_right": None,  # put_right() takes away, before set_up(), what reset() is to bring anew in a stage
    "set_up": None,  # set_up() turns the opening, in the current folder, into what the learner finds
}


@cache
def all_exercises():
    """{key: folder} of all exercises in the order of the course; a key is "05.1"."""
    found = {}
    for folder in HERE.iterdir():
        if (match := NAME.fullmatch(folder.name)) and (folder / "exercise.py").is_file():
            found[int(match[1]), int(match[2])] = folder
    return {f"{lesson:02}.{number}": found[lesson, number] for lesson, number in sorted(found)}


@cache
def load_exercise(key):
    """One exercise: its `key`, `lesson`, `number`, `folder`, and what its exercise.py defines, or the defaults."""
    folder = all_exercises()[key]
    module = import_module(f"{__name__}.{folder.name}.exercise")
    lesson, _, number = key.partition(".")
    given = {name: getattr(module, name, default) for name, default in DEFAULTS.items()}
    given["OPENS_ON"] = given["OPENS_ON"] or lesson
    if given["STAGE"]:
        given["MAY_CHANGE"] = {"files": ["*"], "data.db": ["*"]}
    given["check"] = getattr(module, "check", None)
    on_postgresql = lessons()[lesson].part == 3 and not given["ASKS"]
    given["database"] = f"exercise_{lesson}_{number}" if on_postgresql else None
    return SimpleNamespace(key=key, lesson=lesson, number=int(number), folder=folder, **given)


@cache
def words_of(folder):
    """{key: {language: text, or [text, stronger text]}} of an exercise, over those that all exercises share."""
    own = folder / "words.toml"
    shared = tomllib.loads((HERE / "checks.toml").read_text(encoding="utf-8"))
    return shared | (tomllib.loads(own.read_text(encoding="utf-8")) if own.exists() else {})


def text(folder, key, language, /, again=False, **places):
    """A sentence of an exercise; `again`: the stronger one, where there are two."""
    found = words_of(folder)[key][language]
    choices = [found] if isinstance(found, str) else found
    return choices[min(int(again), len(choices) - 1)].format(**places)

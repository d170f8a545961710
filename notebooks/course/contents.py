"""What course.toml, the one table of the course, says: its languages, its lessons, its cheat sheets, its books."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("course.toml")


@dataclass(frozen=True)
class Lesson:
    """One row of the table; course.toml explains each field."""

    number: str
    file: str
    part: int
    minutes: int
    exercise_minutes: int
    opens_on: str
    keeps_work: bool = False
    leaves: dict = field(default_factory=dict)


@cache
def table():
    """The table as TOML gives it."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def lessons():
    """{number: Lesson}, in the order of the course."""
    return {row["number"]: Lesson(**row) for row in table()["lesson"]}


LANGUAGES = tuple(table()["languages"])
CHEAT_SHEETS = tuple(table()["cheat_sheets"])
BOOKS = tuple(table()["books"])


def on_postgresql(name):
    """Whether a lesson ("21") or a cheat sheet works with a PostgreSQL server."""
    return name.endswith("_postgresql") if name in CHEAT_SHEETS else lessons()[name].part == 3

"""What the folder of a lesson or an exercise holds at first."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy

from .contents import lessons
from .places import NOTEBOOKS, PROJECT
from .postgres_database import PostgresDatabase
from .terminal import Screen, run, split_line
from .words import problem

AFTER_02 = NOTEBOOKS / "course" / "after_lesson_02"


def open_lesson(number):
    """Fill the current folder with what a lesson starts from, by the table of the course.

    Raises:
        CourseError: the finished project is not beside the notebooks.
    """
    stage = lessons()[number].opens_on
    if stage != "nothing":
        copy_project()
    if stage not in ("nothing", "finished"):
        take_back(stage)


def copy_project():
    """Copy the finished project at the root into the current folder.

    Raises:
        CourseError: it is not there.
    """
    for name in ("alembic.ini", "models.py", "data.db"):
        if not (PROJECT / name).exists():
            raise problem("no_project", path=name)
        shutil.copyfile(PROJECT / name, name)
    shutil.copytree(PROJECT / "migrations", "migrations", ignore=shutil.ignore_patterns("__pycache__"))


def take_back(stage):
    """Turn the finished project into what lesson 01, 02 or 03 leaves.

    Lesson 01 leaves what `alembic init` makes, with the database's address; 02 its own env.py and models.py, but
    neither revisions nor data.db; 03 the first revision and its rows, which Alembic's own downgrade gives.
    """
    if stage == "01":
        for name in ("models.py", "data.db", "alembic.ini"):
            os.remove(name)
        shutil.rmtree("migrations")
        alembic("init migrations")
        edit("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///%(here)s/data.db")
        return
    alembic("downgrade 0001")
    shutil.copyfile(AFTER_02 / "models.py", "models.py")
    shutil.copyfile(AFTER_02 / "env.py", Path("migrations", "env.py"))
    keep = "0001" if stage == "03" else "none"
    for file in Path("migrations", "versions").glob("*.py"):
        if not file.name.startswith(keep):
            file.unlink()
    if stage == "02":
        os.remove("data.db")


# For the set_up() of an exercise


def alembic(line):
    """Run a command in the current folder; AssertionError with its text if it fails."""
    screen = Screen()
    assert not run(split_line(line)[0], screen, screen), screen.getvalue()


def sql(script, database=None):
    """Run SQL on a database of the current folder, or by default on the one that a command would work with."""
    url = sqlalchemy.make_url(os.environ.get("DATABASE_URL") or "sqlite:///data.db")
    if not database and url.get_backend_name() == "postgresql":
        PostgresDatabase(url.database).run(script)
        return
    with closing(sqlite3.connect(database or "data.db")) as connection:
        connection.executescript(script)
        connection.commit()


def edit(path, old, new):
    """Put `new` where `old` stands in a file; AssertionError unless it stands there once."""
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: {text.count(old)} times {old!r}"
    Path(path).write_text(text.replace(old, new), encoding="utf-8", newline="\n")

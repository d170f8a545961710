"""Is everything here that the course needs? This module itself needs nothing but Python and IPython."""

import platform
import re
import sqlite3
import sys
from importlib import metadata
from pathlib import Path

from .words import CourseError, say, word

NEEDED = ("alembic", "sqlalchemy", "ipython-sql", "prettytable")
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def missing():
    """Sentences about what keeps the course from working, none if nothing does."""
    if sys.version_info < (3, 11):
        yield word("python_old", found=f"{sys.version_info[0]}.{sys.version_info[1]}")
    for name in NEEDED:
        if version(name) is None:
            yield word("package_missing", name=name)


def different():
    """Sentences about packages whose version is not the one the lessons were run with."""
    pins = {}
    if REQUIREMENTS.exists():  # a browser edition has none: its packages come with it
        pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))
    for name in NEEDED:
        if version(name) not in (None, pins.get(name, version(name))):
            yield word("package_other", name=name, found=version(name), wanted=pins[name])


def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def require():
    """Raise CourseError with what to do if the course cannot work in this kernel."""
    if sentences := list(missing()):
        raise CourseError("\n".join(sentences))


def check_environment():
    """Show the versions in use, and what to do about each that is missing or is not the course's own."""
    require()
    print(f"Python {platform.python_version()}")
    print(f"SQLite {sqlite3.sqlite_version}")
    for name in NEEDED:
        print(name, version(name))
    for sentence in list(different()) or [word("environment_fine")]:
        say(sentence)

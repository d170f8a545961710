"""The project at the root works from a terminal as it stands; its models, migrations and data.db belong together."""

import configparser
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from author.projects import database
from course.terminal import Screen, run

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def copy(tmp_path):
    """A copy of the project in a folder with a space and Cyrillic."""
    folder = tmp_path / "мой проект"
    folder.mkdir()
    for name in ("alembic.ini", "models.py", "data.db"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def in_a_terminal(folder, *words):
    """Run a real `alembic` process in a folder and return what it writes to standard output."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [Path(sys.executable).parent / "alembic", *words]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture
def alembic(copy, monkeypatch):
    """Runs a command in this process on the copy, on the database of a URL if one is given; returns its output."""
    monkeypatch.chdir(copy)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def alembic(*words, url=None):
        if url:
            monkeypatch.setenv("DATABASE_URL", url)
        output, log = Screen(), Screen()
        assert run(words, output, log) == 0, log.getvalue()
        return output.getvalue()

    return alembic


def schema(file):
    return {table: {k: v for k, v in parts.items() if k != "rows"} for table, parts in database(file).items()}


def test_terminal_commands(copy):
    assert "(head)" in in_a_terminal(copy, "current")
    in_a_terminal(copy, "downgrade", "-1")
    in_a_terminal(copy, "upgrade", "head")
    assert "No new upgrade operations detected." in in_a_terminal(copy, "check")


def test_each_revision_goes_up_and_down_again(copy, alembic):
    """Catches a downgrade that is wrong: after each step back, the step forward must give the same schema."""
    ids = re.findall(r"-> (\w+)", alembic("history"))[::-1]
    assert len(ids) >= 4
    before, fresh = {}, "sqlite:///fresh.db"
    for number, id_ in enumerate(ids):
        alembic("upgrade", id_, url=fresh)
        after = schema(copy / "fresh.db")
        alembic("downgrade", "-1", url=fresh)
        assert number == 0 or schema(copy / "fresh.db") == before
        alembic("upgrade", id_, url=fresh)
        assert schema(copy / "fresh.db") == after
        before = after
    assert after == schema(ROOT / "data.db")


@pytest.mark.parametrize("words", [("upgrade", "head", "--sql"), ("downgrade", "head:base", "--sql")])
@pytest.mark.parametrize("url", [None, "postgresql+psycopg://blog@localhost/blog"])
def test_offline_sql_both_ways(copy, alembic, words, url):
    sql = alembic(*words, url=url)
    assert ("SERIAL" in sql or "BEGIN" in sql) == bool(url)
    if not url:
        with closing(sqlite3.connect(copy / ("fresh.db" if words[0] == "upgrade" else "data.db"))) as connection:
            connection.executescript(sql)
        if words[0] == "upgrade":
            assert schema(copy / "fresh.db") == schema(ROOT / "data.db")
        else:
            assert set(database(copy / "data.db")) == {"alembic_version"}


def test_database_url_wins(copy, alembic):
    alembic("upgrade", "head", url="sqlite:///100%25.db")
    assert (copy / "100%.db").exists()


def test_data_db_has_a_dozen_rows_at_home_in_both_languages():
    tables = [parts["rows"] for table, parts in database(ROOT / "data.db").items() if table != "alembic_version"]
    rows = [row for table in tables for row in table]
    text = " ".join(str(value) for row in rows for value in row)
    assert len(rows) >= 12
    assert re.search("[а-я]", text) and not re.search("[ыэъёіїєґ]", text)


def test_alembic_ini_is_ascii_and_has_no_password():
    text = (ROOT / "alembic.ini").read_text(encoding="ascii")
    url = configparser.RawConfigParser()
    url.read_string(text)
    assert url["alembic"]["sqlalchemy.url"] == "sqlite:///%(here)s/data.db"

"""What stands between a learner and a wrong verdict: the copy, the guard, the frame, the time limit."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from course import session
from course.database import describe
from course.guard import Outside, TooLong, connect, nothing_outside
from course.strangers import add_strangers
from learner import Learner, state


@pytest.fixture
def language():
    """What is found does not depend on the language; test_exercises.py looks at the words of each."""
    return "ru"


@pytest.fixture
def learner(lesson, language, monkeypatch):
    """A learner who has opened an exercise that asks for a table."""
    lesson("03")
    me = Learner("03.1", language)
    monkeypatch.setattr(me.exercise, "MAY_CHANGE", {"files": ["models.py", "alembic.ini"], "data.db": ["tags"]})
    me.try_again()
    return me


def sql(script, path="data.db"):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def key(learner):
    outcome, fault = learner.verdict()
    return getattr(fault, "key", outcome)


# The frame: what was to stay as it was


@pytest.mark.parametrize(
    "spoil, fault",
    [
        (lambda: Path("migrations/env.py").unlink(), "file_missing"),
        (lambda: Path("migrations/env.py").write_text("pass"), "file_changed"),
        (lambda: Path("migrations/versions/0001_create_users.py").write_text("pass"), "revision_file_changed"),
        (lambda: Path("data.db").unlink(), "database_missing"),
        (lambda: Path("data.db").write_bytes(b"no database, but as long as a header"), "database_unreadable"),
        (lambda: sql("CREATE TABLE _alembic_tmp_users (a)"), "temporary_table"),
        (lambda: sql("DROP TABLE users"), "table_missing"),
        (lambda: sql("CREATE TABLE more (a)"), "table_extra"),
        (lambda: sql("CREATE VIEW more AS SELECT 1"), "table_extra"),
        (lambda: sql("ALTER TABLE users DROP COLUMN name"), "column_missing"),
        (lambda: sql("DELETE FROM users WHERE id = 1"), "row_lost"),
        (lambda: sql("UPDATE users SET name = 'x' WHERE id = 1"), "row_lost"),
        (lambda: sql("UPDATE users SET id = 77 WHERE id = 1"), "row_lost"),
        (lambda: sql("ALTER TABLE users ADD COLUMN more TEXT"), "table_changed"),
        (lambda: sql("CREATE INDEX more ON users (name)"), "table_changed"),
        (lambda: sql("CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END"), "table_changed"),
        (lambda: sql("CREATE TABLE n (id INTEGER PRIMARY KEY, email VARCHAR(200) NOT NULL, name VARCHAR(100) NOT NULL);"
                     "INSERT INTO n SELECT id, email, name FROM users; DROP TABLE users;"
                     "ALTER TABLE n RENAME TO users"), "table_changed"),
    ],
)  # fmt: skip
def test_what_the_exercise_does_not_ask_for_is_noticed(learner, spoil, fault):
    spoil()
    assert key(learner) == fault


@pytest.mark.parametrize(
    "harmless",
    [
        lambda: Path("backup.db").write_bytes(Path("data.db").read_bytes()),
        lambda: Path("notes.txt").write_text("x"),
        lambda: sql("INSERT INTO users (email, name) VALUES ('a@example.com', 'A')"),
        lambda: Path("migrations/env.py").write_bytes(Path("migrations/env.py").read_bytes().replace(b"\n", b"\r\n")),
        lambda: os.symlink("nowhere", ".#models.py"),
        lambda: sql("CREATE TABLE n (name VARCHAR(100) NOT NULL, email VARCHAR(200) NOT NULL,"
                    "id INTEGER PRIMARY KEY, UNIQUE (email));"
                    "INSERT INTO n SELECT name, email, id FROM users; DROP TABLE users;"
                    "ALTER TABLE n RENAME TO users"),
    ],
)  # fmt: skip
def test_what_does_no_harm_is_let_be(learner, harmless):
    harmless()
    assert key(learner) in ("no_new_revision", "not_started")


# The copy and the guard: looking changes nothing


def revision(upgrade, downgrade="op.drop_table('tags')"):
    Path("migrations/versions/0002_tags.py").write_text(
        f"import os, sys, time, sqlite3, socket, subprocess\nfrom pathlib import Path\nfrom alembic import op\n"
        f"import sqlalchemy as sa\nrevision = '0002'\ndown_revision = '0001'\n\ndef upgrade():\n    {upgrade}\n\n"
        f"def downgrade():\n    {downgrade}\n"
    )


COLUMNS = "sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(50), nullable=False)"
CREATE = f"op.create_table('tags', {COLUMNS})"


@pytest.mark.parametrize(
    "spelling", [str, lambda p: str(p).replace("%", "%%"), lambda p: os.path.join(str(p), "..", p.name)]
)
def test_an_absolute_address_means_the_copy(learner, spelling):
    revision(CREATE)
    learner.run("%alembic upgrade head")
    ini = Path("alembic.ini")
    ini.write_text(ini.read_text().replace("%(here)s/data.db", spelling(Path.cwd()) + "/data.db"))
    before = state(learner.folder)
    assert learner.verdict() == ("correct", None)
    assert state(learner.folder) == before


def test_an_address_put_together_in_env_means_the_copy(learner, monkeypatch):
    revision(CREATE)
    learner.run("%alembic upgrade head")
    env = Path("migrations/env.py")
    parts = Path.cwd().as_posix().split("/")
    code = f"config.set_main_option('sqlalchemy.url', 'sqlite:///' + '/'.join({parts!r}) + '/data.db')"
    env.write_text(env.read_text().replace("database_url = os", f"{code}\ndatabase_url = os"))
    monkeypatch.setattr(learner.exercise, "MAY_CHANGE", {"files": ["*"], "data.db": ["tags"]})
    before = state(learner.folder)
    assert learner.verdict() == ("correct", None)
    assert state(learner.folder) == before


@pytest.mark.parametrize(
    "reach",
    [
        "sqlite3.connect('{outside}/other.db')",
        "sa.create_engine('sqlite:///{outside}/other.db').connect()",
        "open('{outside}/file.txt', 'w')",
        "Path('{outside}/kept.txt').unlink()",
        "os.rename('{outside}/kept.txt', '{outside}/moved.txt')",
        "socket.create_connection(('127.0.0.1', 9))",
        "subprocess.run(['true'])",
        "os.system('true')",
    ],
)
def test_nothing_outside_the_copy_is_reached(learner, reach, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    revision(
        "\n    ".join([CREATE, "try:", "    " + reach.format(outside=outside.as_posix()), "except Exception: pass"])
    )
    sql(f"{CREATE_SQL}; UPDATE alembic_version SET version_num = '0002'")
    before = state(tmp_path)
    outcome, fault = learner.verdict()
    assert (outcome, getattr(fault, "key", fault)) in {("not_yet", "reaches_outside"), ("broken", fault)}
    assert state(tmp_path) == before


CREATE_SQL = "CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL)"


def test_a_server_in_database_url_is_not_asked(learner, monkeypatch):
    revision(CREATE)
    learner.run("%alembic upgrade head")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://me@nowhere.invalid/blog")
    assert learner.verdict() == ("correct", None)
    assert os.environ["DATABASE_URL"].startswith("postgresql")


def test_no_server_is_connected_to(tmp_path):
    class Postgresql:
        name = "postgresql"

    with nothing_outside(tmp_path / "copy", tmp_path, 5), pytest.raises(Outside, match="postgresql://db.example"):
        connect(Postgresql, None, [], {"host": "db.example"})


def test_after_a_check_everything_is_open_again(learner, tmp_path):
    learner.verdict()
    with nothing_outside(tmp_path / "a" / "b", tmp_path, 5), pytest.raises(Outside):
        (tmp_path / "x").write_text("x")
    (tmp_path / "x").write_text("x")


@pytest.mark.parametrize("endless", ["while True: pass", "time.sleep(60)", "op.execute(ENDLESS)"])
def test_an_endless_migration_is_stopped(learner, endless, monkeypatch):
    monkeypatch.setattr("course.checking.SECONDS", 0.5)
    endless = endless.replace(
        "ENDLESS", repr("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
    )
    revision(f"{CREATE}\n    {endless}")
    sql(f"{CREATE_SQL}; UPDATE alembic_version SET version_num = '0002'")
    outcome, fault = learner.verdict()
    assert getattr(fault, "key", "") == "takes_too_long" or "interrupted" in str(fault)


def test_an_endless_loop_is_noticed_where_there_are_no_signals(tmp_path, monkeypatch):
    import course.guard

    monkeypatch.delattr(course.guard.signal, "setitimer")
    (tmp_path / "endless.py").write_text("while True: pass")
    with pytest.raises(TooLong), nothing_outside(tmp_path, tmp_path, 0.2):
        exec(compile("while True: pass", str(tmp_path / "endless.py"), "exec"), {})


# Files that stop a check


@pytest.mark.parametrize(
    "text, fault",
    [
        ("import sys\nsys.exit()\n", "calls_exit"),
        ("exit(3)\n", "calls_exit"),
        ("raise SystemExit('bye')\n", "calls_exit"),
        ("1 +\n", "broken"),
        ("x\n", "broken"),
    ],
)
def test_models_that_stop_get_a_sentence(learner, text, fault):
    revision(CREATE)
    learner.run("%alembic upgrade head")
    Path("models.py").write_text(text)
    outcome, found = learner.verdict()
    assert getattr(found, "key", outcome) == fault
    assert "models.py" in str(found.args)


def test_a_mistyped_parent_names_the_file(learner):
    revision(CREATE)
    file = Path("migrations/versions/0002_tags.py")
    file.write_text(file.read_text().replace("'0001'", "'0O01'"))
    assert key(learner) == "parent_missing"
    assert "0002_tags.py" in learner.check() and "0O01" in learner.check()


def test_a_revision_that_follows_itself(learner):
    revision(CREATE)
    file = Path("migrations/versions/0002_tags.py")
    file.write_text(file.read_text().replace("'0001'", "'0002'"))
    assert key(learner) == "history_in_a_circle"


def test_a_revision_in_two_files(learner):
    revision(CREATE)
    shutil.copy("migrations/versions/0002_tags.py", "migrations/versions/copy.py")
    assert key(learner) == "revision_twice"


def test_a_locked_database(learner, language):
    revision(CREATE)
    with closing(sqlite3.connect("data.db")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert key(learner) == "database_locked"
    assert key(learner) == "not_applied"


def test_a_file_that_cannot_be_read(learner, monkeypatch):
    def refuse(source, target):
        raise PermissionError(13, "Permission denied", str(source))

    Path("secret.txt").write_text("x")
    monkeypatch.setattr("course.places.shutil.copyfile", refuse)
    assert key(learner) == "file_unreadable"


def test_links_are_followed_once(learner):
    revision(CREATE)
    learner.run("%alembic upgrade head")
    Path("migrations").rename("real")
    os.symlink("real", "migrations")
    os.symlink("..", "real/up")
    assert learner.verdict() == ("correct", None)


# Rows that nobody could foresee, and whole schemas


def test_strangers_come_into_every_table(tmp_path):
    path = tmp_path / "x.db"
    sql("""CREATE TABLE a (id INTEGER PRIMARY KEY, n VARCHAR(3) NOT NULL UNIQUE,
                           s TEXT NOT NULL CHECK (s IN ('one', 'two')));
           INSERT INTO a VALUES (1, 'abc', 'one');
           CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a (id), d DATE, f FLOAT);
           CREATE TABLE empty (k VARCHAR(10) PRIMARY KEY, s TEXT NOT NULL CHECK (s IN ('x')))""", path)  # fmt: skip
    add_strangers(path)
    with closing(sqlite3.connect(path)) as connection:
        count = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("a", "b", "empty")}
        assert count == {"a": 3, "b": 2, "empty": 2}
        assert {n for (n,) in connection.execute("SELECT d IS NULL FROM b")} == {0, 1}
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


SCHEMAS = [
    ("CREATE TABLE t (a VARCHAR(20))", "CREATE TABLE t (a VARCHAR(30))", False),
    ("CREATE TABLE t (a VARCHAR(20))", 'CREATE TABLE "t" ( "a" varchar (20) )', True),
    ("CREATE TABLE t (a INT NOT NULL)", "CREATE TABLE t (a INT)", False),
    ("CREATE TABLE t (a INT DEFAULT 1)", "CREATE TABLE t (a INT)", False),
    ("CREATE TABLE t (a TEXT DEFAULT 'x')", "CREATE TABLE t (a TEXT DEFAULT ('x'))", True),
    (
        "CREATE TABLE t (a INT, b INT, UNIQUE (a), CHECK (a > 0))",
        "CREATE TABLE t (b INT, a INT, CHECK (a>0), CONSTRAINT u UNIQUE (a))",
        True,
    ),
    ("CREATE TABLE t (a INT, UNIQUE (a))", "CREATE TABLE t (a INT)", False),
    ("CREATE TABLE t (a INT, UNIQUE (a))", "CREATE TABLE t (a INT); CREATE UNIQUE INDEX i ON t (a)", True),
    ("CREATE TABLE t (a INT); CREATE INDEX i ON t (a)", "CREATE TABLE t (a INT)", False),
    (
        "CREATE TABLE t (a INT); CREATE INDEX i ON t (lower(a))",
        "CREATE TABLE t (a INT); CREATE INDEX i ON t (upper(a))",
        False,
    ),
    (
        "CREATE TABLE t (a TEXT, CHECK (a IN ('A', 'b')))",
        "CREATE TABLE t (a TEXT, CONSTRAINT c CHECK (\"a\" in ('A','b')))",
        True,
    ),
    ("CREATE TABLE t (a TEXT, CHECK (a IN ('A', 'b')))", "CREATE TABLE t (a TEXT, CHECK (a IN ('a', 'b')))", False),
    ("CREATE TABLE t (a TEXT CHECK (a <> ')'), b INT)", "CREATE TABLE t (a TEXT CHECK (a <> '('), b INT)", False),
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p (id))",
        True,
    ),
    (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p ON DELETE CASCADE)",
        False,
    ),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)", False),
    ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (a TEXT COLLATE NOCASE)", False),
    (
        "CREATE TABLE t (a TEXT); CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE t (a TEXT); CREATE VIEW v AS SELECT 1 FROM t",
        False,
    ),
]


@pytest.mark.parametrize("one, other, equal", SCHEMAS, ids=range(len(SCHEMAS)))
def test_schemas_are_compared_whole_and_not_by_their_text(one, other, equal, tmp_path):
    sql(one, tmp_path / "one.db")
    sql(other, tmp_path / "other.db")
    assert (describe(tmp_path / "one.db") == describe(tmp_path / "other.db")) == equal


def test_a_try_that_changes_nothing_is_judged(learner):
    assert key(learner) == "not_started"
    learner.run("%alembic upgrade nowhere")
    assert key(learner) == "no_new_revision"
    session.opened_at.clear()
    assert key(learner) == "not_started"

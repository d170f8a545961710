"""The PostgreSQL database of an exercise: opened, kept over the end of its server, checked on a copy, begun anew."""

import os
import shutil
from pathlib import Path

import psycopg
import pytest

import course.exercises
from course import exercise_databases, postgres, session
from course.attempts import attempts_of
from course.checked_database import CheckServer, server_of_checks
from course.database_files import dump, empty, file_of, on_server, restore
from course.places import work_folder
from course.postgres_database import PostgresDatabase
from course.words import CourseError
from learner import Learner, state

TRIAL = Path(__file__).parent / "trial" / "21_9_add_phone"
ATTEMPTS = attempts_of(TRIAL)
NAME = "exercise_21_9"


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    """A learner who works on the trial exercise."""
    before, work = os.getcwd(), os.environ.get("COURSE_WORK")
    os.environ["COURSE_WORK"] = str(tmp_path_factory.mktemp("мої роботи"))
    course.exercises.__path__.append(str(TRIAL.parent))
    course.exercises.all_exercises()["21.9"] = TRIAL
    learner = Learner("21.9")
    learner.opened = file_of(NAME, opened=True).read_text(encoding="utf-8")
    yield learner
    del course.exercises.all_exercises()["21.9"]
    os.chdir(before)
    os.environ["COURSE_WORK"] = work or ""
    os.environ.pop("DATABASE_URL", None)


@pytest.fixture
def me(learner):
    """The same, with everything as it was opened."""
    session.opened_at.clear(), session.faults.clear()
    session.exercise = "21.9"
    file_of(NAME, opened=True).write_text(learner.opened, encoding="utf-8")
    learner.try_again()
    return learner


def key(learner):
    """The fault that check() finds, or the outcome; the error where something is broken."""
    outcome, fault = learner.verdict()
    return getattr(fault, "key", str(fault) if outcome == "broken" else outcome)


def say(learner, cell):
    """What a cell shows; a CourseError is its sentence."""
    try:
        shown = learner.run(cell)
    except AssertionError as error:
        assert isinstance(error.args[0], CourseError), repr(error)
        return str(error.args[0])
    return shown.stdout + "".join(output.data.get("text/plain", "") + "\n" for output in shown.outputs)


def rows(query):
    with psycopg.connect(dbname=NAME) as connection:
        return connection.execute(query).fetchall()


def new_kernel(learner):
    """The server is gone with the kernel, and the new one knows nothing."""
    postgres.stop_server()
    exercise_databases.Kept.position = None
    session.lesson = session.exercise = None
    session.opened_at.clear()


# Attempts


@pytest.mark.parametrize("attempt", [*ATTEMPTS.wrong, *ATTEMPTS.right], ids=lambda attempt: attempt.title)
def test_each_attempt_gets_its_verdict(me, attempt):
    me.run(attempt.code)
    before = dump(NAME), state(me.folder), dict(os.environ), os.getcwd()
    assert key(me) == (attempt.fault or "correct")
    assert (dump(NAME), state(me.folder), dict(os.environ), os.getcwd()) == before


def test_untouched_is_not_begun(me):
    assert key(me) == "not_started"
    rows("SELECT 1")
    assert key(me) == "not_started"
    me.run("%alembic upgrade nowhere")
    assert key(me) == "no_new_revision"


# What outlives the server


def test_the_work_outlives_the_kernel(me):
    me.run(ATTEMPTS.solution)
    me.run("%sql CREATE ROLE reader")
    me.run("%sql GRANT SELECT ON users TO reader")
    new_kernel(me)
    said = say(me, 'exercise("21.9")')
    assert NAME in said and "work/21.9" in said and "снова такая" in said
    assert rows("SELECT has_table_privilege('reader', 'users', 'SELECT'), count(phone) FROM users") == [(True, 0)]
    assert key(me) == "table_changed"  # the grant
    me.run("%sql REVOKE SELECT ON users FROM reader")
    assert key(me) == "correct"


def test_untouched_work_is_untouched_in_a_new_kernel(me):
    new_kernel(me)
    say(me, 'exercise("21.9")')
    assert key(me) == "not_started"


def test_check_brings_the_database_back_when_the_server_has_gone(me):
    me.run(ATTEMPTS.solution)
    postgres.stop_server()
    assert "Верно" in me.check()
    me.run("postgres('other')")
    assert key(me) == "correct"


def test_rows_that_a_foreign_key_forbids_outlive_the_kernel(me):
    me.run("%sql SET session_replication_role = replica; INSERT INTO posts (author_id, body) VALUES (99, '')")
    new_kernel(me)
    say(me, 'exercise("21.9")')
    assert rows("SELECT author_id FROM posts WHERE author_id = 99") == [(99,)]
    assert rows("SELECT convalidated FROM pg_constraint WHERE conrelid = 'posts'::regclass AND contype = 'f'") == [
        (True,)
    ]


def test_a_broken_index_outlives_the_kernel(me):
    me.run("%sql INSERT INTO users (email, name) SELECT 'x' || g, 'same' FROM generate_series(1, 2) g")
    with psycopg.connect(dbname=NAME, autocommit=True) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY uq_name ON users (name)")
    me.run("1")
    new_kernel(me)
    say(me, 'exercise("21.9")')
    assert rows("SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'uq_name'::regclass") == [
        (False, True)
    ]
    assert PostgresDatabase(NAME).schema()["users"]["UNIQUE name"] == "UNIQUE INVALID"


def test_what_the_database_is_set_to_outlives_the_kernel(me):
    me.run(f"%sql CREATE ROLE reader; GRANT CONNECT ON DATABASE {NAME} TO reader")
    me.run(f"%sql ALTER DATABASE {NAME} SET lock_timeout = '7s'")
    new_kernel(me)
    say(me, 'exercise("21.9")')
    assert rows("SHOW lock_timeout") == [("7s",)]
    assert rows("SELECT datacl::text FROM pg_database WHERE datname = current_database()")[0][0].count("reader=c")


def test_a_lost_database_is_told(me):
    postgres.stop_server()
    file_of(NAME).unlink()
    assert NAME in say(me, "check()")
    assert "work/21.9" in say(me, "reset()")
    assert key(me) == "not_started"


# Beginning anew


def test_reset_sets_the_work_aside_and_begins_with_a_fresh_database(me):
    me.run(ATTEMPTS.solution)
    me.run("%sql CREATE ROLE writer")
    kept = say(me, "reset()").split("work/")[-1].split()[0].strip(".,")
    assert "0007" in (work_folder(kept) / f"{NAME}.sql").read_text(encoding="utf-8")
    assert rows("SELECT version_num FROM alembic_version") == [("0006",)]
    assert rows("SELECT count(*) FROM pg_roles WHERE rolname = 'writer'") == [(0,)]
    assert key(me) == "not_started"


def test_reset_sets_aside_what_was_done_in_the_database_alone(me):
    me.run("%sql UPDATE users SET name = 'Соломія'")
    kept = say(me, "reset()").split("work/")[-1].split()[0].strip(".,")
    assert "Соломія" in (work_folder(kept) / f"{NAME}.sql").read_text(encoding="utf-8")


def test_roles_of_another_database_stay(me):
    me.run("postgres('blog')")
    with psycopg.connect(dbname="blog") as connection:
        connection.execute("CREATE ROLE app; CREATE TABLE t (a integer); GRANT SELECT ON t TO app")
    say(me, 'exercise("21.9")')
    say(me, "reset()")
    assert rows("SELECT count(*) FROM pg_roles WHERE rolname = 'app'") == [(1,)]


def test_how_it_was_opened_is_found_out_again(me):
    me.run(ATTEMPTS.solution)
    before = dump(NAME)
    shutil.rmtree(work_folder(".opened"))
    assert key(me) == "correct"
    shutil.rmtree(work_folder(".opened"))
    file_of(NAME, opened=True).unlink()
    assert key(me) in ("correct", "row_lost")  # the posts' times are others
    assert dump(NAME) == before


# What stops a check


@pytest.mark.parametrize(
    "spoil, fault",
    [
        ("CREATE TYPE mood AS ENUM ('good')", "object_extra"),
        ("CREATE SCHEMA crm", "object_extra"),
        ("CREATE VIEW more AS SELECT 1", "table_extra"),
        ("DROP TABLE comments", "table_missing"),
        ("ALTER TABLE users DROP COLUMN name", "column_missing"),
        ("ALTER TABLE posts ALTER COLUMN title TYPE TEXT", "table_changed"),
        ("ALTER TABLE posts DROP CONSTRAINT fk_posts_author_id_users", "table_changed"),
        ("UPDATE users SET id = 77 WHERE id = 2", "row_lost"),
        ("CREATE ROLE reader; GRANT SELECT ON posts TO reader", "table_changed"),
    ],
)
def test_what_the_exercise_does_not_ask_for_is_noticed(me, spoil, fault):
    PostgresDatabase(NAME).run(spoil)
    assert key(me) == fault


def test_a_type_that_is_gone_is_noticed(me):
    add_to_how_it_was_opened("CREATE TYPE public.mood AS ENUM ('good');")
    assert key(me) == "object_missing"


def test_a_copy_that_the_server_refuses_is_told(me):
    add_to_how_it_was_opened("SELECT nothing();")
    assert "nothing()" in say(me, "check()")


def add_to_how_it_was_opened(sql):
    path = file_of(NAME, opened=True)
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{sql}", encoding="utf-8")


def test_a_transaction_left_open_gets_a_sentence(me):
    me.run(ATTEMPTS.solution)
    with psycopg.connect(dbname=NAME) as connection:
        connection.execute("UPDATE users SET phone = '1'")
        assert key(me) == "transaction_open"
        connection.rollback()
        connection.execute("SELECT * FROM users")  # who only reads hinders nobody
        assert key(me) == "correct"
        connection.rollback()
        connection.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        assert key(me) == "transaction_open"


def test_work_in_another_database_is_told(me):
    me.run("postgres('blog')")
    me.run("%alembic upgrade head")
    said = me.check()
    assert "blog" in said and NAME in said and 'exercise("21.9")' in said
    me.run("import os; del os.environ['DATABASE_URL']\n%alembic current")
    assert "data.db" in me.check()
    me.run("exercise('21.9')")
    assert "blog" not in me.check() and os.environ["DATABASE_URL"].endswith(NAME)


# The guard


REVISION = """
import os
import psycopg
import sqlalchemy as sa
from alembic import op
revision = "0007"
down_revision = "0006"
def upgrade():
    op.add_column("users", sa.Column("phone", sa.String(20)))
    {reach}
def downgrade():
    op.drop_column("users", "phone")
"""
MODEL = ATTEMPTS.solution.partition("%alembic")[0]
BLOG = "'postgresql+psycopg:///blog'"


@pytest.mark.parametrize(
    "reach, fault",
    [
        (f"sa.create_engine({BLOG}).connect()", "not_this_database"),
        ("psycopg.connect('dbname=postgres')", "not_this_database"),
        ("psycopg.Connection.connect('postgresql:///template1')", "not_this_database"),
        ("sa.create_engine('postgresql+psycopg://me@elsewhere.invalid/exercise_21_9').connect()", "not_this_database"),
        ("sa.create_engine('postgresql+psycopg://me@:5433/exercise_21_9').connect()", "not_this_database"),
        ("os.system('psql -c \"SELECT 1\"')", "reaches_outside"),
        (
            """sa.create_engine(os.environ['DATABASE_URL']).connect().close()
    psycopg.connect().close()
    psycopg.connect('dbname=exercise_21_9', user='postgres', autocommit=True).execute('SELECT 1')
    psycopg.connect(host=os.environ['PGHOST'], dbname='exercise_21_9').close()
    op.execute('ALTER DATABASE exercise_21_9 SET lock_timeout = 50')
    op.execute('CREATE ROLE passing')
    op.execute('DROP ROLE passing')""",
            "correct",
        ),
    ],
)
def test_only_the_copy_is_reached(me, reach, fault):
    me.run(MODEL)
    Path("migrations/versions/0007_x.py").write_text(REVISION.format(reach=reach), encoding="utf-8")
    me.run("%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20)")
    me.run("%sql UPDATE alembic_version SET version_num = '0007'")
    before = dump(NAME), on_server("SELECT rolname FROM pg_roles")
    assert key(me) == fault
    assert (dump(NAME), on_server("SELECT rolname FROM pg_roles")) == before


def test_an_upgrade_after_which_nothing_stays(me):
    """A transaction that env.py has begun itself, and that nobody commits."""
    me.run(ATTEMPTS.solution)
    path = Path("migrations/env.py")
    text = path.read_text(encoding="utf-8")
    begun = "def do_run_migrations(connection) -> None:\n"
    path.write_text(text.replace(begun, f"{begun}    connection.exec_driver_sql('SELECT 1')\n"), encoding="utf-8")
    assert key(me) == "upgrade_leaves_nothing"


def test_endless_sql_is_stopped(me, monkeypatch):
    monkeypatch.setattr("course.checking.SECONDS", 3)
    me.run(ATTEMPTS.solution)
    text = REVISION.format(reach="op.execute('SELECT pg_sleep(600)')")
    Path("migrations/versions/0007_add_users_phone.py").write_text(text, encoding="utf-8")
    assert key(me) == "takes_too_long"
    monkeypatch.undo()
    me.try_again()
    me.run(ATTEMPTS.solution)
    assert key(me) == "correct"


def test_roles_that_migrations_make_and_drop(me):
    """On the server of the checks a role can be dropped, which in the learner's database has rights."""
    me.run(MODEL)
    text = REVISION.format(reach="op.execute('CREATE ROLE r'); op.execute('GRANT SELECT ON users TO r')")
    text += "    op.execute('DROP OWNED BY r'); op.execute('DROP ROLE r')\n"
    Path("migrations/versions/0007_x.py").write_text(text, encoding="utf-8")
    me.run("%alembic upgrade head")
    me.exercise.MAY_CHANGE["database"].append("users")
    try:
        assert key(me) == "correct"
    finally:
        me.exercise.MAY_CHANGE["database"].remove("users")
    assert rows("SELECT has_table_privilege('r', 'users', 'SELECT')") == [(True,)]


# The reader's own server


@pytest.fixture
def own_server(learner, monkeypatch):
    """A server that is somebody else's: the learner's address has a name without more rights than to make databases."""
    postgres.stop_server()
    postgres.start_server()
    process, postgres.Server.process = postgres.Server.process, None
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE ROLE reader_of_blog")
        connection.execute("CREATE ROLE owner LOGIN CREATEDB CREATEROLE")
        connection.execute("CREATE DATABASE home OWNER owner")
    monkeypatch.setenv("DATABASE_URL", f"postgresql+psycopg://owner@/home?host={os.environ['PGHOST']}")
    yield process
    postgres.Server.address = None
    postgres.Server.process = process
    postgres.stop_server()
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
        os.environ.pop(name, None)


@pytest.mark.parametrize("wheel", [True, False])
def test_on_the_readers_own_server(learner, own_server, wheel, monkeypatch):
    if not wheel:
        monkeypatch.setattr(postgres, "put_programs_on_path", lambda: None)
        stop_server_of_checks()
    exercise_databases.Kept.position = None
    monkeypatch.setattr(session, "database_url", os.environ["DATABASE_URL"])
    assert NAME in say(learner, 'reset("21.9")')
    assert key(learner) == "not_started"
    learner.run(ATTEMPTS.solution)
    learner.run("%sql CREATE ROLE mine")
    learner.run("%sql GRANT SELECT ON users TO mine")
    before = on_server("SELECT rolname FROM pg_roles"), on_server("SELECT datname FROM pg_database")
    assert key(learner) == "table_changed"
    learner.run("%sql REVOKE SELECT ON users FROM mine")
    assert key(learner) == "correct"
    assert (on_server("SELECT rolname FROM pg_roles"), on_server("SELECT datname FROM pg_database")) == before
    assert {"mine", "reader_of_blog"} <= set(before[0])


def stop_server_of_checks():
    kept = postgres.Server.process
    postgres.Server.process = CheckServer.process
    postgres.stop_server()
    postgres.Server.process, CheckServer.process = kept, None


# Descriptions


SCHEMAS = [
    ("CREATE TABLE t (a varchar(20))", "CREATE TABLE t (a varchar(30))", False),
    ("CREATE TABLE t (a serial)", "CREATE TABLE x (a serial); ALTER TABLE x RENAME TO t", True),
    ("CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY)", "CREATE TABLE t (a serial)", False),
    ("CREATE TABLE t (a text DEFAULT 'x')", "CREATE TABLE t (a text DEFAULT 'x'::text)", True),
    ("CREATE TABLE t (a timestamp DEFAULT now())", "CREATE TABLE t (a timestamp DEFAULT CURRENT_TIMESTAMP)", True),
    ("CREATE TABLE t (a integer UNIQUE)", "CREATE TABLE t (a integer); CREATE UNIQUE INDEX i ON t (a)", True),
    ("CREATE TABLE t (a integer); CREATE INDEX i ON t (a)", "CREATE TABLE t (a integer)", False),
    (
        "CREATE TABLE t (a integer); CREATE INDEX i ON t (a) WHERE a > 1",
        "CREATE TABLE t (a integer); CREATE INDEX i ON t (a) WHERE a > 2",
        False,
    ),
    ("CREATE TABLE t (a integer CHECK (a > 1))", "CREATE TABLE t (a integer, CONSTRAINT c CHECK (a>1))", True),
    ("CREATE TABLE t (a integer CHECK (a > 1))", "CREATE TABLE t (a integer CHECK (a > 2))", False),
    (
        "CREATE TABLE t (a integer CHECK (a > 1))",
        "CREATE TABLE t (a integer); ALTER TABLE t ADD CHECK (a > 1) NOT VALID",
        False,
    ),
    (
        "CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y::z')))",
        "CREATE TABLE t (a varchar(9) CHECK (a = ANY (ARRAY['x', 'y::z'])))",
        True,
    ),
    (
        "CREATE TABLE p (a integer PRIMARY KEY); CREATE TABLE t (a integer REFERENCES p)",
        "CREATE TABLE p (a integer PRIMARY KEY); CREATE TABLE t (a integer);"
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID",
        False,
    ),
    ("CREATE TYPE m AS ENUM ('a', 'b')", "CREATE TYPE m AS ENUM ('b', 'a')", False),
    ("CREATE SCHEMA crm", "", False),
    ("CREATE SCHEMA crm; CREATE TABLE crm.t (a integer)", "CREATE SCHEMA crm; CREATE TABLE t (a integer)", False),
    ("CREATE VIEW v AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", False),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA", False),
    ("CREATE TABLE t (a integer); GRANT SELECT ON t TO pg_monitor", "CREATE TABLE t (a integer)", False),
    (
        "CREATE TABLE t (a integer); GRANT SELECT, INSERT ON t TO pg_monitor",
        "CREATE TABLE t (a integer); GRANT INSERT ON t TO pg_monitor; GRANT SELECT ON t TO pg_monitor",
        True,
    ),
    ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor", "", False),
    ("CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO pg_monitor", "CREATE SCHEMA s", False),
    ("CREATE FUNCTION f() RETURNS integer RETURN 1", "CREATE FUNCTION f() RETURNS integer RETURN 2", False),
    ("CREATE SEQUENCE s", "", False),
    ("CREATE TABLE alembic_version (version_num varchar(32))", "", True),
    ("CREATE SCHEMA s; CREATE TABLE s.marks (version_num varchar(32))", "CREATE SCHEMA s", True),
]


@pytest.fixture(scope="module")
def scratch(learner):
    """Describes what SQL makes of an empty database, on the server of the checks."""
    with server_of_checks():

        def described(script):
            empty("scratch")
            database = PostgresDatabase("scratch")
            database.run(script or "SELECT 1")
            found = database.schema()
            restore("restored", dump("scratch"))
            assert PostgresDatabase("restored").schema() == found, "another after a dump"
            return found

        yield described


@pytest.mark.parametrize("one, other, equal", SCHEMAS, ids=range(len(SCHEMAS)))
def test_schemas_are_compared_whole_and_not_by_their_text(scratch, one, other, equal):
    assert (scratch(one) == scratch(other)) == equal


def test_parts_have_the_names_that_they_have_on_sqlite(scratch):
    found = scratch(
        "CREATE TABLE users (id serial PRIMARY KEY, email varchar(200) NOT NULL UNIQUE, name text DEFAULT 'x');"
        "CREATE TABLE posts (id integer PRIMARY KEY, author_id integer NOT NULL REFERENCES users ON DELETE RESTRICT,"
        "status varchar(20) CHECK (status IN ('draft', 'published')));"
        "CREATE INDEX i ON posts (author_id)"
    )
    assert found["users"]["email"] == "VARCHAR(200) NOT NULL" and found["users"]["name"] == "TEXT DEFAULT x"
    assert found["users"]["PRIMARY KEY"] == "id" and found["users"]["UNIQUE email"] == "UNIQUE"
    assert found["posts"]["FOREIGN KEY author_id → users"] == "id ON DELETE RESTRICT"
    assert found["posts"]["INDEX author_id"] == "INDEX"
    assert found["posts"]["CHECK (status in('draft','published'))"] == "CHECK"


def test_strangers_come_into_every_table(scratch):
    scratch("""CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('good', 'bad');
        CREATE TABLE a (id serial PRIMARY KEY, n varchar(3) NOT NULL UNIQUE, m mood NOT NULL, b boolean NOT NULL,
                        w varchar(5) CHECK (w IN ('one', 'two')), t timestamptz NOT NULL, j jsonb, u uuid, x text[]);
        CREATE TABLE s.b (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a_id integer NOT NULL REFERENCES a,
                          d date, f double precision, n numeric(8, 2), i smallint);
        CREATE TABLE alembic_version (version_num varchar(32))""")  # fmt: skip
    database = PostgresDatabase("scratch")
    database.add_strangers({"s.b.i": [7]})
    found = database.all_rows()
    assert {table: len(rows) for table, rows in found.items()} == {"a": 2, "s.b": 2}
    assert {row["i"] for row in found["s.b"]} == {7, None} and {row["d"] is None for row in found["s.b"]} == {
        True,
        False,
    }

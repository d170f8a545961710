"""The project at the root on a real PostgreSQL: the same six migrations, up, down and up, online and as SQL."""

import re
import subprocess

import pytest

from course import postgres, words
from test_project import alembic, copy  # noqa: F401  fixtures

pytestmark = pytest.mark.skipif(postgres.put_programs_on_path() is None, reason="no wheel of PostgreSQL here")


@pytest.fixture(scope="module")
def server():
    words.use("ru")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD"):
            environment.delenv(name, raising=False)
        postgres.ensure_server(afresh=True)
        yield
        postgres.stop_server()


@pytest.fixture
def empty(server):
    """Makes an empty database and returns its URL."""

    def make(name):
        postgres.create_database(name)
        return f"postgresql+psycopg:///{name}"

    return make


def schema(name):
    """What pg_dump writes of a database's schema, without the random word that it guards its text with."""
    text = program("pg_dump", "--schema-only", "--no-comments", name)
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


def program(*words):
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up_down_and_up_again(alembic, empty):  # noqa: F811
    url = empty("blog")
    alembic("upgrade", "head", url=url)
    alembic("check", url=url)
    after = schema("blog")
    assert after.count("CREATE TABLE public.") == 4
    alembic("downgrade", "base", url=url)
    assert re.findall(r"CREATE \w+ public\.(\w+)", schema("blog")) == ["alembic_version"]
    alembic("upgrade", "head", url=url)
    alembic("check", url=url)
    assert schema("blog") == after


def test_each_step_back_and_forth_gives_the_same_schema(alembic, empty):  # noqa: F811
    url, before = empty("blog"), None
    for revision in re.findall(r"-> (\w+)", alembic("history"))[::-1]:
        alembic("upgrade", revision, url=url)
        after = schema("blog")
        alembic("downgrade", "-1", url=url)
        assert before is None or schema("blog") == before
        alembic("upgrade", revision, url=url)
        assert schema("blog") == after
        before = after


def test_offline_sql_applied_by_psql_gives_the_same_schema(copy, alembic, empty):  # noqa: F811
    online, offline = empty("online"), empty("offline")
    alembic("upgrade", "head", url=online)
    (copy / "up.sql").write_text(alembic("upgrade", "head", "--sql", url=offline), encoding="utf-8")
    (copy / "down.sql").write_text(alembic("downgrade", "head:base", "--sql", url=offline), encoding="utf-8")
    program("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "offline", "-f", str(copy / "up.sql"))
    assert schema("offline") == schema("online")
    program("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "offline", "-f", str(copy / "down.sql"))
    assert "CREATE TABLE" not in schema("offline").replace("CREATE TABLE public.alembic_version", "")

"""Repair it: a relative import, and a module of models that nobody imports, with rows at stake."""

from pathlib import Path

from ...opening import edit, sql
from ..checks import NotYet, convention_kept, database_of, models_agree, operations_found, schema_of_models

OPENS_ON = "03"
MAY_CHANGE = {"files": ["migrations/env.py", "models.py", "alembic.ini"]}
LIBRARY = """
CREATE TABLE users (
    id INTEGER NOT NULL, email VARCHAR(200) NOT NULL, name VARCHAR(100) NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id), CONSTRAINT uq_users_email UNIQUE (email)
);
CREATE TABLE books (id INTEGER NOT NULL, title VARCHAR(100) NOT NULL, CONSTRAINT pk_books PRIMARY KEY (id));
INSERT INTO users VALUES (1, 'marta@example.com', 'Марта'), (2, 'timur@example.com', 'Тимур');
INSERT INTO books VALUES (1, 'Emma'), (2, 'Dracula'), (3, 'Solaris');
"""


def set_up():
    edit("migrations/env.py", "from models import Base", "from ..models import Base")
    sql(LIBRARY)


def check(work):
    if "books" not in schema_of_models(work):
        raise NotYet("model_not_seen", table="books")
    models_agree(work)
    convention_kept(work)
    follows_books(work)
    compares_all(work)


def follows_books(work):
    """Autogenerate reads books.py itself: it sees a model that is written there later."""
    text = work.text("books.py")
    later = text[text.index("class Book") :].replace("Book", "WrittenLater").replace("books", "written_later")
    Path("books.py").write_text(f"{text}\n\n{later}", encoding="utf-8")
    if "written_later" not in schema_of_models(work):
        raise NotYet("not_from_books")


def compares_all(work):
    """`alembic check` finds that a table is missing and that a type differs: nothing hides them."""
    for script in work.scripts():
        Path(script.path).unlink()
    with database_of(work, None):
        work.alembic("current")
        if not Path("data.db").is_file():
            raise NotYet("another_database")
        sql("CREATE TABLE books (id INTEGER NOT NULL PRIMARY KEY, title INTEGER NOT NULL)")
        found = operations_found(work)
    if "Table('users'" not in found or "modify_type" not in found:
        raise NotYet("hidden")

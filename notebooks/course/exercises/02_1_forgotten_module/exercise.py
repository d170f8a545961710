"""Repair it: a relative import, and a module of models that nobody imports, with rows at stake."""

from pathlib import Path

from ...opening import edit, sql
from ..checks import Broken, NotYet, database_of, models_agree

OPENS_ON = "03"
MAY_CHANGE = {"files": ["migrations/env.py", "models.py", "alembic.ini"]}
ONE_MORE = """

class WrittenLater(Base):
    __tablename__ = "written_later"

    id: Mapped[int] = mapped_column(primary_key=True)
"""
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
    if "books" not in tables_of_models(work):
        raise NotYet("book_unseen")
    models_agree(work)
    follows_books(work)
    finds_both(work)


def tables_of_models(work):
    """The names of the tables that autogenerate sees in the models."""
    try:
        found = work.models()
    except Broken as error:
        if "relative import" in str(error):
            raise NotYet("relative_import") from None
        if "does not provide a MetaData" in str(error):
            raise NotYet("no_metadata") from None
        raise
    if not found:
        raise NotYet("no_metadata")
    return {table for metadata in found for table in metadata.tables}


def follows_books(work):
    """Autogenerate reads books.py itself: it sees a model that is written there later."""
    with open("books.py", "a", encoding="utf-8") as file:
        file.write(ONE_MORE)
    if "written_later" not in tables_of_models(work):
        raise NotYet("not_from_books")
    Path("books.py").write_bytes((work.opened / "books.py").read_bytes())


def finds_both(work):
    """On an empty database `alembic check` finds both tables: nothing hides them."""
    for script in work.scripts():
        Path(script.path).unlink()
    with database_of(work, None):
        try:
            said = work.alembic("check")
        except Broken as error:
            said = str(error)
        if not Path("data.db").is_file():
            raise NotYet("another_database")
    if "Table('users'" not in said or "Table('books'" not in said:
        raise NotYet("hidden")

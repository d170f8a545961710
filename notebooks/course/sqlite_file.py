"""A SQLite file as the checks look at it; postgres_database.py has its like for a database of a server."""

import re
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from .database import database_positions, describe, read_rows
from .faults import NotYet
from .guard import no_other_file
from .strangers import add_strangers

NAMED = r"CONSTRAINT\s+[\"`\[]?(\w+)[\"`\]]?\s+(FOREIGN KEY|REFERENCES|CHECK)"


class SqliteFile:
    """The questions that a check asks of a file, and what it does to one."""

    def __init__(self, path="data.db"):
        self.path = path
        self.name = str(path)

    @property
    def url(self):
        return f"sqlite:///{self.path}"

    def schema(self):
        """{table: {part: description}}, see database.describe()."""
        return describe(self.path)

    def all_rows(self):
        """{table: [{column: value}]}."""
        return read_rows(self.path)

    def rows(self, query):
        with sa.create_engine(self.url, poolclass=sa.NullPool).connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    def position(self):
        """The revisions in alembic_version: [] if there is no file, ["base"] before the first."""
        return database_positions(sa.make_url(self.url))

    def run(self, script):
        """Run SQL that may attach no other file; False if it leaves a transaction open."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.set_authorizer(no_other_file)
            connection.executescript(script)
            return not connection.in_transaction

    def add_strangers(self, values=None):
        add_strangers(self.path, values)

    def constraint_names(self):
        """{table: {name: kind}} of the foreign keys and CHECKs that have a name, which a description does not tell."""
        tables = self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        found = {table: re.findall(NAMED, sql, re.IGNORECASE) for table, sql in tables}
        return {t: {n: "CHECK" if k.upper() == "CHECK" else "FOREIGN KEY" for n, k in key} for t, key in found.items()}

    @contextmanager
    def replaced_by(self, source):
        """Put another file (None for none) into its place for the code inside."""
        path, kept = Path(self.path), Path(f"{self.path}.kept_by_check")
        path.replace(kept)
        if source:
            shutil.copyfile(kept if source is self else source.path, path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            kept.replace(path)

    def was_made(self):
        """Raise NotYet unless the file is there: the migrations may have gone to another database."""
        if not Path(self.path).is_file():
            raise NotYet("another_database")

    def schema_of(self, models):
        """The schema that models (a list of MetaData) alone would make."""
        made = Path("made_by_models.db")
        made.unlink(missing_ok=True)
        for metadata in models:
            metadata.create_all(sa.create_engine(f"sqlite:///{made}", poolclass=sa.NullPool))
        return describe(made)

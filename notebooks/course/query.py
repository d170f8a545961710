"""%sql: ipython-sql, looking into the lesson's data.db."""

import os

from sql.connection import Connection
from sql.magic import SqlMagic

from .places import current_folder
from .words import problem


class Query:
    """ipython-sql with one habit added: it connects for one cell only.

    An open connection would lock data.db against the next migration, and on Windows against being deleted.
    """

    def __init__(self, shell):
        self.magic = SqlMagic(shell)
        self.magic.feedback = self.magic.displaycon = False

    def __call__(self, line, cell=""):
        """Run SQL on data.db, or on the database whose SQLAlchemy URL comes first.

        Raises:
            CourseError: data.db does not exist yet (connecting would create an empty one).
        """
        if current_folder() is None:
            raise problem("folder_gone")
        first_words = f"{line} {cell}".split()
        if not first_words or "://" not in first_words[0]:
            if not os.path.exists("data.db"):
                raise problem("no_database", path="data.db")
            line = f"sqlite:///data.db {line}"
        try:
            result = self.magic.execute(line, cell, self.magic.shell.user_ns)
        finally:
            for name in list(Connection.connections):
                Connection.connections.pop(name).internal_connection.close()
        return result if getattr(result, "pretty", None) else None

"""%sql: ipython-sql, looking into the learner's database."""

import ast

from IPython.display import display
from sql.connection import Connection
from sql.magic import SqlMagic

from .database import as_url, connected, learners_database
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
        """Run SQL on the database of DATABASE_URL or data.db, or on the one whose SQLAlchemy URL comes first.

        Raises:
            CourseError: the database does not exist yet (connecting would create an empty one) or cannot be reached.
        """
        if current_folder() is None:
            raise problem("folder_gone")
        first_words = f"{line} {cell}".split()
        named = bool(first_words) and "://" in first_words[0]
        url = as_url(first_words[0]) if named else learners_database()
        with connected(url):
            pass  # a database that cannot be reached gets one sentence; ipython-sql would show a stack trace
        try:
            if not named:
                Connection(url)  # ipython-sql takes the connection that is open where the cell names none
            result = self.magic.execute(line, cell, self.magic.shell.user_ns)
        finally:
            for name in list(Connection.connections):
                Connection.connections.pop(name).internal_connection.close()
        return result if getattr(result, "pretty", None) else None

    def show(self, line, cell=""):
        """Run SQL as above, and show the rows at once rather than return them."""
        if (result := self(line, cell)) is not None:
            display(result)


class ShowEveryQuery(ast.NodeTransformer):
    """Lets each %sql of a cell show its rows: a notebook shows by itself only what the last line returns."""

    def visit_Module(self, module):
        for node in ast.walk(module):
            if isinstance(node, ast.Expr) and node is not module.body[-1] and isinstance(node.value, ast.Call):
                name = node.value.args[0] if node.value.args else None
                runs_magic = getattr(node.value.func, "attr", "") in ("run_line_magic", "run_cell_magic")
                if runs_magic and isinstance(name, ast.Constant) and name.value == "sql":
                    name.value = "sql_shown"
        return module

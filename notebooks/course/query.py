"""%sql: ipython-sql, looking into the learner's database."""

import ast
import re

import sqlalchemy as sa
from IPython.display import display
from sql.connection import Connection
from sql.magic import SqlMagic

from .database import STRING, as_url, connected, learners_database, server_says
from .places import current_folder
from .words import problem


class ServerSays(Exception):
    """An error of PostgreSQL in its own words; ipython-sql would add the query and an address on the web."""


class Query:
    """ipython-sql with one habit added: it connects for one cell only.

    An open connection would lock data.db against the next migration, and on Windows against being deleted. On
    PostgreSQL each statement is a transaction of its own, as in psql.
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
        if named and line.strip():
            line = line.replace(first_words[0], "", 1)
        elif named:
            cell = cell.replace(first_words[0], "", 1)
        if f"{line}{cell}".lstrip().startswith("\\"):
            raise problem("psql_command")
        try:
            open_for_a_cell(url)
            result = self.magic.execute(plain_colons(line), plain_colons(cell), self.magic.shell.user_ns)
        except ServerSays as answer:
            return print(answer)
        except sa.exc.StatementError as error:
            if name := re.search(r"bind parameter '(\w+)'", str(error)):
                raise problem("sql_parameter", name=name[1]) from None
            raise
        finally:
            close_all()
        return result if getattr(result, "pretty", None) else None

    def show(self, line, cell=""):
        """Run SQL as above, and show the rows at once rather than return them."""
        if (result := self(line, cell)) is not None:
            display(result)


def open_for_a_cell(url):
    """Open the connection that ipython-sql takes where a cell names none."""
    connection = Connection(url).internal_connection
    if url.get_backend_name() == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT")
        sa.event.listen(connection.engine, "handle_error", own_words)


def close_all():
    for name in list(Connection.connections):
        connection = Connection.connections.pop(name).internal_connection
        connection.close()
        connection.engine.dispose()


def own_words(context):
    """What SQLAlchemy raises in place of its own exception: ServerSays for an error of the server."""
    if isinstance(context.sqlalchemy_exception, sa.exc.DBAPIError):
        return ServerSays(server_says(context.original_exception))
    return None


def plain_colons(text):
    """A query in which a colon inside a string is text: for SQLAlchemy ':x' is a parameter there too."""
    return STRING.sub(lambda found: re.sub(r"(?<![:\\\w]):(?=\w)", r"\\:", found[0]), text)


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

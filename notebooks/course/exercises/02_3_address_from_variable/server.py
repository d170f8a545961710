"""A database server that is none: it keeps the addresses that it was asked for, and its data in a file."""

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url

ADDRESS = "postgresql+probe://blog:p%40ss%25word@db.example.com:5433/blog?application_name=course"
FILE = "server.db"


class Server(SQLiteDialect_pysqlite):
    """SQLite behind the address of a server."""

    driver = "probe"
    supports_statement_cache = True
    asked = []

    def create_connect_args(self, url):
        Server.asked.append(url)
        return super().create_connect_args(make_url(f"sqlite:///{FILE}"))


registry.register("postgresql.probe", __name__, "Server")

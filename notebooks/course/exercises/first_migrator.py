"""The part of another `alembic upgrade head`, which has come first, played by a check in a thread of its own."""

import threading
from contextlib import contextmanager, suppress
from unittest.mock import patch

import psycopg

LOCKS = """SELECT classid::bigint, objid::bigint, objsubid FROM pg_locks
WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
INDEX = "ix_posts_title"
A_WHILE, AT_MOST = 0.3, 2  # seconds: from the question about the lock until it surely waits; where no question is seen


@contextmanager
def statements_told_to(look):
    """Call `look` with each statement that this thread sends to PostgreSQL, by whatever means, before it goes."""
    execute, here = psycopg.Cursor.execute, threading.get_ident()

    def tell(cursor, statement, *rest, **more):
        if threading.get_ident() == here:
            look(str(statement))
        return execute(cursor, statement, *rest, **more)

    with patch.object(psycopg.Cursor, "execute", tell):
        yield


def locks_during(work, statement, run):
    """The advisory locks that are held when `run` sends a statement with this text in it."""
    found = []
    with statements_told_to(lambda text: found.extend(work.database.rows(LOCKS) if statement in text else ())):
        run()
    return found


class FirstMigrator:
    """Holds a lock until another asks for it, then applies 0007 and lets the lock go.

    `done`: 0007 is applied; `stopped`: the server has stopped it; `overtaken`: another applied 0007 before.
    """

    def __init__(self, work, lock):
        self.lock, self.connection = lock, work.database.connect()
        self.done = self.stopped = self.overtaken = False
        self.asked, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    @contextmanager
    def at_work(self):
        with suppress(psycopg.Error):  # on the reader's own server it may be forbidden
            self.connection.execute("SET deadlock_timeout = '100ms'")
        self.call("pg_advisory_lock")
        self.thread.start()
        try:
            with statements_told_to(self.look), patch("os.getpid", lambda: 1):  # as in another process
                yield self
        finally:
            self.over.set()
            self.asked.set()
            self.thread.join()
            self.connection.close()

    def look(self, statement):
        if "advisory" in statement.lower():
            self.asked.set()
        self.overtaken |= INDEX in statement and not (self.done or self.stopped)

    def call(self, function):
        """Call a function of PostgreSQL's on the lock, whose number is one of 64 bits or two of 32."""
        high, low, kind = self.lock
        if kind == 1:
            self.connection.execute(f"SELECT {function}(%s::bigint)", [signed(high << 32 | low, 64)])
        else:
            self.connection.execute(f"SELECT {function}(%s::int, %s::int)", [signed(high, 32), signed(low, 32)])

    def run(self):
        self.asked.wait(AT_MOST)
        try:
            if not self.over.wait(A_WHILE):
                self.connection.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON posts (title)")
                self.connection.execute("UPDATE alembic_version SET version_num = '0007'")
                self.done = True
        except psycopg.Error:
            self.stopped = True
        self.call("pg_advisory_unlock")


def signed(number, bits):
    return number - (1 << bits) if number >> (bits - 1) else number

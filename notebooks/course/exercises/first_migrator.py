"""The part of another `alembic upgrade head`, which has come first, played by a check in a thread of its own."""

import threading
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

LOCKS = """SELECT classid::bigint, objid::bigint, objsubid FROM pg_locks
WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock' AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
ANOTHER = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL (%s) AND backend_type = 'client backend'"""
LONG_ENOUGH = 0.5  # seconds from another's connection on; who does not wait has done his work by then


@contextmanager
def locks_seen(work, statement):
    """Give a list of the advisory locks that were held when an engine ran a statement with this text in it."""
    found = []

    def look(connection, cursor, text, *rest):
        if statement in text:
            found.extend(work.database.rows(LOCKS))

    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", look)


class FirstMigrator:
    """Holds a lock until another has come, then applies 0007 and lets it go."""

    def __init__(self, work, lock):
        self.lock = lock
        self.connection, self.watcher = work.database.connect(), work.database.connect()
        self.done = self.stopped = False
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.ask("pg_advisory_lock")
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()
        self.connection.close()
        self.watcher.close()

    def ask(self, function):
        """Call a function of PostgreSQL's on the lock, whose number is one of 64 bits or two of 32."""
        high, low, kind = self.lock
        if kind == 1:
            self.connection.execute(f"SELECT {function}(%s::bigint)", [signed(high << 32 | low, 64)])
        else:
            self.connection.execute(f"SELECT {function}(%s::int, %s::int)", [signed(high, 32), signed(low, 32)])

    def run(self):
        try:
            while not self.somebody_else() and not self.over.wait(0.02):
                pass
            self.over.wait(LONG_ENOUGH)
            if not self.over.is_set():
                self.connection.execute("CREATE INDEX CONCURRENTLY ix_posts_title ON posts (title)")
                self.connection.execute("UPDATE alembic_version SET version_num = '0007'")
                self.done = True
        except psycopg.Error:
            self.stopped = True
        self.ask("pg_advisory_unlock")

    def somebody_else(self):
        pids = [self.connection.info.backend_pid, self.watcher.info.backend_pid]
        return self.watcher.execute(ANOTHER, [pids]).fetchone()[0]


def signed(number, bits):
    return number - (1 << bits) if number >> (bits - 1) else number

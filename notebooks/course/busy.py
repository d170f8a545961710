"""A busy database for lesson 23: several connections at once, who waits for whom, and an application at work."""

import os
import threading
import time

import psycopg

from .words import problem, say, word

WAITING = """
    SELECT w.application_name, b.application_name
    FROM pg_stat_activity w JOIN pg_stat_activity b ON b.pid = ANY(pg_blocking_pids(w.pid))
    WHERE w.datname = current_database() AND w.wait_event_type = 'Lock'
    ORDER BY w.application_name"""
CLOSE = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()"""
COST = """
    SELECT (SELECT string_agg(mode, ' ') FROM pg_locks WHERE pid = pg_backend_pid() AND relation = %(table)s::regclass),
           (SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relid = %(table)s::regclass),
           pg_relation_filenode(%(table)s)"""
HOLDERS = """
    SELECT string_agg(DISTINCT application_name, ', ') FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"""


def connect(**options):
    """A connection to the lesson's database.

    Raises:
        CourseError: the server is not there; a new kernel has none until postgres() is called.
    """
    if not os.environ.get("DATABASE_URL", "").startswith("postgresql"):
        raise problem("no_postgres_yet")
    try:
        return psycopg.connect(**options)
    except psycopg.OperationalError:
        raise problem("no_postgres_yet") from None


def connections(*names):
    """A Session of each name; those that an earlier run of the cell has left open are closed."""
    with connect(autocommit=True) as connection:
        for name in reversed(names):  # who waits goes first, or it would get what it waits for
            connection.execute(CLOSE, [name])
    return [Session(name) for name in names]


class Session:
    """A connection to the database that PostgreSQL shows by its name."""

    def __init__(self, name):
        self.name, self.answer = name, "still waiting"
        self.connection = connect(application_name=name)

    def run(self, sql):
        """Run SQL in a transaction that stays open."""
        self.connection.execute(sql)

    def commit(self):
        """End the transaction, and close; once closed, there is nothing to end."""
        if not self.connection.closed:
            self.connection.commit()
            self.connection.close()

    def start(self, sql):
        """Run SQL and commit, and let the cell go on meanwhile."""
        self.thread = threading.Thread(target=self.run_and_commit, args=[sql], daemon=True)
        self.thread.start()

    def run_and_commit(self, sql):
        try:
            self.run(sql)
            self.commit()
            self.answer = "done"
        except psycopg.Error as error:
            self.answer = error.diag.message_primary

    def result(self):
        """Print what became of the SQL given to start()."""
        self.thread.join(timeout=30)
        print(f"{self.name}: {self.answer}")


def who_waits(count):
    """Print who waits for whom, as soon as so many do."""
    with connect(autocommit=True) as connection:
        for _ in range(500):
            waiting = connection.execute(WAITING).fetchall()
            if len(waiting) >= count:
                break
            time.sleep(0.02)
    if not waiting:
        say(word("nobody_waits"))
    for name, other in waiting:
        print(f"{name} waits for {other}")


def cost(change, table="posts"):
    """Print who has to wait while a change is made, and how many rows it reads; the change is taken back.

    Raises:
        CourseError: somebody's open transaction holds the table.
    """
    with connect(options="-c lock_timeout=5s") as connection:
        _, rows, file = connection.execute(COST, {"table": table}).fetchone()
        try:
            connection.execute(change)
        except psycopg.errors.LockNotAvailable:
            connection.rollback()
            (holders,) = connection.execute(HOLDERS).fetchone()
            raise problem("table_held", table=table, holders=holders) from None
        locks, rows_now, file_now = connection.execute(COST, {"table": table}).fetchone()
        connection.rollback()
    weak = locks in (None, "AccessShareLock", "ShareUpdateExclusiveLock")
    who = "all" if "AccessExclusive" in str(locks) else "nobody" if weak else "writers"
    print(f"{change:66} {who:7} wait, {'all rows written' if file != file_now else f'{rows_now - rows} rows read'}")


class Application:
    """A version of the application: sends its requests one after the other, again and again, until stop()."""

    def __init__(self, name, requests):
        self.name, self.requests, self.results, self.running = name, requests, [], True
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        (session,) = connections(self.name)
        with session.connection as connection:
            connection.autocommit = True
            while self.running and not connection.closed:
                for request in self.requests:
                    self.results.append(error_of(connection, request))
                time.sleep(0.005)

    def report(self, count=100):
        """Wait for so many more requests, and print how many of them failed."""
        first = len(self.results) + 1  # the one that is under way does not count
        while len(self.results) < first + count and self.thread.is_alive():
            time.sleep(0.01)
        self.tell(f"{count} requests", self.results[first : first + count])

    def stop(self):
        """End the application, and print how many of all its requests failed."""
        self.running = False
        self.thread.join(timeout=30)
        self.tell("all requests", self.results)

    def tell(self, which, results):
        errors = [error for error in results if error]
        print(f"{self.name}: {which}, {len(errors)} errors", *sorted(set(errors))[:1], sep=" · ")


def error_of(connection, request):
    """Send a request; return the server's message if it fails."""
    try:
        connection.execute(request)
    except psycopg.Error as error:
        return error.diag.message_primary or str(error)

"""What has been reported, in one SQLite file: where everybody stands, and when each exercise was solved."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import count

LONGEST_GAP = 600  # seconds between two reports that still count as work on the exercise
TABLES = """
CREATE TABLE IF NOT EXISTS person (
    place TEXT PRIMARY KEY, language TEXT, lesson TEXT, exercise TEXT,
    tries INTEGER, hints INTEGER, said TEXT, seen REAL
);
CREATE TABLE IF NOT EXISTS work (place TEXT, exercise TEXT, seconds REAL, PRIMARY KEY (place, exercise));
CREATE TABLE IF NOT EXISTS solved (
    place TEXT, language TEXT, exercise TEXT, at REAL, gone REAL, PRIMARY KEY (place, language, exercise)
);
"""
ADD_WORK = """
INSERT INTO work VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds
"""
ADD_SOLVED = "INSERT INTO solved VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET gone = NULL"


@dataclass(frozen=True)
class Standing:
    """Where somebody stands: the fields of the last report, when it came, and what there was before."""

    place: str
    language: str
    lesson: str | None
    exercise: str | None
    tries: int
    hints: int
    said: str
    seen: float
    seconds: float  # of work on the exercise at hand
    solved: dict  # {key: when it was solved first}


class Store:
    """The file. Each report is one transaction: a process that is killed loses none that it has answered."""

    def __init__(self, path):
        """Open the file; one that cannot be read is put aside, since learners send everything again.

        Args:
            path: the file, which need not exist.

        Raises:
            OSError, sqlite3.Error: it cannot be made either.
        """
        self.path = path
        try:
            self.connection = self.open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) or not path.exists():
                raise
            aside = (path.with_name(f"{path.stem}_spoilt_{n}{path.suffix}") for n in count(1))
            os.replace(path, next(name for name in aside if not name.exists()))
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            self.connection = self.open()

    def open(self):
        """A connection to a file that has the tables and can be read to its end."""
        connection = sqlite3.connect(self.path, timeout=5)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(TABLES)
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("malformed")
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self):
        """Let go of the file."""
        self.connection.close()

    def take(self, place, report, now):
        """Keep a report.

        Args:
            place: whose it is.
            report: a reports.Report.
            now: the time, in seconds.

        Raises:
            sqlite3.Error: it cannot be kept, the disk is full for example.
        """
        with self.connection:
            self.count_work(place, now)
            if report.solved is not None:
                self.mark(place, report, now)
            values = (report.language, report.lesson, report.exercise, report.tries, report.hints, report.said, now)
            self.connection.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (place, *values))

    def count_work(self, place, now):
        """Count the time since the last report as work on the exercise that was at hand, unless it was solved."""
        row = self.connection.execute("SELECT exercise, seen FROM person WHERE place = ?", (place,)).fetchone()
        if row and row[0]:
            known = "SELECT 1 FROM solved WHERE place = ? AND exercise = ? AND gone IS NULL"
            if not self.connection.execute(known, (place, row[0])).fetchone():
                self.connection.execute(ADD_WORK, (place, row[0], gap(row[1], now)))

    def mark(self, place, report, now):
        """Keep what is solved as the kernel says it; of what is not any more, it stays known that it was."""
        rows = "SELECT exercise FROM solved WHERE place = ? AND language = ? AND gone IS NULL"
        before = {key for (key,) in self.connection.execute(rows, (place, report.language))}
        for key in sorted(report.solved - before):
            self.connection.execute(ADD_SOLVED, (place, report.language, key, now))
        for key in before - report.solved:
            gone = "UPDATE solved SET gone = ? WHERE place = ? AND language = ? AND exercise = ?"
            self.connection.execute(gone, (now, place, report.language, key))

    def solved(self):
        """What is solved, in whichever language: {place: {key: when first}}."""
        rows = "SELECT place, exercise, MIN(at) FROM solved WHERE gone IS NULL GROUP BY place, exercise"
        found = {}
        for place, key, at in self.connection.execute(rows):
            found.setdefault(place, {})[key] = at
        return found

    def standings(self, now):
        """Everybody who has reported.

        Args:
            now: the time, in seconds.

        Returns:
            {place: Standing}.
        """
        solved = self.solved()
        rows = """
            SELECT person.*, coalesce(seconds, 0) FROM person
            LEFT JOIN work ON work.place = person.place AND work.exercise = person.exercise
        """
        found = {}
        with closing(self.connection.execute(rows)) as people:
            for *fields, seconds in people:
                place, seen, own = fields[0], fields[-1], solved.get(fields[0], {})
                if fields[3] not in own:
                    seconds += gap(seen, now)
                found[place] = Standing(*fields, seconds, own)
        return found


def gap(seen, now):
    """How much of the time since a report counts as work; none if the clock was put back."""
    return min(max(now - seen, 0), LONGEST_GAP)

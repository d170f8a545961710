"""What a migration sends to PostgreSQL, and who has to wait meanwhile: for the exercises of lesson 23."""

import re
from contextlib import contextmanager

import sqlalchemy as sa

from ..faults import Broken, NotYet

STOPS_WRITERS = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
        AND relation IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relname IN ('users', 'posts', 'comments'))
        AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))"""
READS_ROWS = r"\s*((WITH|DO)\b.*)?(UPDATE|DELETE FROM|ALTER TABLE\b.*\bVALIDATE CONSTRAINT)\b"
LOCKS_TABLE = r"\s*(ALTER TABLE\b(?!.*\bVALIDATE CONSTRAINT)|LOCK\b)"
COMMENT = r"(?m)--.*$|/\*[\s\S]*?\*/"


@contextmanager
def statements():
    """Give a list of (statement, whether those who write into a table have to wait already before it)."""
    found = []

    def note(connection, cursor, statement, *_):
        asked = connection.connection.driver_connection.execute(STOPS_WRITERS)
        found.append((statement, asked.fetchone()[0]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def upgraded(work, **signs):
    """What `upgrade head` sends, as statements() gives it.

    Args:
        signs: {key of a fault: the words in the error of `upgrade head` that call for it}.
    """
    with statements() as sent:
        try:
            work.alembic("upgrade head")
        except Broken as error:
            for key, words in signs.items():
                if words in str(error):
                    raise NotYet(key) from None
            raise
    return sent


def writers_wait(sent):
    """The first statement that reads the rows of a table while those who write into it have to wait, or None."""
    for text, wait in sent:
        text = re.sub(COMMENT, "", text)
        for piece in [text] if "$" in text else text.split(";"):  # several sent at once are one transaction
            plain = " ".join(piece.split())
            at_once = "FOREIGN KEY" in plain.upper() and "NOT VALID" not in plain.upper()
            if at_once or wait and re.match(READS_ROWS, plain, re.IGNORECASE) and "alembic_version" not in plain:
                return plain if len(plain) <= 90 else f"{plain[:89]}…"
            wait = wait or bool(re.match(LOCKS_TABLE, plain, re.IGNORECASE))
    return None


# An application at work on the comments


def works(work, revision, column, comments):
    """The version of the application that knows `column` changes a comment, adds one, and reads them all."""
    import psycopg

    one, value = sorted(comments)[len(comments) % 4], f"{column} {revision} {len(comments)}"
    change = f"UPDATE comments SET {column} = '{value}' WHERE id = {one} RETURNING id"
    add = f"INSERT INTO comments (post_id, author_id, {column}) VALUES (1, 1, '{value}') RETURNING id"
    try:
        work.database.run(f"UPDATE comments SET post_id = 2 WHERE id = {min(comments)}")
        comments |= {id: value for (id,) in work.database.rows(change) + work.database.rows(add)}
    except psycopg.Error as error:
        raise NotYet("version_fails", revision=revision, column=column, reason=error.diag.message_primary) from None
    reads(work, revision, column, comments)


def reads(work, revision, column, comments):
    """It reads {id: text} as they were written last, by whichever version."""
    found = dict(work.rows(f"SELECT id, {column} FROM comments"))
    for id, value in comments.items():
        if found.get(id, "—") != value:
            raise NotYet("reads_otherwise", revision=revision, column=column, id=id, wanted=value, found=found.get(id))

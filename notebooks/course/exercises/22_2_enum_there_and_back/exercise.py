"""Repair it: a migration that uses a new value of an enum at once, and one whose downgrade() leaves the type."""

from ...opening import alembic, sql
from ..checks import Broken, NotYet, at_head, cause, database_of, empty_database, same_rows

FILES = ["migrations/versions/0007_create_letters.py", "migrations/versions/0008_queue_letters.py"]
MAY_CHANGE = {"files": FILES, "database": ["letters.state", "TYPE letter_state"]}
LETTERS = "INSERT INTO letters (subject, state) VALUES ('Welcome', 'sent'), ('News', 'draft'), ('Best posts', 'draft')"


def set_up():
    alembic("upgrade 0007")
    sql(LETTERS)


def check(work):
    if (head := at_head(work)) != "0008":
        raise NotYet("another_head", head=head)
    drafts_are_queued(work, work.all_rows(work.before)["letters"])
    with database_of(work, work.before):
        work.database.run(LETTERS)
        letters = work.all_rows()["letters"]
        for revision, left in ("0007", ["letters", "TYPE letter_state"]), ("0006", []):
            upgrade(work, "0007")
            drafts_are_queued(work, letters)
            work.alembic(f"downgrade {revision}")
            if extra := [name for name in work.schema() if "letter" in name and name not in left]:
                raise NotYet("left_behind", what=extra[0])
            if left:
                same_rows({"letters": letters}, work.all_rows(), "letters_lost", free=["letters.state"])
        upgrade(work, "0006")
    with empty_database(work):
        upgrade(work, "base")


def drafts_are_queued(work, letters):
    state, values = work.schema()["letters"]["state"], work.schema().get("TYPE letter_state", {}).get("VALUES", "—")
    if state != "letter_state NOT NULL" or sorted(values.split(", ")) != ["draft", "queued", "sent"]:
        raise NotYet("type_differs", state=state, values=values)
    due = [{**letter, "state": letter["state"].replace("draft", "queued")} for letter in letters]
    same_rows({"letters": due}, work.all_rows(), "not_queued")


def upgrade(work, start):
    try:
        work.alembic("upgrade head")
    except Broken as error:
        raise NotYet("stops_from", start=start, reason=cause(error)) from None

"""Do it: mend what an applied revision has written by a new one, and keep what people wrote since."""

from ...opening import alembic, edit, sql
from ..checks import NotYet, database_of, empty_database, new_head, same_rows, upgrade_to_head

MAY_CHANGE = {"files": ["alembic.ini"], "database": ["users.nickname"]}
PEOPLE = """INSERT INTO users (email, name)
    VALUES ('{0}marta@example.com', 'Марта'), ('{0}timur@example.com.ua', 'Тимур')"""
THEIRS = """INSERT INTO users (email, name, nickname) VALUES ('{0}roman@example.com', 'Роман', '{0}@roman'),
    ('{0}oksana@example.com', 'Оксана', NULL), ('{0}anna@example.com', 'Анна', '{0}ANNA@example.com'),
    ('{0}ihor@example.com', 'Ігор', '{0}marta@example.com')"""
AS_0007 = "UPDATE users SET nickname = email WHERE email LIKE 'kept%'"


def set_up():
    nickname = "nickname: Mapped[str | None] = mapped_column(String(200))"
    edit("models.py", "avatar_url: Mapped", f"{nickname}\n    avatar_url: Mapped")
    alembic("upgrade 0006")
    sql(PEOPLE.format(""))
    alembic("upgrade 0007")
    sql(THEIRS.format(""))


def check(work):
    new_head(work, after="0007")
    mended(work.all_rows(work.before)["users"], work.all_rows()["users"])
    with empty_database(work):
        upgrade_to_head(work)
    with database_of(work, work.before):
        work.database.run(";".join([PEOPLE.format("kept."), AS_0007, THEIRS.format("kept.")]))
        before = work.all_rows()
        upgrade_to_head(work)
        after = work.all_rows()
        mended(before["users"], after["users"])
        same_rows(before, after, "upgrade_loses_rows", free=["users.nickname"])
        work.alembic("downgrade 0007")
        same_rows(after, work.all_rows(), "way_back_changes")


def mended(before, now):
    """Each nickname that was an address is its part before @, and any other is as it was."""
    found = {row["id"]: row["nickname"] for row in now}
    for row in before:
        own = row["nickname"] != row["email"]
        wanted = row["nickname"] if own else row["email"].partition("@")[0]
        now = found.get(row["id"])
        if now != wanted:
            mine = "address_left" if now == row["email"] else "cut_wrong"
            key = "empty_filled" if row["nickname"] is None else "own_changed" if own else mine
            raise NotYet(key, email=row["email"], nickname=row["nickname"], found=now)

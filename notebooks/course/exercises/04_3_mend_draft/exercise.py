"""Repair it: a draft that fails on a filled table and, once it runs, loses the data of a renamed column."""

from ...opening import edit, sql
from ..checks import (
    convention_kept,
    filled,
    has_effect,
    made_by_migrations,
    models_agree,
    models_have,
    new_head,
    renamed,
    same_rows,
    way_back,
)

OPENS_ON = "05"
DRAFT = "migrations/versions/0007_rename_avatar_add_state.py"
MAY_CHANGE = {
    "files": ["models.py", "alembic.ini", "migrations/env.py", DRAFT],
    "data.db": ["users.avatar_url", "users.photo_url", "comments.state"],
}
RENAMES = {"users.avatar_url": "users.photo_url"}
FILLS = {"comments.state": "visible"}


def set_up():
    edit("models.py", "avatar_url", "photo_url")
    edit("models.py", "(String(1000))\n", "(String(1000))\n    state: Mapped[str] = mapped_column(String(20))\n")
    sql("UPDATE users SET avatar_url = 'https://example.com/' || substr(email, 1, instr(email, '@') - 1) || '.png'")


def check(work):
    convention_kept(work)
    models_have(work, "users", {"photo_url": "VARCHAR(300)"}, absent=["avatar_url"])
    models_have(work, "comments", {"state": "VARCHAR(20) NOT NULL"}, defaults=False)
    head = new_head(work, after="0006")
    has_effect(work, head, "users", "photo_url")
    has_effect(work, head, "comments", "state")
    due = filled(renamed(work.all_rows(work.opened / "data.db"), RENAMES), FILLS)
    same_rows({"users": due["users"]}, work.all_rows(), "addresses_lost")
    same_rows({"comments": due["comments"]}, work.all_rows(), "state_not_visible")
    models_agree(work)
    made_by_migrations(work, renames=RENAMES, fills=FILLS)
    way_back(work, "0006", free=["comments.state"], renames=RENAMES)

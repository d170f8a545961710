"""Repair it: a draft that fails on a filled table and, once it runs, loses the data of a renamed column."""

from ...opening import edit, sql
from ..checks import (
    at_head,
    convention_kept,
    filled,
    has_effect,
    made_by_migrations,
    models_agree,
    models_have,
    new_revisions,
    not_by_hand,
    renamed,
    same_rows,
    schema_of_models,
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
    models_have(work, "comments", {"state": with_any_default(work, "VARCHAR(20) NOT NULL")})
    new_revisions(work, after="0006")
    not_by_hand(work)
    head = at_head(work)
    has_effect(work, head, "users", "photo_url")
    has_effect(work, head, "comments", "state")
    due = filled(renamed(work.all_rows(work.opened / "data.db"), RENAMES), FILLS)
    same_rows({"users": due["users"]}, work.all_rows(), "addresses_lost")
    same_rows({"comments": due["comments"]}, work.all_rows(), "state_not_visible")
    models_agree(work)
    made_by_migrations(work, renames=RENAMES, fills=FILLS)
    way_back(work, "0006", free=["comments.state"], renames=RENAMES)


def with_any_default(work, wanted):
    """The descriptions of comments.state that will do: a default of the database is the learner's choice."""
    found = schema_of_models(work).get("comments", {}).get("state", "")
    return (wanted, found) if found.startswith(f"{wanted} DEFAULT ") else (wanted,)

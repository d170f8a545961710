"""Do it: add the column phone to users, in the model, in the history and in the database."""

from ..checks import (
    NotYet,
    convention_kept,
    filled,
    has_effect,
    made_by_migrations,
    models_agree,
    models_have,
    new_head,
    same_rows,
    schema_of_models,
    way_back,
)

OPENS_ON = "05"
MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"], "data.db": ["users.phone"]}


def check(work):
    if "phone" in work.schema()["users"] and "phone" not in schema_of_models(work).get("users", {}):
        raise NotYet("only_in_database")
    convention_kept(work)
    models_have(work, "users", {"phone": "VARCHAR(20)"})
    if any(metadata.tables["users"].c.phone.default is not None for metadata in work.models()):
        raise NotYet("default_in_python")
    has_effect(work, new_head(work, after="0006"), "users", "phone")
    models_agree(work)
    rows = filled(work.all_rows(work.opened / "data.db"), {"users.phone": None})
    same_rows(rows, work.all_rows(), "phone_not_empty")
    made_by_migrations(work, fills={"users.phone": None})
    way_back(work, "0006", free=["users.phone"])

"""A trial of the tests: users.phone by a migration on PostgreSQL."""

from ...opening import alembic, sql
from ..checks import another_copy, columns_are, made_by_migrations, made_from_nothing, models_agree, new_head, way_back

MAY_CHANGE = {"files": ["models.py", "migrations/env.py"], "database": ["users.phone"]}


def set_up():
    alembic("upgrade head")
    sql("INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур')")
    sql("INSERT INTO posts (author_id, title, body) VALUES (1, 'First', 'text')")


def check(work):
    new_head(work, after="0006")
    columns_are("users.phone", {"phone": "VARCHAR(20)"}, {"phone": work.schema()["users"].get("phone", "")})
    models_agree(work)
    with another_copy(work):
        work.alembic("downgrade base")
    made_by_migrations(work, fills={"users.phone": None})
    made_from_nothing(work)
    way_back(work, "0006", free=["users.phone"])

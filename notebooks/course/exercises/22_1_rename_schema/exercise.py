"""Do it: give a schema another name, with its rows, its view and the rights of a role."""

from ...opening import alembic, sql
from ..checks import NotYet, each_way, models_agree, new_head, same_rows, same_schema, without_queries

PLACES = [f"{name} newsletter" for name in ("SCHEMA", "DEFAULT PRIVILEGES")]
PLACES += ["newsletter.subscribers", "newsletter.mailing_list"]
MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"], "database": [*PLACES]}
MAY_CHANGE["database"] += [place.replace("newsletter", "mailing") for place in PLACES]
CONTENTS = "SELECT to_json(found)::text FROM {} found ORDER BY 1"
SUBSCRIBE_ALL = """INSERT INTO newsletter.subscribers SELECT id, 'digest' FROM users ON CONFLICT DO NOTHING;
INSERT INTO users (email, name) VALUES ('oksana@example.com', 'Оксана')"""


def set_up():
    alembic("upgrade head")
    sql("INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур')")
    sql("INSERT INTO newsletter.subscribers VALUES (1, 'new posts'), (2, 'digest')")
    sql("CREATE SCHEMA shop; CREATE TABLE shop.goods (id integer); INSERT INTO shop.goods VALUES (1)")


def check(work):
    new_head(work, after="0009")
    all_is_in_place(work, "upgrade head", work.schema(work.before), work.all_rows(work.before))
    models_agree(work, others=["shop.goods"])
    each_way(work, ("upgrade head", "downgrade 0009", "upgrade head"), all_is_in_place, SUBSCRIBE_ALL)


def all_is_in_place(work, command, schema, rows):
    """What was in newsletter is now in the schema that the command leads to, and the other one is gone."""
    other, name = ("newsletter", "mailing") if "up" in command else ("mailing", "newsletter")
    if f"SCHEMA {other}" in work.schema():
        raise NotYet("old_schema_left", schema=other, command=command)
    wanted, found = (without_queries(renamed(one, name)) for one in (schema, work.schema()))
    same_schema(wanted, found, "differs", command=command)
    same_rows(renamed(rows, name), work.all_rows(), "rows_lost", command=command)
    joined = f"(SELECT name, email, topic FROM {name}.subscribers JOIN users ON id = user_id)"
    if work.rows(CONTENTS.format(f"{name}.mailing_list")) != work.rows(CONTENTS.format(joined)):
        raise NotYet("view_differs", command=command)


def renamed(found, name):
    return {
        t.replace("newsletter", name): parts for t, parts in found.items() if not t.startswith("DEFAULT PRIVILEGES")
    }

"""Do it: change the type of a column under a view and a materialized view, and give back all that goes with them."""

from ...opening import alembic, sql
from ..checks import NotYet, each_way, models_agree, new_head, same_rows, same_schema, without_queries

STARTS_AS = "22.1"
DEFAULTS = "DEFAULT PRIVILEGES newsletter"
PLACES = ["users.name", "newsletter.mailing_list", "newsletter.topic_readers", DEFAULTS]
MAY_CHANGE = {"files": ["models.py", "alembic.ini", "migrations/env.py"], "database": PLACES}
JOINED = "FROM newsletter.subscribers JOIN users ON id = user_id"
VIEWS = {
    "mailing_list": f"SELECT name, email, topic {JOINED}",
    "topic_readers": f"SELECT topic, string_agg(name, ', ' ORDER BY name) AS names {JOINED} GROUP BY 1",
}
CONTENTS = "SELECT to_json(found)::text FROM {} found ORDER BY 1"
SUBSCRIBE_ALL = "INSERT INTO newsletter.subscribers SELECT id, 'digest' FROM users ON CONFLICT DO NOTHING"
OTHERS = "INSERT INTO users (email, name) VALUES ('anna@example.com', 'Анна'); {}; "  # the second is no reader
OTHERS += "INSERT INTO users (email, name) VALUES ('oksana@example.com', 'Оксана')"


def set_up():
    alembic("upgrade 0009")
    sql("INSERT INTO users (email, name) VALUES ('marta@example.com', 'Марта'), ('timur@example.com', 'Тимур')")
    sql(SUBSCRIBE_ALL)
    alembic("upgrade head")


def check(work):
    new_head(work, after="0010")
    all_is_there(work, "upgrade head", work.schema(work.before))
    models_agree(work)
    each_way(work, ("upgrade head", "downgrade 0010", "upgrade head"), all_is_there, OTHERS.format(SUBSCRIBE_ALL))


def all_is_there(work, command, schema, rows=None):
    """The column has the length that the command leads to; all else is as before, but for the SQL of the views."""
    name = f"VARCHAR({200 if 'up' in command else 100}) NOT NULL"
    found = {table: parts for table, parts in without_queries(work.schema()).items() if table != DEFAULTS}
    same_schema(
        without_queries({**schema, "users": {**schema["users"], "name": name}}), found, "differs", command=command
    )
    same_rows(rows or {}, work.all_rows(), "rows_lost", command=command)
    for view, query in VIEWS.items() if rows else ():
        if work.rows(CONTENTS.format(f"newsletter.{view}")) != work.rows(CONTENTS.format(f"({query})")):
            raise NotYet("view_differs", view=view, command=command)

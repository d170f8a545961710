"""Do it: get the model's new column into a table that has rows."""

from ...opening import sql
from ..checks import NotYet, is_column, listed, same_rows

MAY_CHANGE = {"data.db": ["users"]}
USERS = {
    "id": "INTEGER NOT NULL",
    "email": "VARCHAR(200) NOT NULL",
    "phone": "VARCHAR(20)",
    "PRIMARY KEY": "id",
    "UNIQUE email": "UNIQUE",
}


def set_up():
    sql(
        "CREATE TABLE users (id INTEGER NOT NULL, email VARCHAR(200) NOT NULL, PRIMARY KEY (id), UNIQUE (email));"
        "INSERT INTO users VALUES (3, 'marta@example.com'), (7, 'timur@example.com')"
    )


def check(work):
    users = work.schema().get("users")
    if users is None:
        raise NotYet("table_missing", database="data.db", table="users")
    same_rows(work.all_rows(work.opened / "data.db"), work.all_rows(), "row_lost", database="data.db")
    if "phone" not in users:
        raise NotYet("no_phone", columns=listed(filter(is_column, users)))
    if users["phone"] != USERS["phone"]:
        raise NotYet("phone_differs", found=f"phone {users['phone']}".strip())
    for part in [*USERS, *users]:
        if part not in USERS:
            raise NotYet("not_in_model", part=part)
        if part not in users:
            raise NotYet("lost_on_the_way", part=part)
        if users[part] != USERS[part]:
            raise NotYet("not_as_model", part=part, wanted=USERS[part], found=users[part])

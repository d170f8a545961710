"""Exercise of lesson 00: a column that create_all() does not add."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from ..exercise import Exercise, NotYet

ROWS = [(3, "daria@example.com"), (7, "ostap@example.com")]

TABLE = "CREATE TABLE users (id INTEGER NOT NULL, email VARCHAR(200) NOT NULL, PRIMARY KEY (id), UNIQUE (email))"

PHONE = "phone: Mapped[str | None] = mapped_column(String(20))"

MODELS = f"""from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    {PHONE}
"""

UNIQUE = """SELECT count(*) FROM pragma_index_list('users') AS i, pragma_index_info(i.name) AS c
WHERE i."unique" AND c.name = 'email'"""


class AddPhone(Exercise):
    """Do it: get the model's new column into a table that has rows."""

    opens_on = "00"
    hints = {
        "ru": (
            "`create_all()` не меняет таблицу, которая уже есть. В уроке столбец `name` добавила инструкция SQL.",
            "Нужна инструкция `ALTER TABLE users ADD COLUMN …`. Тип `String(20)` в SQL записывают как `VARCHAR(20)`.",
        ),
        "uk": (
            "`create_all()` не змінює таблицю, яка вже є. В уроці стовпець `name` додала інструкція SQL.",
            "Потрібна інструкція `ALTER TABLE users ADD COLUMN …`. Тип `String(20)` в SQL записують як `VARCHAR(20)`.",
        ),
    }
    solution = "%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20)"
    why = {
        "ru": "`ALTER TABLE` меняет саму таблицу, поэтому строки остаются, а новый столбец в них пуст.",
        "uk": "`ALTER TABLE` змінює саму таблицю, тому рядки залишаються, а новий стовпець у них порожній.",
    }
    wrong = (
        (
            "%%sql\nALTER TABLE users ADD COLUMN phone VARCHAR(20);\nALTER TABLE users ADD COLUMN name VARCHAR(20)",
            "чего нет в модели",
        ),
        ("%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20) DEFAULT 'x'", "значение по умолчанию"),
        (
            "%%sql\nDROP TABLE users;\n"
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(200) NOT NULL UNIQUE, phone VARCHAR(20))",
            "строки пропали",
        ),
        (
            "%%sql\nDELETE FROM users;\nALTER TABLE users ADD COLUMN phone VARCHAR(20);\n"
            "INSERT INTO users (email) VALUES ('daria@example.com'), ('ostap@example.com')",
            "не все прежние строки",
        ),
        ("%sql DROP TABLE users", "нет таблицы `users`"),
        (f'replace("models.py", "    {PHONE}\\n", "")', "столбец нужно добавить в таблицу"),
        ("%sql ALTER TABLE users ADD COLUMN telephone VARCHAR(20)", "нет столбца `phone`"),
        ("%sql ALTER TABLE users ADD COLUMN phone TEXT", "тип `TEXT`"),
        ("%sql ALTER TABLE users ADD COLUMN phone VARCHAR(20) NOT NULL DEFAULT ''", "не может быть пустым"),
        (
            "%%sql\nCREATE TABLE other AS SELECT id, email, NULL AS phone FROM users;\nDROP TABLE users;\n"
            "CREATE TABLE users (id INTEGER, email VARCHAR(200) NOT NULL, phone VARCHAR(20));\n"
            "INSERT INTO users SELECT * FROM other",
            "изменился столбец `id` или `email`",
        ),
    )
    right = (
        "%%sql\nALTER TABLE users RENAME TO old;\n"
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(200) NOT NULL UNIQUE, phone VARCHAR(20));\n"
        "INSERT INTO users (id, email) SELECT id, email FROM old;\nDROP TABLE old",
        'from sqlalchemy import create_engine, text\nwith create_engine("sqlite:///data.db").begin() as connection:\n'
        '    connection.execute(text("alter table users add phone varchar(20) null"))',
    )

    def set_up(self):
        Path("models.py").write_text(MODELS, encoding="utf-8")
        with closing(sqlite3.connect("data.db")) as connection:
            connection.execute(TABLE)
            connection.executemany("INSERT INTO users VALUES (?, ?)", ROWS)
            connection.commit()

    def check(self, work, answer):
        columns = work.tables().get("users")
        if not columns:
            raise NotYet(
                ru="В `data.db` больше нет таблицы `users`. Начните заново: `reset(1)`.",
                uk="У `data.db` більше немає таблиці `users`. Почніть спочатку: `reset(1)`.",
            )
        check_rows(work)
        model = re.search(rf"^\s*{re.escape(PHONE)}", work.text("models.py"), re.MULTILINE)
        check_phone(columns, model)
        if not columns["id"]["primary_key"] or columns["email"]["nullable"] or work.rows(UNIQUE) == [(0,)]:
            raise NotYet(
                ru="В таблице `users` изменился столбец `id` или `email`: "
                "`id` должен остаться первичным ключом, а `email` — уникальным и непустым.",
                uk="У таблиці `users` змінився стовпець `id` або `email`: "
                "`id` має лишитися первинним ключем, а `email` — унікальним і без порожніх значень.",
            )
        if set(columns) != {"id", "email", "phone"} or columns["phone"]["default"]:
            raise NotYet(
                ru="В таблице `users` есть то, чего нет в модели: лишний столбец или значение по умолчанию у `phone`.",
                uk="У таблиці `users` є те, чого немає в моделі: зайвий стовпець або значення за замовчуванням у `phone`.",
            )
        if not model:
            raise NotYet(
                ru="Таблица готова, но описание столбца `phone` в `models.py` изменилось. Верните прежнее.",
                uk="Таблиця готова, але опис стовпця `phone` у `models.py` змінився. Поверніть попередній.",
            )


def check_rows(work):
    rows = work.rows("SELECT id, email FROM users")
    if not rows:
        raise NotYet(
            ru="Таблица `users` есть, но все её строки пропали, а их нужно сохранить. Начните заново: `reset(1)`.",
            uk="Таблиця `users` є, але всі її рядки зникли, а їх потрібно зберегти. Почніть спочатку: `reset(1)`.",
        )
    if not set(ROWS) <= set(rows):
        raise NotYet(
            ru="В таблице `users` не все прежние строки: какой-то нет, или у неё изменились `id` или `email`. "
            "Начните заново: `reset(1)`.",
            uk="У таблиці `users` бракує початкових рядків: змінилися їхні `id` або `email`. "
            "Почніть спочатку: `reset(1)`.",
        )


def check_phone(columns, model):
    if "phone" not in columns and not model:
        raise NotYet(
            ru="Модель менять не надо: столбец нужно добавить в таблицу. Верните `phone` в `models.py`.",
            uk="Модель змінювати не треба: стовпець потрібно додати до таблиці. Поверніть `phone` у `models.py`.",
        )
    if "phone" not in columns:
        found = ", ".join(f"`{name}`" for name in columns)
        raise NotYet(
            ru=f"В таблице `users` нет столбца `phone`. Сейчас в ней есть {found}.",
            uk=f"У таблиці `users` немає стовпця `phone`. Зараз у ній є {found}.",
        )
    found = str(columns["phone"]["type"])
    if found != "VARCHAR(20)":
        raise NotYet(
            ru=f"У столбца `phone` в таблице тип `{found}`, а в модели `String(20)`, то есть `VARCHAR(20)`.",
            uk=f"Стовпець `phone` у таблиці має тип `{found}`, а в моделі — `String(20)`, тобто `VARCHAR(20)`.",
        )
    if not columns["phone"]["nullable"]:
        raise NotYet(
            ru="Столбец `phone` в таблице не может быть пустым, а в модели может: там `str | None`.",
            uk="Стовпець `phone` у таблиці не може бути порожнім, а в моделі може: там `str | None`.",
        )


EXERCISES = [AddPhone]

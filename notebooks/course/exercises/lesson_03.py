"""Exercises of lesson 03: a revision by hand."""

import re
from pathlib import Path

from ..exercise import Broken, Exercise, NotYet
from ..terminal import Screen, run

USERS = {"olena@example.com", "timur@example.com", "andrij@example.com", "julia@example.com"}
REVISION_FILE = '''"""{message}

Revision ID: {revision}
Revises: {revises}
Create Date: 2026-01-15 10:00:00

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = {revision!r}
down_revision: Union[str, Sequence[str], None] = {parent!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    {upgrade}


def downgrade() -> None:
    """Downgrade schema."""
    {downgrade}
'''


def write_revision(revision, parent, message, upgrade="pass", downgrade="pass"):
    """Write a migration file as `alembic revision` would, with these bodies."""
    bodies = {"upgrade": "\n    ".join(upgrade.splitlines()), "downgrade": "\n    ".join(downgrade.splitlines())}
    text = REVISION_FILE.format(message=message, revision=revision, parent=parent, revises=parent or "", **bodies)
    path = Path("migrations", "versions", f"{revision}_{message.replace(' ', '_')}.py")
    path.write_text(text, encoding="utf-8")


def create(table, *columns):
    """The code that creates a table with a primary key id."""
    key = f'sa.PrimaryKeyConstraint("id", name="pk_{table}")'
    lines = ['sa.Column("id", sa.Integer(), nullable=False)', *columns, key]
    return "\n".join(["op.create_table(", f'    "{table}",', *(f"    {line}," for line in lines), ")"])


def text_column(name, length):
    return f'sa.Column("{name}", sa.String({length}), nullable=False)'


def created(work):
    """{table: the SQL that created it} of the learner's database."""
    return dict(work.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")) if work.tables() else {}


def built_from_files(work, table):
    """Put a new database, made by the migration files alone, in place of the copy of the learner's."""
    Path("data.db").unlink(missing_ok=True)
    try:
        work.alembic("upgrade head")
    except Broken as error:
        if f"table {table} already exists" not in str(error):
            raise
        raise NotYet(
            ru=f"Таблицу `{table}` создают две ревизии: на пустой базе вторая из них остановится с ошибкой.",
            uk=f"Таблицю `{table}` створюють дві ревізії: на порожній базі друга з них зупиниться з помилкою.",
        ) from None
    return created(work)


def check_start(work, table, number):
    """What must still be as it was: a file for the database's revision, the rows of users; no table out of nowhere."""
    revisions, position = work.history(), work.position()
    for revision in set(position) - {"base", *revisions}:
        raise NotYet(
            ru=f"База на `{revision}`, но файла этой ревизии нет. Верните его или начните заново: `reset({number})`.",
            uk=f"База на `{revision}`, але файлу цієї ревізії немає. "
            f"Поверніть його або почніть спочатку: `reset({number})`.",
        )
    tables = work.tables()
    if "users" not in tables or not USERS <= {email for (email,) in work.rows("SELECT email FROM users")}:
        raise NotYet(
            ru=f"Пропали прежние строки таблицы `users`. Верните их или начните заново: `reset({number})`.",
            uk=f"Із таблиці `users` зникли початкові рядки. Поверніть їх або почніть спочатку: `reset({number})`.",
        )
    if table in tables and position == ["0001"]:
        raise NotYet(
            ru=f"В `data.db` есть таблица `{table}`, хотя на ревизии `0001` её быть не должно. "
            f"Удалите её: `%sql DROP TABLE {table}`. Создать эту таблицу должна ревизия.",
            uk=f"У `data.db` є таблиця `{table}`, хоча на ревізії `0001` її не має бути. "
            f"Видаліть її: `%sql DROP TABLE {table}`. Створити цю таблицю має ревізія.",
        )


def check_columns(work, table, wanted):
    """The table that the files create: its columns {name: type}; the first is the key, none takes NULL."""
    found = work.tables()[table]
    if set(found) != set(wanted):
        has, needs = ", ".join(f"`{name}`" for name in found), ", ".join(f"`{name}`" for name in wanted)
        raise NotYet(
            ru=f"Ревизия создаёт в таблице `{table}` столбцы {has}, а нужны {needs}.",
            uk=f"Ревізія створює в таблиці `{table}` стовпці {has}, а потрібні {needs}.",
        )
    for name, kind in wanted.items():
        has = str(found[name]["type"])
        if has != kind:
            raise NotYet(
                ru=f"В файле миграции у столбца `{name}` таблицы `{table}` тип `{has}`, а нужен `{kind}`.",
                uk=f"У файлі міграції стовпець `{name}` таблиці `{table}` має тип `{has}`, а потрібен `{kind}`.",
            )
    key, *others = wanted
    if [name for name in found if found[name]["primary_key"]] != [key]:
        raise NotYet(
            ru=f"В файле миграции столбец `{key}` таблицы `{table}` должен быть первичным ключом.",
            uk=f"У файлі міграції стовпець `{key}` таблиці `{table}` має бути первинним ключем.",
        )
    for name in others:
        if found[name]["nullable"]:
            raise NotYet(
                ru=f"В файле миграции столбец `{name}` таблицы `{table}` допускает пустые значения, а не должен.",
                uk=f"У файлі міграції стовпець `{name}` таблиці `{table}` допускає порожні значення, а не повинен.",
            )


def check_files(work, table, wanted):
    """The files, run on an empty database, create the table as wanted; return the SQL they do it with."""
    position, heads = work.position(), work.heads()
    made = built_from_files(work, table)
    if table not in made and position == heads and len(work.history()) > 1:
        raise NotYet(
            ru=f"База уже на ревизии `{heads[0]}`, но `upgrade()` не создаёт таблицу `{table}`. "
            "Сначала сделайте шаг назад, потом заполните файл.",
            uk=f"База вже на ревізії `{heads[0]}`, але `upgrade()` не створює таблиці `{table}`. "
            "Спершу зробіть крок назад, потім заповніть файл.",
        )
    if table not in made:
        raise NotYet(
            ru=f"Ни одна ревизия не создаёт таблицу `{table}`: её должна создавать функция `upgrade()`.",
            uk=f"Жодна ревізія не створює таблиці `{table}`: її має створювати функція `upgrade()`.",
        )
    check_columns(work, table, wanted)
    return made[table]


def check_database(position, heads, table, found, made):
    """The learner's database is at the head, and has the table as the files create it."""
    if position != heads:
        raise NotYet(
            ru=f"База на `{position[0]}`, а вершина истории — `{heads[0]}`: ревизия ещё не применена.",
            uk=f"База на `{position[0]}`, а вершина історії — `{heads[0]}`: ревізію ще не застосовано.",
        )
    if found is None:
        raise NotYet(
            ru=f"В `alembic_version` записано `{heads[0]}`, но таблицы `{table}` в базе нет, "
            "и `upgrade` её уже не создаст. Сначала нужен шаг назад.",
            uk=f"В `alembic_version` записано `{heads[0]}`, але таблиці `{table}` у базі немає, "
            "і `upgrade` її вже не створить. Спершу потрібен крок назад.",
        )
    if found != made:
        raise NotYet(
            ru=f"Таблицу `{table}` в базе создали вручную, или файл миграции изменили после `upgrade`. "
            "Откатите ревизию и примените снова.",
            uk=f"Таблицю `{table}` у базі створили вручну, або файл міграції змінили після `upgrade`. "
            "Відкотіть ревізію й застосуйте знову.",
        )


def check_way_back(work, table):
    """The files lead back to 0001, which has users and no such table, and forward again."""
    work.alembic("downgrade 0001")
    if table in work.tables():
        raise NotYet(
            ru=f"После отката до `0001` таблица `{table}` осталась: проверьте `downgrade()`.",
            uk=f"Після відкочування до `0001` таблиця `{table}` залишилася: перевірте `downgrade()`.",
        )
    if "users" not in work.tables():
        raise NotYet(
            ru="После отката до `0001` пропала таблица `users`: `downgrade()` удаляет лишнее.",
            uk="Після відкочування до `0001` зникла таблиця `users`: `downgrade()` видаляє зайве.",
        )
    work.alembic("upgrade head")


def check_made(work, table, wanted):
    """The files create the table as wanted, the database has it from them, and there is a way back."""
    position, heads, found = work.position(), work.heads(), created(work).get(table)
    made = check_files(work, table, wanted)
    check_database(position, heads, table, found, made)
    check_way_back(work, table)


class AddTags(Exercise):
    """Do it: create the table tags by a revision of one's own."""

    opens_on = "04"
    hints = {
        "ru": (
            "Ревизию создаёт `alembic revision -m …`, таблицу — `op.create_table`, а удаляет её `op.drop_table`.",
            "Заполните обе функции так же, как в уроке для таблицы `users`: два столбца с `nullable=False` "
            "и первичный ключ. Потом запустите `%alembic upgrade head`.",
        ),
        "uk": (
            "Ревізію створює `alembic revision -m …`, таблицю — `op.create_table`, а видаляє її `op.drop_table`.",
            "Заповніть обидві функції так само, як в уроці для таблиці `users`: два стовпці з `nullable=False` "
            "і первинний ключ. Потім запустіть `%alembic upgrade head`.",
        ),
    }
    solution = """
%alembic revision -m "create tags" --rev-id 0002
replace(
    "migrations/versions/0002_create_tags.py",
    '''    \"\"\"Upgrade schema.\"\"\"
    pass''',
    '''    \"\"\"Upgrade schema.\"\"\"
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
    )''',
)
replace(
    "migrations/versions/0002_create_tags.py",
    '''    \"\"\"Downgrade schema.\"\"\"
    pass''',
    '''    \"\"\"Downgrade schema.\"\"\"
    op.drop_table("tags")''',
)
%alembic upgrade head
"""
    why = {
        "ru": "Таблицу создаёт `upgrade()`, а `downgrade()` удаляет её, так что пройти можно в обе стороны.",
        "uk": "Таблицю створює `upgrade()`, а `downgrade()` видаляє її, тож пройти можна в обидва боки.",
    }
    wrong = (
        ('%alembic revision -m "create tags"', "Ни одна ревизия не создаёт"),
        ('%alembic revision -m "create tags"\n%alembic upgrade head', "Сначала сделайте шаг назад"),
        ("%sql CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT)", "на ревизии `0001` её быть не должно"),
        (solution.replace("%alembic upgrade head", ""), "ещё не применена"),
        (solution.replace('op.drop_table("tags")', "pass"), "проверьте `downgrade()`"),
        (solution.replace('"name"', '"title"'), "а нужны `id`, `name`"),
        (solution.replace("sa.String(50)", "sa.Text()"), "а нужен `VARCHAR(50)`"),
        (solution.replace("(50), nullable=False", "(50)"), "допускает пустые значения"),
    )
    right = (
        solution.replace("0002", "abcd"),
        solution.replace('PrimaryKeyConstraint("id", name="pk_tags")', 'UniqueConstraint("name")').replace(
            "Integer(), nullable=False", "Integer(), primary_key=True"
        ),
    )

    def check(self, work, answer):
        check_start(work, "tags", 1)
        if list(work.history()) == ["0001"]:
            self.check_alone(work)
        check_made(work, "tags", {"id": "INTEGER", "name": "VARCHAR(50)"})

    def check_alone(self, work):
        """There is no revision but the one that was there: has it been given the new table?"""
        if "tags" in built_from_files(work, "tags"):
            raise NotYet(
                ru="Ревизия `0001` уже применена, поэтому правка её файла базу не меняет. "
                "Верните файл в прежний вид и создайте для `tags` новую ревизию.",
                uk="Ревізію `0001` вже застосовано, тому правка її файлу бази не змінює. "
                "Поверніть файлу попередній вигляд і створіть для `tags` нову ревізію.",
            )
        raise NotYet(ru="Новой ревизии пока нет, есть только `0001`.", uk="Нової ревізії поки немає, є лише `0001`.")


class TablesAfterDowngrade(Exercise):
    """Predict it: which tables remain after downgrade -1, when downgrade() forgets one."""

    opens_on = "04"
    asks = True
    hints = {
        "ru": (
            "Alembic выполнит только то, что написано в `downgrade()` ревизии `0002`, и не сверит это с `upgrade()`.",
            "`draw_schema()` покажет таблицы, которые есть сейчас. Вычеркните те, которые удаляет `downgrade()`.",
        ),
        "uk": (
            "Alembic виконає лише те, що написано в `downgrade()` ревізії `0002`, і не звірятиме це з `upgrade()`.",
            "`draw_schema()` покаже таблиці, які є зараз. Викресліть ті, які видаляє `downgrade()`.",
        ),
    }
    solution = ["alembic_version", "notes", "users"]
    why = {
        "ru": "`downgrade()` удаляет только `links`, про `notes` забыли; `alembic_version` остаётся всегда.",
        "uk": "`downgrade()` видаляє лише `links`, про `notes` забули; `alembic_version` залишається завжди.",
    }
    wrong = (
        (["users", "alembic_version"], "Что будет с таблицей `notes`"),
        (["users", "notes"], "где записана ревизия базы"),
        (["alembic_version", "notes"], "откатывает одну ревизию"),
        (["alembic_version", "users", "notes", "links"], "Таблицу `links` удаляет"),
        (["alembic_version", "users", "notes", "posts"], "Таблицы `posts` в базе нет"),
        (3, "список имён"),
    )
    right = ({"users", "notes", "alembic_version"}, "users, notes, alembic_version")

    def set_up(self):
        upgrade = create("notes", text_column("text", 500)) + "\n" + create("links", text_column("url", 300))
        write_revision("0002", "0001", "create notes and links", upgrade, 'op.drop_table("links")')
        run(["upgrade", "head"], Screen(), Screen())

    def names(self, answer):
        """The set of table names in an answer: a list, or one string."""
        answer = re.findall(r"\w+", answer) if isinstance(answer, str) else answer
        if not isinstance(answer, (list, tuple, set, frozenset)) or not all(isinstance(name, str) for name in answer):
            raise NotYet(
                ru='Ответ — список имён таблиц, каждое в кавычках: `["users", …]`.',
                uk='Відповідь — список імен таблиць, кожне в лапках: `["users", …]`.',
            )
        return {name.strip().lower() for name in answer}

    def check(self, work, answer):
        names = self.names(answer)
        for name in sorted(names - {"alembic_version", "users", "notes", "links"}):
            raise NotYet(
                ru=f"Таблицы `{name}` в базе нет и до отката.",
                uk=f"Таблиці `{name}` у базі немає й до відкочування.",
            )
        if "links" in names:
            raise NotYet(
                ru="Таблицу `links` удаляет `downgrade()` ревизии `0002`.",
                uk="Таблицю `links` видаляє `downgrade()` ревізії `0002`.",
            )
        if "users" not in names:
            raise NotYet(
                ru="`downgrade -1` откатывает одну ревизию, а `users` создала другая.",
                uk="`downgrade -1` відкочує одну ревізію, а `users` створила інша.",
            )
        if "notes" not in names:
            raise NotYet(
                ru="Что будет с таблицей `notes`? Перечитайте `downgrade()` ревизии `0002`.",
                uk="Що буде з таблицею `notes`? Перечитайте `downgrade()` ревізії `0002`.",
            )
        if "alembic_version" not in names:
            raise NotYet(
                ru="Одной таблицы не хватает: вспомните, где записана ревизия базы.",
                uk="Однієї таблиці бракує: згадайте, де записано ревізію бази.",
            )


class NextToApply(Exercise):
    """Find it out: which of five revisions with random ids will upgrade head apply first?"""

    opens_on = "03"
    asks = True
    chain = {  # in the order of the history, which is not that of the files' names
        "c41f7a90be52": "users",
        "5d09e3b7641a": "tags",
        "e8b26c15f07d": "notes",
        "1a7c4d8092ef": "links",
        "93f0b65ad21c": "drafts",
    }
    hints = {
        "ru": (
            "На какой ревизии база, говорит `current`. В каком порядке идут ревизии, говорит `history`.",
            "В выводе `history` найдите строку, где ревизия из `current` стоит слева от стрелки. Ответ стоит справа.",
        ),
        "uk": (
            "На якій ревізії база, каже `current`. У якому порядку йдуть ревізії, каже `history`.",
            "У виводі `history` знайдіть рядок, де ревізія з `current` стоїть ліворуч від стрілки. Відповідь праворуч.",
        ),
    }
    solution = "e8b26c15f07d"
    why = {
        "ru": "База на `5d09e3b7641a`, а этот идентификатор стоит в `down_revision` только у ревизии `e8b26c15f07d`.",
        "uk": "База на `5d09e3b7641a`, а цей ідентифікатор стоїть у `down_revision` лише в ревізії `e8b26c15f07d`.",
    }
    wrong = (
        ("5d09e3b7641a", "уже применена"),
        ("93f0b65ad21c", "в истории перед ней"),
        ("0003", "в истории нет"),
    )
    right = (" E8B26C15F07D ", "e8b26c15f07d_create_notes.py")

    def set_up(self):
        parent = None
        for revision, table in self.chain.items():
            columns = [text_column("email", 200)] if table == "users" else []
            body = create(table, *columns, text_column("name", 100))
            write_revision(revision, parent, f"create {table}", body, f'op.drop_table("{table}")')
            parent = revision
        run(["upgrade", "5d09e3b7641a"], Screen(), Screen())

    def check(self, work, answer):
        answer = str(answer).strip().lower().split("_")[0]
        order = list(self.chain)
        if answer not in order:
            raise NotYet(
                ru=f"Ревизии `{answer}` в истории нет: нужен идентификатор целиком, в кавычках.",
                uk=f"Ревізії `{answer}` в історії немає: потрібен повний ідентифікатор, у лапках.",
            )
        if order.index(answer) < 2:
            raise NotYet(ru=f"Ревизия `{answer}` уже применена.", uk=f"Ревізію `{answer}` вже застосовано.")
        if order.index(answer) > 2:
            raise NotYet(
                ru=f"Ревизия `{answer}` не применена, но в истории перед ней есть другая, которую тоже не применили.",
                uk=f"Ревізію `{answer}` не застосовано, але в історії перед нею є інша, яку теж не застосували.",
            )


class AppliedEmpty(Exercise):
    """Repair it: a revision was applied empty, and its file filled only afterwards."""

    opens_on = "04"
    file = "migrations/versions/0002_create_drafts.py"
    hints = {
        "ru": (
            "Нужен шаг назад, а `downgrade()` удаляет таблицу, которой нет. "
            "Что должна делать эта функция во время такого шага?",
            "Замените в `downgrade()` строку с `op.drop_table` на `pass` и запустите `%alembic downgrade -1`. "
            "Потом верните эту строку и запустите `%alembic upgrade head`.",
        ),
        "uk": (
            "Потрібен крок назад, а `downgrade()` видаляє таблицю, якої немає. "
            "Що має робити ця функція під час такого кроку?",
            "Замініть у `downgrade()` рядок з `op.drop_table` на `pass` і запустіть `%alembic downgrade -1`. "
            "Потім поверніть цей рядок і запустіть `%alembic upgrade head`.",
        ),
    }
    solution = f"""
replace("{file}", 'op.drop_table("drafts")', "pass")
%alembic downgrade -1
replace("{file}", "    pass", '    op.drop_table("drafts")')
%alembic upgrade head
"""
    why = {
        "ru": "Ревизию применили пустой, поэтому и шаг назад должен быть пустым: удалять было нечего.",
        "uk": "Ревізію застосували порожньою, тому й крок назад має бути порожнім: видаляти було нічого.",
    }
    by_hand = "%sql CREATE TABLE drafts (id INTEGER PRIMARY KEY, title VARCHAR(200) NOT NULL)"
    wrong = (
        (by_hand, "создали вручную"),
        (solution.replace("%alembic upgrade head", ""), "ещё не применена"),
        ("\n".join(solution.splitlines()[:3]) + "\n%alembic upgrade head", "проверьте `downgrade()`"),
        (f'import os\n\nos.remove("{file}")', "файла этой ревизии нет"),
        ('import os\n\nos.remove("data.db")\n%alembic upgrade head', "Пропали прежние строки"),
        ('%alembic revision -m "again"\n%alembic upgrade head', "`upgrade` её уже не создаст"),
    )
    right = (
        by_hand + "\n%alembic downgrade -1\n%alembic upgrade head",
        "%sql UPDATE alembic_version SET version_num = '0001'\n%alembic upgrade head",
    )

    def set_up(self):
        write_revision("0002", "0001", "create drafts")
        run(["upgrade", "head"], Screen(), Screen())
        body = create("drafts", text_column("title", 200))
        write_revision("0002", "0001", "create drafts", body, 'op.drop_table("drafts")')

    def check(self, work, answer):
        check_start(work, "drafts", 4)
        check_made(work, "drafts", {"id": "INTEGER", "title": "VARCHAR(200)"})


EXERCISES = [AddTags, TablesAfterDowngrade, NextToApply, AppliedEmpty]

"""Exercises of lesson 07: two heads."""

import ast
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..exercise import Broken, Exercise, NotYet
from ..terminal import Screen, run

VERSIONS = Path("migrations", "versions")
LOOKS = ("type", "nullable", "default")
TEXT = '''"""{title}

Revision ID: {id}
Revises: {revises}
"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {parents}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


@dataclass
class Revision:
    """A revision's file, as set_up() writes it."""

    id: str
    title: str
    upgrade: str = "pass"
    downgrade: str = "pass"
    revises: str = "0006"

    @property
    def path(self):
        return VERSIONS / f"{self.id}_{re.sub(r'[^a-z]+', '_', self.title)}.py"

    @property
    def text(self):
        ids = tuple(self.revises.split(", "))
        return TEXT.format(parents=repr(ids if len(ids) > 1 else ids[0]).replace("'", '"'), **vars(self))

    def write(self):
        self.path.write_text(self.text, encoding="utf-8")


def create(id_, table, column, **kwargs):
    """The revision that creates a table of two columns, id and `column`."""
    columns = 'sa.Column("id", sa.Integer(), primary_key=True)', f"sa.Column({column}, nullable=False)"
    upgrade = "".join(f"        {line},\n" for line in (f'"{table}"', *columns))
    upgrade = f"op.create_table(\n{upgrade}    )"
    return Revision(id_, f"create {table}", upgrade, f'op.drop_table("{table}")', **kwargs)


def add(id_, column, type_, value=None, **kwargs):
    """The revision that adds the column "table.name" and, where `value` is given, fills it with this SQL."""
    table, name = column.split(".")
    upgrade = f'op.add_column("{table}", sa.Column("{name}", sa.{type_}, nullable=True))'
    upgrade += f'\n    op.execute("UPDATE {table} SET {name} = {value}")' if value else ""
    return Revision(id_, f"add {column}", upgrade, f'op.drop_column("{table}", "{name}")', **kwargs)


def fill(query, rows):
    """Insert rows into data.db."""
    with closing(sqlite3.connect("data.db")) as connection, connection:
        connection.executemany(query, rows)


def listed(ids):
    return ", ".join(f"`{id_}`" for id_ in ids)


def code_of(text):
    """A file's code without its docstring, comments and layout."""
    return [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, ast.Expr)]


def base_rows_kept(work, number):
    """The four users, posts and comments that the project opens with."""
    tables = work.tables()
    for table in ("users", "posts", "comments"):
        if table not in tables or work.rows(f"SELECT count(*) FROM {table}")[0][0] < 4:
            raise NotYet(
                ru=f"В таблице `{table}` было четыре строки, а теперь их меньше. Начните заново: `reset({number})`.",
                uk=f"У таблиці `{table}` було чотири рядки, а тепер їх менше. Почніть спочатку: `reset({number})`.",
            )


def rows_kept(work, number, table, column, values):
    """The rows of the learner's own table."""
    found = work.rows(f"SELECT {column} FROM {table}") if table in work.tables() else []
    if not {(value,) for value in values} <= set(found):
        raise NotYet(
            ru=f"В `data.db` нет строк, которые были в таблице `{table}`. Откат удаляет таблицу вместе со строками. "
            f"Начните заново: `reset({number})`.",
            uk=f"У `data.db` немає рядків, які були в таблиці `{table}`. Відкочування видаляє таблицю разом із "
            f"рядками. Почніть спочатку: `reset({number})`.",
        )


def unchanged(work, *revisions):
    """The files of these revisions do what they did; another name or layout is all right."""
    found = []
    for file in VERSIONS.glob("*.py"):
        try:
            found.append(code_of(file.read_text(encoding="utf-8-sig")))
        except (SyntaxError, ValueError):
            work.history()  # raises Broken
    for revision in revisions:
        if code_of(revision.text) not in found and not revision.path.exists():
            raise NotYet(
                ru=f"Файла `{revision.path.name}` больше нет, а ревизия `{revision.id}` уже есть у других. "
                "Верните файл.",
                uk=f"Файлу `{revision.path.name}` більше немає, а ревізія `{revision.id}` вже є в інших. "
                "Поверніть файл.",
            )
        if code_of(revision.text) not in found:
            raise NotYet(
                ru=f"Файл `{revision.path.name}` изменён, а ревизия `{revision.id}` уже есть у других. "
                "Верните ему прежний вид.",
                uk=f"Файл `{revision.path.name}` змінено, а ревізія `{revision.id}` вже є в інших. "
                "Поверніть йому попередній вигляд.",
            )


def at_head(work):
    """The database is at the only head."""
    heads, position = work.heads(), work.position()
    if len(position) > 1 and heads[0] in position:
        raise NotYet(
            ru=f"Вершина одна, а строк в `alembic_version` несколько: {listed(position)}. Порядок ревизий поменяли, "
            "когда они уже были применены, и теперь `upgrade head` завершается ошибкой.",
            uk=f"Вершина одна, а рядків в `alembic_version` кілька: {listed(position)}. Порядок ревізій змінили, "
            "коли їх уже було застосовано, і тепер `upgrade head` завершується помилкою.",
        )
    if position != heads:
        raise NotYet(
            ru=f"База должна стоять на вершине, то есть на {listed(heads)}, а стоит на {listed(position)}.",
            uk=f"База має стояти на вершині, тобто на {listed(heads)}, а стоїть на {listed(position)}.",
        )


def column_there(work, theirs, column):
    """The colleague's column is in the database."""
    table, name = column.split(".")
    if name not in work.tables().get(table, {}):
        raise NotYet(
            ru=f"В `data.db` нет столбца `{column}`: функция `upgrade()` ревизии `{theirs.id}` "
            "на этой базе не выполнялась.",
            uk=f"У `data.db` немає стовпця `{column}`: функція `upgrade()` ревізії `{theirs.id}` "
            "на цій базі не виконувалася.",
        )


def files_match(work, table, column):
    """The files build the same on an empty database."""
    mine = described(work, table, column)
    Path("data.db").replace("learner.db")
    succeeds(work, "upgrade head")
    built = described(work, table, column)
    Path("learner.db").replace("data.db")
    for name, what in built.items():
        if not what:
            raise NotYet(
                ru=f"Файлы миграций создают не всё: на пустой базе после `upgrade head` нет `{name}`.",
                uk=f"Файли міграцій створюють не все: на порожній базі після `upgrade head` немає `{name}`.",
            )
        if what != mine[name]:
            raise NotYet(
                ru=f"В `data.db` и в новой базе, созданной по файлам миграций, `{name}` выглядит по-разному. "
                "Похоже, схему меняли вручную.",
                uk=f"У `data.db` і в новій базі, створеній за файлами міграцій, `{name}` має різний вигляд. "
                "Схоже, схему змінювали вручну.",
            )


def way_back(work, table, down_to):
    """A downgrade takes the learner's table away again."""
    succeeds(work, f"downgrade {down_to}")
    if table in work.tables():
        raise NotYet(
            ru=f"После `downgrade {down_to}` таблица `{table}` осталась: проверьте `downgrade()` своей ревизии.",
            uk=f"Після `downgrade {down_to}` таблиця `{table}` лишилася: перевірте `downgrade()` своєї ревізії.",
        )


def described(work, table, column):
    """{name: what it is, empty if it is not there} of a table and of the column "table.name"."""
    tables = work.tables()
    where, name = column.split(".")
    found = tables.get(where, {}).get(name, {})
    return {table: sorted(tables.get(table, ())), column: [str(found[key]) for key in found if key in LOOKS]}


def succeeds(work, line):
    """Run a command that the learner has not run."""
    where = {"upgrade": ("На пустой базе", "На порожній базі"), "downgrade": ("На вашей базе", "На вашій базі")}
    ru, uk = where[line.split()[0]]
    try:
        work.alembic(line)
    except Broken as error:
        first = str(error).partition("\n")[0]
        raise NotYet(
            ru=f"{ru} команда `{line}` завершается ошибкой: `{first}`.",
            uk=f"{uk} команда `{line}` зупиняється з помилкою: `{first}`.",
        ) from None


def filled(work, theirs, column, value):
    """The colleague's revision has written its values into the four rows."""
    table, name = column.split(".")
    if work.rows(f"SELECT count(*) FROM {table} WHERE id <= 4 AND {name} = {value}") != [(4,)]:
        raise NotYet(
            ru=f"В столбце `{column}` нет значений, которые записывает ревизия `{theirs.id}`. "
            "Похоже, столбец добавили вручную.",
            uk=f"У стовпці `{column}` немає значень, які записує ревізія `{theirs.id}`. "
            "Схоже, стовпець додали вручну.",
        )


class MergeTwoHeads(Exercise):
    """Repair it: two heads, both revisions already shared; make one head of them by a merge."""

    mine = create("0007a", "likes", '"post_id", sa.Integer()')
    theirs = add("0007b", "posts.slug", "String(50)", "'post-' || id")
    hints = {
        "ru": (
            "Сколько сейчас вершин и на какой из них база, покажет `draw_history()`. Какая ревизия соединяет ветки?",
            "Создайте слияние командой `merge heads` с сообщением в ключе `-m`, потом обновите до него базу.",
        ),
        "uk": (
            "Скільки зараз вершин і на якій із них база, покаже `draw_history()`. Яка ревізія з’єднує гілки?",
            "Створіть злиття командою `merge heads` із повідомленням у параметрі `-m`, потім оновіть базу до нього.",
        ),
    }
    solution = """
%alembic merge heads -m "merge likes and slug" --rev-id 0008
%alembic upgrade head
"""
    why = {
        "ru": "Слияние соединяет ветки и не трогает ревизий, которые уже есть у других; "
        "`upgrade head` применяет `0007b` и само слияние, и ничего не приходится откатывать.",
        "uk": "Злиття з’єднує гілки й не зачіпає ревізій, які вже є в інших; "
        "`upgrade head` застосовує `0007b` і саме злиття, і нічого не доводиться відкочувати.",
    }
    wrong = (
        ("%alembic upgrade heads", "Вершина должна быть одна"),
        ('%alembic merge heads -m "merge"', "База должна стоять на вершине"),
        ('%alembic merge heads -m "merge"\n%alembic stamp head', "нет столбца `posts.slug`"),
        (
            """replace("migrations/versions/0007a_create_likes.py", 'n = "0006"', 'n = "0007b"')
%alembic upgrade head""",
            "Файл `0007a_create_likes.py` изменён",
        ),
        ('import os\nos.remove("migrations/versions/0007b_add_posts_slug.py")', "больше нет, а ревизия `0007b`"),
        (f"%alembic downgrade 0006{solution}", "нет строк, которые были"),
    )
    right = (
        '%alembic upgrade heads\n%alembic merge 0007a 0007b -m "one head"\n%alembic upgrade head',
        """
%alembic revision -m "by hand" --head 0007a --rev-id abcd
replace("migrations/versions/abcd_by_hand.py", "None] = '0007a'", "None] = ('0007a', '0007b')")
%alembic upgrade head
""",
    )

    def set_up(self):
        self.mine.write()
        self.theirs.write()
        run(["upgrade", "0007a"], Screen(), Screen())
        fill("INSERT INTO likes (post_id) VALUES (?)", [(1,), (2,), (4,)])

    def check(self, work, answer):
        rows_kept(work, 1, "likes", "post_id", (1, 2, 4))
        base_rows_kept(work, 1)
        unchanged(work, self.mine, self.theirs)
        heads = work.heads()
        if len(heads) > 1:
            raise NotYet(
                ru=f"Вершина должна быть одна, а сейчас их {len(heads)}: {listed(heads)}. Соедините ветки.",
                uk=f"Вершина має бути одна, а зараз їх {len(heads)}: {listed(heads)}. З’єднайте гілки.",
            )
        at_head(work)
        column_there(work, self.theirs, "posts.slug")
        files_match(work, "likes", "posts.slug")
        filled(work, self.theirs, "posts.slug", "'post-' || id")
        way_back(work, "likes", "0006")


class BelowTheMerge(Exercise):
    """Predict it: which revisions alembic_version names after a downgrade to one side below a merge."""

    asks = True
    hints = {
        "ru": (
            "Посмотрите на рисунок: что стоит после `0007a`, а что — в другой ветке?",
            "Команда откатит `0009` и `0008a`. Сколько веток останется и какая применённая ревизия последняя в каждой?",
        ),
        "uk": (
            "Подивіться на малюнок: що стоїть після `0007a`, а що — в іншій гілці?",
            "Команда відкотить `0009` і `0008a`. Скільки гілок залишиться і яка застосована ревізія остання в кожній?",
        ),
    }
    solution = ["0007a", "0007b"]
    why = {
        "ru": "Команда откатывает только то, что стоит после `0007a`: слияние `0009` и ревизию `0008a`. "
        "Ревизия `0007b` из другой ветки остаётся применённой, поэтому отметок две.",
        "uk": "Команда відкочує лише те, що стоїть після `0007a`: злиття `0009` і ревізію `0008a`. "
        "Ревізія `0007b` з іншої гілки лишається застосованою, тому позначок дві.",
    }
    wrong = (
        (["0007a"], "Ветка Тимура"),
        (["0008a", "0007b"], "откатит и её"),
        (["0006"], "остаётся применённой"),
        (["0009"], "Слияние `0009`"),
        (["0006", "0007a", "0007b"], "не все применённые"),
        (2, "список идентификаторов"),
    )
    right = (["0007b", "0007a"], "0007a, 0007b", [("0007a",), ("0007b",)])

    def set_up(self):
        create("0007a", "tags", '"name", sa.String(50)').write()
        add("0007b", "users.city", "String(100)").write()
        add("0008a", "tags.color", "String(20)", revises="0007a").write()
        Revision("0009", "merge color and city", revises="0008a, 0007b").write()
        run(["upgrade", "head"], Screen(), Screen())

    def check(self, work, answer):
        named = set(re.findall(r"\w+", str(answer)))
        if not named or named - {*(f"000{n}" for n in range(1, 7)), "0007a", "0007b", "0008a", "0009"}:
            raise NotYet(
                ru='Ответ — список идентификаторов ревизий из этой истории, например `["0006"]`.',
                uk='Відповідь — список ідентифікаторів ревізій із цієї історії, наприклад `["0006"]`.',
            )
        self.nothing_above(named)
        self.both_branches(named)

    def nothing_above(self, named):
        """No revision is named that the command reverts."""
        if "0009" in named:
            raise NotYet(
                ru="Слияние `0009` стоит после `0007a`, поэтому команда откатит его первым.",
                uk="Злиття `0009` стоїть після `0007a`, тому команда відкотить його першим.",
            )
        if "0008a" in named:
            raise NotYet(
                ru="Ревизия `0008a` стоит между `0007a` и слиянием: команда откатит и её.",
                uk="Ревізія `0008a` стоїть між `0007a` і злиттям: команда відкотить і її.",
            )

    def both_branches(self, named):
        """The last applied revision of each branch is named, and no other."""
        if "0007a" not in named:
            raise NotYet(
                ru="Сама `0007a` остаётся применённой: команда откатывает только то, что стоит после неё.",
                uk="Сама `0007a` лишається застосованою: команда відкочує лише те, що стоїть після неї.",
            )
        if "0007b" not in named:
            raise NotYet(
                ru="Ветка Тимура не стоит после `0007a`. Что с ней сделает команда?",
                uk="Гілка Тимура не стоїть після `0007a`. Що з нею зробить команда?",
            )
        if len(named) > 2:
            raise NotYet(
                ru="В `alembic_version` записаны не все применённые ревизии, а только последняя в каждой ветке.",
                uk="В `alembic_version` записано не всі застосовані ревізії, а лише останню в кожній гілці.",
            )


class RenumberOwn(Exercise):
    """Repair it: put one's own revision, applied nowhere, after the colleague's; no merge."""

    mine = create("0007a", "messages", '"text", sa.String(200)')
    theirs = add("0007b", "comments.size", "Integer()", "length(text)")
    hints = {
        "ru": (
            "Порядок ревизий записан в файлах. Какой из двух файлов можно менять?",
            "Поменяйте `down_revision` в файле `0007a_create_messages.py` и только потом применяйте ревизии.",
        ),
        "uk": (
            "Порядок ревізій записано у файлах. Який із двох файлів можна змінювати?",
            "Змініть `down_revision` у файлі `0007a_create_messages.py` і лише потім застосовуйте ревізії.",
        ),
    }
    solution = """
replace("migrations/versions/0007a_create_messages.py", "Revises: 0006", "Revises: 0007b")
replace("migrations/versions/0007a_create_messages.py", 'down_revision = "0006"', 'down_revision = "0007b"')
%alembic upgrade head
"""
    why = {
        "ru": "Ревизия `0007a` нигде не применена, поэтому её можно поставить после `0007b`: история остаётся прямой, "
        "а файл Тимура прежним.",
        "uk": "Ревізію `0007a` ніде не застосовано, тому її можна поставити після `0007b`: історія лишається прямою, "
        "а файл Тимура — без змін.",
    }
    wrong = (
        ('%alembic merge heads -m "merge"\n%alembic upgrade head', "без слияния"),
        ("%alembic upgrade heads", "в файле своей ревизии"),
        (solution.replace("%alembic upgrade head", ""), "База должна стоять на вершине"),
        (f"%alembic upgrade 0007a{solution}", "нет столбца `comments.size`"),
        (f"%alembic upgrade heads{solution}", "строк в `alembic_version` несколько"),
        (
            """replace("migrations/versions/0007b_add_comments_size.py", '= "0006"', '= "0007a"')
%alembic upgrade head""",
            "изменён, а ревизия `0007b` уже есть у других",
        ),
        (
            'import os\nos.remove("migrations/versions/0007a_create_messages.py")\n%alembic upgrade head',
            "После `0007b` нет вашей ревизии",
        ),
    )
    right = (
        f"%alembic upgrade 0007a\n%alembic downgrade 0006{solution}",
        f"%alembic upgrade 0007b{solution}",
        """
import os
os.remove("migrations/versions/0007a_create_messages.py")
%alembic revision -m "create messages" --rev-id 0008
replace("migrations/versions/0008_create_messages.py", '''Upgrade schema.\"""
    pass''', '''Upgrade schema.\"""
    op.create_table("messages", sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.String(200), nullable=False))''')
replace("migrations/versions/0008_create_messages.py", '''Downgrade schema.\"""
    pass''', '''Downgrade schema.\"""
    op.drop_table("messages")''')
%alembic upgrade head
""",
    )

    def set_up(self):
        self.mine.write()
        self.theirs.write()

    def check(self, work, answer):
        base_rows_kept(work, 3)
        unchanged(work, self.theirs)
        self.is_straight(work)
        at_head(work)
        column_there(work, self.theirs, "comments.size")
        if "messages" not in work.tables():
            raise NotYet(
                ru="База стоит на вершине, но таблицы `messages` в ней нет.",
                uk="База стоїть на вершині, але таблиці `messages` у ній немає.",
            )
        files_match(work, "messages", "comments.size")
        filled(work, self.theirs, "comments.size", "length(text)")
        way_back(work, "messages", "0007b")

    def is_straight(self, work):
        """One head, no merge, and the learner's revision after the colleague's."""
        heads, history = work.heads(), work.history()
        merges = sorted(id_ for id_, parents in history.items() if len(parents) > 1)
        if merges:
            raise NotYet(
                ru=f"Здесь нужно обойтись без слияния, а в истории оно есть: {listed(merges)}.",
                uk=f"Тут треба обійтися без злиття, а в історії воно є: {listed(merges)}.",
            )
        if len(heads) > 1:
            raise NotYet(
                ru=f"Вершин сейчас {len(heads)}: {listed(heads)}. Посмотрите, что стоит в `down_revision` "
                "в файле своей ревизии.",
                uk=f"Вершин зараз {len(heads)}: {listed(heads)}. Перевірте `down_revision` "
                "у файлі своєї ревізії.",
            )
        if heads == ["0007b"]:
            raise NotYet(
                ru="После `0007b` нет вашей ревизии, которая создаёт таблицу `messages`.",
                uk="Після `0007b` немає вашої ревізії, яка створює таблицю `messages`.",
            )


class MendRenumbered(Exercise):
    """Stretch, repair it: an applied revision was renumbered, a column is missing, and rows must not be lost."""

    mine = create("0007a", "tags", '"name", sa.String(50)', revises="0007b")
    theirs = add("0007b", "users.login", "String(50)", "'user' || id")
    hints = {
        "ru": (
            "Откат `0007a` удалил бы строки. Как без него показать Alembic, что `0007b` ещё не применена?",
            "Верните `0007a` на место сразу после `0006`, но не откатывайте её: примените `0007b` и соедините ветки.",
        ),
        "uk": (
            "Відкочування `0007a` видалило б рядки. Як без нього показати Alembic, що `0007b` не застосовано?",
            "Поверніть `0007a` на місце після `0006`, але не відкочуйте її: застосуйте `0007b` і з’єднайте гілки.",
        ),
    }
    back = """
replace("migrations/versions/0007a_create_tags.py", "Revises: 0007b", "Revises: 0006")
replace("migrations/versions/0007a_create_tags.py", 'down_revision = "0007b"', 'down_revision = "0006"')
"""
    forth = """
replace("migrations/versions/0007a_create_tags.py", "Revises: 0006", "Revises: 0007b")
replace("migrations/versions/0007a_create_tags.py", 'down_revision = "0006"', 'down_revision = "0007b"')
"""
    solution = f"""{back}%alembic upgrade heads
%alembic merge heads -m "merge tags and login" --rev-id 0008
%alembic upgrade head
"""
    why = {
        "ru": "Когда `0007a` снова стоит после `0006`, Alembic видит, что `0007b` не применена, и применяет её; "
        "слияние соединяет ветки, и таблицу со строками откатывать не нужно.",
        "uk": "Коли `0007a` знову стоїть після `0006`, Alembic бачить, що `0007b` не застосовано, і застосовує її; "
        "злиття з’єднує гілки, і таблицю з рядками відкочувати не треба.",
    }
    wrong = (
        (f"{back}%alembic downgrade 0006{forth}%alembic upgrade head", "нет строк, которые были"),
        (f"{back}%alembic upgrade heads", "Вершина должна быть одна"),
        ("%alembic stamp 0007b", "нет столбца `users.login`"),
        (f"{back}%alembic upgrade heads{forth}", "строк в `alembic_version` несколько"),
        ("%alembic stamp 0006\n%alembic upgrade 0007b", "а стоит на `0007b`"),
        ("%sql ALTER TABLE users ADD COLUMN login VARCHAR(50)", "добавили вручную"),
        (
            """
%alembic revision -m "add login again" --rev-id 0008
replace("migrations/versions/0008_add_login_again.py", '''Upgrade schema.\"""
    pass''', '''Upgrade schema.\"""
    op.add_column("users", sa.Column("login", sa.String(50)))''')
%alembic upgrade head
""",
            "На пустой базе команда `upgrade head`",
        ),
        (
            f"""{back}replace("migrations/versions/0007b_add_users_login.py", '= "0006"', '= "0007a"')
%alembic upgrade head""",
            "изменён, а ревизия `0007b` уже есть у других",
        ),
    )
    right = (
        "%alembic stamp 0006\n%alembic upgrade 0007b\n%alembic stamp head",
        f"{back}%alembic upgrade heads{forth}%alembic stamp --purge head",
        f'{back}%alembic merge heads -m "merge"\n%alembic upgrade head',
    )

    def set_up(self):
        create("0007a", "tags", '"name", sa.String(50)').write()
        run(["upgrade", "0007a"], Screen(), Screen())
        fill("INSERT INTO tags (name) VALUES (?)", [("alembic",), ("sqlite",), ("git",)])
        self.theirs.write()
        self.mine.write()

    def check(self, work, answer):
        rows_kept(work, 4, "tags", "name", ("alembic", "sqlite", "git"))
        base_rows_kept(work, 4)
        unchanged(work, self.theirs)
        heads = work.heads()
        if len(heads) > 1:
            raise NotYet(
                ru=f"Вершина должна быть одна, а сейчас их {len(heads)}: {listed(heads)}.",
                uk=f"Вершина має бути одна, а зараз їх {len(heads)}: {listed(heads)}.",
            )
        column_there(work, self.theirs, "users.login")
        at_head(work)
        files_match(work, "tags", "users.login")
        filled(work, self.theirs, "users.login", "'user' || id")
        way_back(work, "tags", "0006")


EXERCISES = [MergeTwoHeads, BelowTheMerge, RenumberOwn, MendRenumbered]

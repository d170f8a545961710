"""Exercises of lesson 05: forward and back."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ..exercise import Exercise, NotYet
from ..lesson_folder import PROJECT

VERSIONS = Path("migrations", "versions")


def at(work, path):
    """The revision a database is at: "0006", "base", several with commas."""
    return ", ".join(work.position(path))


def counts(work, path, *columns):
    """How many filled values each table.column has; None for a column that is not there."""
    tables, found = work.tables(path), []
    for table, column in (name.split(".") for name in columns):
        there = column in tables.get(table, {})
        found.append(work.rows(f"SELECT count({column}) FROM {table}", path)[0][0] if there else None)
    return found


def schema(work, path):
    """{table: {column: (type, whether it may be NULL, default)}}."""
    tables = work.tables(path).items()
    return {t: {n: (str(c["type"]), c["nullable"], c["default"]) for n, c in columns.items()} for t, columns in tables}


def change_data(path, script):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


class Exactly0003(Exercise):
    """Do it: take the database to revision 0003, with a copy made before."""

    hints = {
        "ru": (
            "Назад ведёт `downgrade`. Что он удалит, того не вернуть, поэтому начните с копии.",
            "Скопируйте файл через `shutil.copyfile`, потом откатите базу, назвав цель: сама `0003` не откатится.",
        ),
        "uk": (
            "Назад веде `downgrade`. Що він видалить, того не повернути, тож почніть із копії.",
            "Скопіюйте файл через `shutil.copyfile`, потім відкотіть базу, назвавши ціль: сама `0003` лишиться.",
        ),
    }
    solution = """
import shutil

shutil.copyfile("data.db", "backup.db")
%alembic downgrade 0003
"""
    why = {
        "ru": "Откат до `0003` отменяет только то, что было после неё, а всё удалённое осталось в копии.",
        "uk": "Відкочування до `0003` скасовує лише те, що було після неї, а все видалене лишилося в копії.",
    }
    copy = "import shutil\nshutil.copyfile('data.db', 'backup.db')\n"
    wrong = (
        (f"{copy}%alembic upgrade 0003", "Назад ведёт `downgrade`"),
        (f"{copy}%alembic downgrade -2", "на `0004`"),
        (f"{copy}%alembic stamp 0003", "только отметка"),
        (f"{copy}%alembic downgrade base\n%alembic upgrade 0003", "пропали строки"),
        ("%alembic upgrade 0003\nopen('note.txt', 'w').close()", "Сначала сохраните копию"),
        ("%alembic downgrade 0003", "файла `backup.db` нет"),
        (f"%alembic downgrade 0003\n{copy}", "после отката"),
        (f"{copy}%alembic downgrade -3\nshutil.move('migrations/versions/0006_add_posts_status.py', '.')", "нет файла"),
    )
    right = ("import shutil\nshutil.copy('data.db', 'backup.db')\n%alembic downgrade -1\n%alembic downgrade head-3",)

    def check(self, work, answer):
        self.check_files(work)
        self.check_position(work)
        self.check_schema_and_rows(work)
        self.check_backup(work)

    def check_files(self, work):
        for file in sorted((PROJECT / VERSIONS).glob("*.py")):
            text = work.text(VERSIONS / file.name)
            if not text:
                raise NotYet(
                    ru=f"В папке `migrations/versions` нет файла `{file.name}`: верните его.",
                    uk=f"У теці `migrations/versions` немає файлу `{file.name}`: поверніть його.",
                )
            if text.split() != file.read_text(encoding="utf-8").split():
                raise NotYet(
                    ru=f"Файл миграции `{file.name}` изменён: верните прежний текст.",
                    uk=f"Файл міграції `{file.name}` змінено: поверніть попередній текст.",
                )
        if work.heads() != ["0006"]:
            raise NotYet(
                ru="В истории появилась лишняя ревизия: вершиной должна быть `0006`.",
                uk="В історії з’явилася зайва ревізія: вершиною має бути `0006`.",
            )

    def check_position(self, work):
        now = at(work, "data.db")
        if now == "0006" and not work.position("backup.db"):
            raise NotYet(
                ru="Сначала сохраните копию базы: файла `backup.db` нет.",
                uk="Спершу збережіть копію бази: файлу `backup.db` немає.",
            )
        if now == "0006":
            raise NotYet(
                ru="База `data.db` по-прежнему на `0006`. Назад ведёт `downgrade`.",
                uk="База `data.db` і досі на `0006`. Назад веде `downgrade`.",
            )
        if now != "0003":
            raise NotYet(
                ru=f"База `data.db` на `{now}`, а нужна ревизия `0003`.",
                uk=f"База `data.db` на `{now}`, а потрібна ревізія `0003`.",
            )

    def check_schema_and_rows(self, work):
        tables = {table: set(columns) for table, columns in work.tables().items()}
        posts, users = {"id", "author_id", "header", "body"}, {"id", "email", "name", "avatar_url"}
        if "comments" in tables or "status" in tables.get("posts", ()):
            raise NotYet(
                ru="В `data.db` на `0003` перешла только отметка: изменения более поздних ревизий в схеме остались.",
                uk="У `data.db` на `0003` перейшла лише позначка: зміни пізніших ревізій у схемі лишилися.",
            )
        if tables != {"users": users, "posts": posts}:
            raise NotYet(
                ru="Отметка `data.db` — `0003`, но таблицы или столбцы в базе не такие, как после ревизии `0003`.",
                uk="Позначка `data.db` — `0003`, але таблиці або стовпці в базі не такі, як після ревізії `0003`.",
            )
        if counts(work, "data.db", "users.email", "posts.header") != [4, 4]:
            raise NotYet(
                ru="Из `users` или `posts` пропали строки: не откатывайте базу дальше `0003`. "
                "Начните заново: `reset(1)`.",
                uk="З `users` або `posts` зникли рядки: не відкочуйте базу далі за `0003`. Почніть із `reset(1)`.",
            )

    def check_backup(self, work):
        if not work.position("backup.db"):
            raise NotYet(
                ru="База на `0003`, но файла `backup.db` нет, и комментарии потеряны. Начните заново: `reset(1)`.",
                uk="База на `0003`, але файлу `backup.db` немає, і коментарі втрачено. Почніть із `reset(1)`.",
            )
        full = counts(work, "backup.db", "users.id", "posts.status", "comments.id") == [4, 4, 4]
        if not full or work.position("backup.db") != ["0006"]:
            raise NotYet(
                ru="В `backup.db` не прежняя база: копия сделана после отката. Начните заново: `reset(1)`.",
                uk="У `backup.db` не початкова база: копію знято після відкочування. Почніть із `reset(1)`.",
            )


class WhereFrom(Exercise):
    """Find it out: which of eight unnamed revisions adds posts.pinned."""

    asks = True
    added = (  # revision, message, what it does, table, column
        ("3f9c21d07be4", "sprint 11", "add", "users", "phone"),
        ("a81e5b0c4d27", "small fixes", "add", "comments", "pinned"),
        ("c40d7e92f1a6", "sprint 12", "add", "posts", "summary"),
        ("07be91f3d5c8", "editor feedback", "add", "posts", "pinned"),
        ("e5d2086ca93b", "more small fixes", "drop", "comments", "pinned"),
        ("91c7a3e04f5d", "sprint 13", "add", "posts", "slug"),
        ("5b80f6d1e29a", "cleanup", "drop", "users", "phone"),
        ("d20a94b7c61e", "before release", "add", "comments", "edited_by"),
    )
    hints = {
        "ru": (
            "Порядок ревизий покажет `history`. Дальше читайте файлы или обновляйте базу по шагам и смотрите на схему.",
            "Сделайте шаг `upgrade +1` и вызовите `draw_schema()`; повторяйте, пока в `posts` не появится `pinned`.",
        ),
        "uk": (
            "Порядок ревізій покаже `history`. Читайте файли або оновлюйте базу крок за кроком і дивіться на схему.",
            "Зробіть крок `upgrade +1` і викличте `draw_schema()`; повторюйте, доки в `posts` не з’явиться `pinned`.",
        ),
    }
    solution = "07be91f3d5c8"
    why = {
        "ru": "До этой ревизии в `posts` нет столбца `pinned`, а после неё он есть; ревизия `a81e5b0c4d27` добавляет "
        "столбец с таким именем в `comments`.",
        "uk": "До цієї ревізії в `posts` немає стовпця `pinned`, а після неї він є; ревізія `a81e5b0c4d27` додає "
        "стовпець із такою назвою до `comments`.",
    }
    wrong = (
        ("a81e5b0c4d27", "а не в `posts`"),
        ("c40d7e92f1a6", "ещё нет"),
        ("e5d2086ca93b", "уже был"),
        ("d20a94b7c61e", "уже был"),
        ("0006", "ещё нет"),
        ("pinned", "в истории нет"),
        (4, "в истории нет"),
        ("", "в истории нет"),
    )
    right = ("07be",)

    def set_up(self):
        parent = "0006"
        for revision, message, action, table, column in self.added:
            name = f"{revision}_{message.replace(' ', '_')}.py"
            text = self.file_text(revision, parent, message, action, table, column)
            (VERSIONS / name).write_text(text, encoding="utf-8")
            parent = revision
        models = Path("models.py").read_text(encoding="utf-8")
        posts = "    summary: Mapped[str | None] = mapped_column(String(100))\n    pinned: Mapped[bool | None]\n"
        posts += "    slug: Mapped[str | None] = mapped_column(String(100))\n"
        models = models.replace("\n\n\nclass Comment(", f"\n{posts}\n\nclass Comment(").rstrip("\n")
        comments = "    edited_by: Mapped[str | None] = mapped_column(String(100))\n"
        Path("models.py").write_text(f"{models}\n{comments}", encoding="utf-8")

    def file_text(self, revision, parent, message, action, table, column):
        type_ = "sa.Boolean()" if column == "pinned" else "sa.String(100)"
        steps = [f'op.add_column("{table}", sa.Column("{column}", {type_}))', f'op.drop_column("{table}", "{column}")']
        up, down = steps if action == "add" else reversed(steps)
        head = f'"""{message}\n\nRevision ID: {revision}\nRevises: {parent}\n"""\n'
        imports = "from alembic import op\nimport sqlalchemy as sa\n"
        ids = f'\nrevision = "{revision}"\ndown_revision = "{parent}"\n'
        functions = f"\n\ndef upgrade() -> None:\n    {up}\n\n\ndef downgrade() -> None:\n    {down}\n"
        return head + imports + ids + functions

    def check(self, work, answer):
        order = [f"000{n}" for n in range(1, 7)] + [row[0] for row in self.added]
        given = str(answer).strip().lower().split("_")[0]  # the name of the file will do, as will the id's beginning
        found = [id_ for id_ in order if given and id_.startswith(given)]
        if len(found) != 1:
            raise NotYet(
                ru="Ревизии с таким идентификатором в истории нет: посмотрите `alembic history`.",
                uk="Ревізії з таким ідентифікатором в історії немає: перегляньте `alembic history`.",
            )
        id_, gap = found[0], order.index(found[0]) - order.index(self.solution)
        if id_ == "a81e5b0c4d27":
            raise NotYet(
                ru=f"Ревизия `{id_}` добавляет столбец `pinned` в таблицу `comments`, а не в `posts`.",
                uk=f"Ревізія `{id_}` додає стовпець `pinned` до таблиці `comments`, а не до `posts`.",
            )
        if gap < 0:
            raise NotYet(
                ru=f"После ревизии `{id_}` столбца `pinned` в `posts` ещё нет: ищите ближе к вершине истории.",
                uk=f"Після ревізії `{id_}` стовпця `pinned` у `posts` ще немає: шукайте ближче до вершини історії.",
            )
        if gap > 0:
            raise NotYet(
                ru=f"Столбец `pinned` уже был в `posts` до ревизии `{id_}`: ищите ближе к началу истории.",
                uk=f"Стовпець `pinned` уже був у `posts` до ревізії `{id_}`: шукайте ближче до початку історії.",
            )


class WhatIsLeft(Exercise):
    """Predict it: what four counts show after a downgrade to 0003 and an upgrade to head."""

    asks = True
    hints = {
        "ru": (
            "Выясните, какие ревизии откатит `downgrade 0003`, и прочитайте `downgrade()` каждой из них.",
            "Что удалено, вернётся пустым или со значением по умолчанию. Что переименовано или не тронуто, уцелеет.",
        ),
        "uk": (
            "З’ясуйте, які ревізії відкотить `downgrade 0003`, і прочитайте `downgrade()` кожної з них.",
            "Видалене повернеться порожнім або зі значенням за замовчуванням. Перейменоване й незачеплене вціліє.",
        ),
    }
    solution = (0, 3, 4, 0)
    why = {
        "ru": "Таблицу `comments` и столбец `status` откат удаляет, столбец `title` только переименовывает, "
        "а `0003` с её `avatar_url` остаётся применённой.",
        "uk": "Таблицю `comments` і стовпець `status` відкочування видаляє, стовпець `title` лише перейменовує, "
        "а `0003` з її `avatar_url` лишається застосованою.",
    }
    wrong = (
        ((4, 3, 4, 2), "Первое число"),
        ((0, 0, 4, 0), "Второе число"),
        ((0, 3, 0, 0), "Третье число"),
        ((0, 3, 4, 2), "Четвёртое число"),
        ((0, 3, 4, 4), "Четвёртое число"),
        (0, "четыре числа"),
        ((0, 3, ..., 0), "четыре числа"),
    )
    right = ([0, 3, 4, 0],)

    def set_up(self):
        change_data(
            "data.db",
            """UPDATE users SET avatar_url = 'https://example.com/' || id || '.png' WHERE id < 4;
            UPDATE posts SET status = 'draft' WHERE id > 2;""",
        )

    def check(self, work, answer):
        try:
            comments, avatars, titles, drafts = (int(number) for number in answer)
        except (TypeError, ValueError):
            raise NotYet(
                ru="Нужны четыре числа в скобках, через запятую.",
                uk="Потрібні чотири числа в дужках, через кому.",
            ) from None
        if comments != 0:
            raise NotYet(
                ru="Первое число неверно: посмотрите, что `downgrade()` ревизии `0004` делает с `comments`.",
                uk="Перше число неправильне: перегляньте, що `downgrade()` ревізії `0004` робить із `comments`.",
            )
        if avatars != 3:
            raise NotYet(
                ru="Второе число неверно: проверьте, откатывает ли `downgrade 0003` саму ревизию `0003`.",
                uk="Друге число неправильне: перевірте, чи відкочує `downgrade 0003` саму ревізію `0003`.",
            )
        if titles != 4:
            raise NotYet(
                ru="Третье число неверно: проверьте, удаляет `downgrade()` ревизии `0005` столбец или переименовывает.",
                uk="Третє число неправильне: перевірте, чи видаляє `0005` стовпець, чи лише перейменовує.",
            )
        if drafts != 0:
            raise NotYet(
                ru="Четвёртое число неверно: посмотрите, с каким значением `0006` создаёт столбец `status`.",
                uk="Четверте число неправильне: перегляньте, яким значенням `0006` заповнює новий стовпець `status`.",
            )


class AfterTidyingUp(Exercise):
    """Repair it (a stretch): bring back the file of an applied revision, and give a create_all() database its place."""

    hints = {
        "ru": (
            "Начните с файла ревизии. Какой из двух применён, видно по столбцам `posts` в `data.db`. "
            "Потом сравните с ними столбцы в `legacy.db`: `draw_schema` покажет и эту базу, если назвать её файл.",
            "Верните в `migrations/versions` только файл, который добавляет `status`. Схема `legacy.db` соответствует "
            "`0005`: переключите Alembic на эту базу через `DATABASE_URL`, поставьте отметку `0005` и обновите схему.",
        ),
        "uk": (
            "Почніть із файлу ревізії. Який із двох застосовано, видно зі стовпців `posts` у `data.db`. "
            "Потім порівняйте з ними стовпці в `legacy.db`: `draw_schema` покаже й цю базу, якщо назвати її файл.",
            "Поверніть у `migrations/versions` лише файл, який додає `status`. Схема `legacy.db` відповідає `0005`: "
            "перемкніть Alembic на неї через `DATABASE_URL`, поставте позначку `0005` і оновіть схему.",
        ),
    }
    back = """
import os
from pathlib import Path

Path("trash/0006_add_posts_status.py").rename("migrations/versions/0006_add_posts_status.py")
"""
    solution = f"""{back}
os.environ["DATABASE_URL"] = "sqlite:///legacy.db"
%alembic stamp 0005
%alembic upgrade head
del os.environ["DATABASE_URL"]
"""
    why = {
        "ru": "Вернулся тот файл, который применён к `data.db`, а в `legacy.db` не хватало только изменений из `0006`, "
        "поэтому её отметка — `0005`, а последний шаг делает `upgrade`.",
        "uk": "Повернувся той файл, який застосовано до `data.db`, а в `legacy.db` бракувало лише змін із `0006`, "
        "тому її позначка — `0005`, а останній крок робить `upgrade`.",
    }
    wrong = (
        ('%alembic revision -m "tidy" --rev-id 0007', "нет ревизии `0006`"),
        (solution.replace("posts_status", "posts_rating"), "не такой, как `data.db`"),
        (solution + '\nPath("trash/0006_add_posts_rating.py").rename("migrations/versions/x.py")', "в двух файлах"),
        (back, "отметки нет"),
        (solution.replace("stamp 0005", "stamp head"), "отметка опередила схему"),
        (solution.replace("%alembic stamp 0005", 'Path("legacy.db").unlink()'), "пропали строки"),
        (solution.replace("%alembic upgrade head", ""), "нужна `0006`"),
        (solution.replace("stamp 0005", "stamp 0004"), "схема новее"),
        (back + "%alembic stamp 0005\n%alembic upgrade head", "База `data.db` на `0005`"),
        ("%alembic stamp --purge 0005", "нет ревизии `0006`"),
    )
    right = (
        solution.replace(".rename(", ".replace(").replace("upgrade head", "upgrade +1"),
        '''
import os
%alembic revision -m "add status again" --rev-id 0006
replace("migrations/versions/0006_add_status_again.py", """Upgrade schema.\\"""
    pass""", """Upgrade schema.\\"""
    op.add_column("posts", sa.Column("status", sa.String(length=20), nullable=False, server_default="published"))""")
replace("migrations/versions/0006_add_status_again.py", """Downgrade schema.\\"""
    pass""", """Downgrade schema.\\"""
    op.drop_column("posts", "status")""")
os.environ["DATABASE_URL"] = "sqlite:///legacy.db"
%alembic stamp 0005
%alembic upgrade 0006
del os.environ["DATABASE_URL"]
''',
    )

    def set_up(self):
        shutil.copyfile("data.db", "legacy.db")
        change_data(
            "legacy.db",
            """DROP TABLE alembic_version;
            ALTER TABLE posts DROP COLUMN status;
            INSERT INTO users (email, name) VALUES ('oksana@example.com', 'Оксана');""",
        )
        applied, trash = VERSIONS / "0006_add_posts_status.py", Path("trash")
        trash.mkdir()
        draft = applied.read_text(encoding="utf-8").replace("status", "rating")
        draft = draft.replace('sa.String(20), server_default="published"', 'sa.Integer(), server_default="0"')
        (trash / "0006_add_posts_rating.py").write_text(draft, encoding="utf-8")
        applied.rename(trash / applied.name)

    def check(self, work, answer):
        self.check_file(work)
        self.check_data(work)
        wanted = self.check_history(work)
        self.check_legacy(work, wanted)

    def check_file(self, work):
        pattern = re.compile(r"^revision\b[^=\n]*=\s*['\"]0006['\"]", re.MULTILINE)
        if sum(bool(pattern.search(work.text(file))) for file in VERSIONS.glob("*.py")) > 1:
            raise NotYet(
                ru="Ревизия `0006` описана в двух файлах: оставьте тот, который применён к `data.db`.",
                uk="Ревізію `0006` описано у двох файлах: залиште той, який застосовано до `data.db`.",
            )
        if "0006" not in work.history():
            raise NotYet(
                ru="Среди файлов миграций нет ревизии `0006`, а база на ней: верните файл из папки `trash`.",
                uk="Серед файлів міграцій немає ревізії `0006`, а база на ній: поверніть файл із теки `trash`.",
            )
        if work.heads() != ["0006"]:
            raise NotYet(
                ru="В истории появилась лишняя ревизия: вершиной должна быть `0006`.",
                uk="В історії з’явилася зайва ревізія: вершиною має бути `0006`.",
            )

    def check_data(self, work):
        if (now := at(work, "data.db")) != "0006":
            raise NotYet(
                ru=f"База `data.db` на `{now}`, а должна остаться на `0006`: её схема уже соответствует этой ревизии.",
                uk=f"База `data.db` на `{now}`, а має лишитися на `0006`: її схема вже відповідає цій ревізії.",
            )
        if counts(work, "data.db", "users.id", "posts.title", "posts.status", "comments.id") != [4] * 4:
            raise NotYet(
                ru="Из `data.db` пропали строки или столбец `status`. Начните заново: `reset(4)`.",
                uk="У `data.db` зникли рядки або стовпець `status`. Почніть із `reset(4)`.",
            )

    def check_history(self, work):
        """The schema that the files give to a new database, if it is that of data.db."""
        wanted = schema(work, "data.db")
        Path("data.db").rename("kept.db")
        work.alembic("upgrade head")
        if not work.position("data.db"):
            raise NotYet(
                ru="Alembic работает с другой базой: верните в `alembic.ini` адрес `data.db`.",
                uk="Alembic працює з іншою базою: поверніть в `alembic.ini` адресу `data.db`.",
            )
        if schema(work, "data.db") != wanted:
            raise NotYet(
                ru="По этим миграциям новая база получается не такой, как `data.db`: проверьте, что добавляет `0006`.",
                uk="Ці міграції створюють не таку базу, як `data.db`: перевірте, що додає `0006`.",
            )
        work.alembic("downgrade 0005")
        if "status" in work.tables()["posts"]:
            raise NotYet(
                ru="После отката до `0005` столбец `status` остаётся: проверьте `downgrade()` ревизии `0006`.",
                uk="Після відкочування до `0005` стовпець `status` лишається: перевірте `downgrade()` ревізії `0006`.",
            )
        return wanted

    def check_legacy(self, work, wanted):
        now = at(work, "legacy.db")
        if counts(work, "legacy.db", "users.id", "posts.title", "comments.id") != [5, 4, 4]:
            raise NotYet(
                ru="Из `legacy.db` пропали строки. Начните заново: `reset(4)`.",
                uk="З `legacy.db` зникли рядки. Почніть із `reset(4)`.",
            )
        if now == "base":
            raise NotYet(
                ru="Таблицы в `legacy.db` есть, а отметки нет: скажите Alembic, какой ревизии соответствует её схема.",
                uk="Таблиці в `legacy.db` є, а позначки немає: скажіть Alembic, якій ревізії відповідає її схема.",
            )
        if now < "0005":
            raise NotYet(
                ru=f"Отметка `legacy.db` — `{now}`, а её схема новее: сравните её столбцы с файлами миграций.",
                uk=f"Позначка `legacy.db` — `{now}`, а її схема новіша: порівняйте її стовпці з файлами міграцій.",
            )
        if now != "0006":
            raise NotYet(
                ru=f"База `legacy.db` на `{now}`, а нужна `0006`.",
                uk=f"База `legacy.db` на `{now}`, а потрібна `0006`.",
            )
        self.check_legacy_schema(schema(work, "legacy.db"), wanted)

    def check_legacy_schema(self, found, wanted):
        if "status" not in found["posts"]:
            raise NotYet(
                ru="В `legacy.db` отметка опередила схему: база на `0006`, а столбца `status` в ней нет.",
                uk="У `legacy.db` позначка випередила схему: база на `0006`, а стовпця `status` у ній немає.",
            )
        if found != wanted:
            raise NotYet(
                ru="Столбцы в `legacy.db` не такие, как в `data.db`: пусть `status` добавит сама миграция.",
                uk="Стовпці в `legacy.db` не такі, як у `data.db`: нехай `status` додасть сама міграція.",
            )


EXERCISES = [Exactly0003, WhereFrom, WhatIsLeft, AfterTidyingUp]
